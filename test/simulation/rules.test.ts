import { readFileSync } from 'node:fs';
import path from 'node:path';
import { type RuleName, removeRule, restoreRules } from '../../lib/core/record/rule.ts';
import { ROOT } from '../support/source-files.ts';
import { CHECKPOINT_ROWS } from './rules/checkpoint-rows.ts';
import { CUT_ROWS } from './rules/cut-rows.ts';
import { JOURNAL_ROWS } from './rules/journal-rows.ts';
import { MESSAGE_ROWS } from './rules/message-rows.ts';
import { RECORD_ROWS } from './rules/record-rows.ts';
import { RESTORE_ROWS } from './rules/restore-rows.ts';
import type { Row } from './rules/row.ts';
import { runScenario, scenarioOf } from './scenario.ts';

/** One row for each rule: a rule without one does not compile. */
const ROWS: Readonly<Record<RuleName, Row>> = {
  ...JOURNAL_ROWS,
  ...MESSAGE_ROWS,
  ...RECORD_ROWS,
  ...CUT_ROWS,
  ...CHECKPOINT_ROWS,
  ...RESTORE_ROWS,
};

/** A run that takes more port calls does not end; the seeds that are listed take a tenth. */
const MOST_CALLS = 12_000;

/** When the listed seeds don't notice any more, since the runtime asks its ports in another order: the first ones of the swarm. */
const OTHER_SEEDS = Array.from({ length: 150 }, (_, index) => index + 1);

interface Finding {
  readonly withRule: readonly string[];
  readonly withoutRule: readonly string[];
}

async function runWithout(
  rules: readonly RuleName[],
  run: () => Promise<readonly string[]>,
): Promise<readonly string[]> {
  for (const name of rules) removeRule(name);
  try {
    return await run();
  } catch (error) {
    return [String(error)];
  } finally {
    restoreRules();
  }
}

async function problemsOfSeed(seed: number): Promise<readonly string[]> {
  const { problems, simulation } = await runScenario(scenarioOf(seed), { maxCalls: MOST_CALLS });
  // The consistency check is a net: with all rules in place nothing ever falls into it.
  const refused = simulation.events.flatMap((event) =>
    event.kind === 'checkpoint' && (event.reason === 'ORPHAN' || event.reason === 'IN_FLIGHT') ? [event.reason] : [],
  );
  return [...problems, ...refused];
}

async function findingOf(name: RuleName, row: Row): Promise<Finding> {
  const others = row.without ?? [];
  if (!('seeds' in row)) {
    const withRule = await runWithout(others, row.run);
    return { withRule, withoutRule: await runWithout([...others, name], row.run) };
  }
  for (const seed of [...row.seeds, ...OTHER_SEEDS]) {
    const withoutRule = await runWithout([...others, name], () => problemsOfSeed(seed));
    if (withoutRule.length === 0) continue;
    const withRule = await runWithout(others, () => problemsOfSeed(seed));
    const isLong = withRule.some((problem) => problem.includes('does not end'));
    if (!isLong) return { withRule, withoutRule };
  }
  return { withRule: [], withoutRule: [] };
}

describe('each rule of the protocol', () => {
  test.each(Object.entries(ROWS) as [RuleName, Row][])(
    'is %s missed when it is taken out, and only then?',
    async (name, row) => {
      // Act
      const { withRule, withoutRule } = await findingOf(name, row);

      // Assess
      expect(withRule).toEqual([]);
      expect(withoutRule).not.toEqual([]);
    },
  );

  test('is each one in the list of docs/decisions?', () => {
    const text = readFileSync(path.join(ROOT, 'docs/decisions/0002-protocol-rules.md'), 'utf8');
    expect(Object.keys(ROWS).filter((name) => !text.includes(`| \`${name}\` |`))).toEqual([]);
  });
});
