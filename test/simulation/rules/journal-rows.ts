import { SimSplits } from '../../../lib/adapters/simulated/memory-source.ts';
import { TidemarkError } from '../../../lib/core/record/errors.ts';
import { beginCheckpoint, isDirty, triggerSources } from '../../../lib/runtime/coordinator-runner.ts';
import type { Environment } from '../../../lib/runtime/environment.ts';
import { Simulation } from '../../../lib/testkit/simulation.ts';
import { Bench, interpose, once, writes } from '../bench.ts';
import { auditCounts, COUNT, countGraph, type Item, item } from './graphs.ts';
import type { RowsOf } from './row.ts';

const noAnswer = () => new TidemarkError('TM_SIM_UNAVAILABLE', 'unavailable', 'no answer', 'The caller tries again.');

/** The answer to an append is lost; the caller sees the version taken. */
async function ownNonce(): Promise<string[]> {
  const bench = new Bench(countGraph());
  bench.content.add('s', [item('a'), item('b')]);
  const env = await bench.start();
  let lost = false;
  const flaky = interpose(
    env,
    () => undefined,
    ({ site }) => {
      if (site !== 'journal.append' || lost) return;
      lost = true;
      throw noAnswer();
    },
  );
  await bench.step(flaky, 'in/0').catch(() => undefined);
  const { events } = bench.simulation;
  return events.some(({ kind }) => kind === 'lost-append') ? ['an append of its own was taken for another’s'] : [];
}

/** A process into whose first batch a coordinator's cut comes, right before the append. */
function overtakenByCut(env: Environment): Environment {
  const cut = async () => {
    const checkpoint = await beginCheckpoint(env);
    if (checkpoint) await triggerSources(env, checkpoint);
  };
  return interpose(
    env,
    once(({ site }) => site === 'journal.append', cut),
  );
}

/** A batch loses its version to a cut. */
async function appendCondition(): Promise<string[]> {
  const items = [item('a'), item('b')];
  const bench = new Bench(countGraph());
  bench.content.add('s', items);
  const env = await bench.start();
  await bench.step(overtakenByCut(env), 'in/0');
  return auditCounts(bench, items);
}

/** The same, seen by the user's function. */
async function rebase(): Promise<string[]> {
  let calls = 0;
  const items = [item('a')];
  const onItem = (record: Item) => {
    calls++;
    return record;
  };
  const bench = new Bench(countGraph({ onItem }));
  bench.content.add('s', items);
  const env = await bench.start();
  await bench.step(overtakenByCut(env), 'in/0').catch(() => undefined);
  await bench.step(env, 'in/0');
  return calls > items.length ? [`${calls} calls of the user's function for ${items.length} items`] : [];
}

/** Two processes host the same subtask and take the same messages. */
async function rebasePureOnly(): Promise<string[]> {
  const items = [item('a', 1), item('a', 2), item('b', 3), item('a', 4)];
  const bench = new Bench(countGraph());
  bench.content.add('s', items);
  bench.content.complete = true;
  const env = await bench.start();
  let overtaken = false;
  const slow = interpose(env, async ({ site }) => {
    if (site !== 'journal.append' || overtaken) return;
    overtaken = true;
    await bench.keyed(env, COUNT).step([]);
  });
  await bench.step(env, 'in/0');
  await bench.step(slow, COUNT).catch(() => undefined);
  return auditCounts(bench, items);
}

/** An instance is so far behind that entries it has not seen are collected. */
async function noGapInJournal(): Promise<string[]> {
  const items = [item('a'), item('a'), item('z'), item('a')];
  const bench = new Bench(countGraph({ checkpoint: { retain: 1 } }));
  bench.content.add('s', items.slice(0, 1), false);
  const env = await bench.start();
  const behind = bench.keyed(env, COUNT);
  await bench.step(env, 'in/0');
  await bench.do(behind.step([]));
  for (const next of items.slice(1, 3)) {
    bench.content.splits.get('s')?.values.push(next);
    await bench.settle(env);
    await bench.checkpoint(env);
    await bench.fold(env, COUNT);
  }
  await bench.checkpoint(env);
  await bench.retain(env);
  bench.content.splits.get('s')?.values.push(...items.slice(3));
  await bench.settle(env, [COUNT]);
  await bench.do(behind.step([])).catch(() => undefined);
  return auditCounts(bench, items);
}

/** A bit of a stored payload flips: a number of 77 becomes 76. */
async function payloadChecksum(): Promise<string[]> {
  const bench = new Bench(countGraph());
  bench.content.add('s', [item('a', 77)]);
  const env = await bench.start();
  await bench.step(env, 'in/0');
  const { journal } = bench.simulation.stores;
  const bytes = journal.readPart('in/0', journal.last('in/0')?.version ?? 0, 0);
  const at = bytes.lastIndexOf(77);
  bytes[at] = 76;
  const outcome = await bench.step(env, COUNT).then(
    () => 'a damaged payload was taken for data',
    (error: unknown) => (error as TidemarkError).code,
  );
  return outcome === 'TM_FRAME_CHECKSUM' ? [] : [outcome];
}

/** A process dies as it says that the job has work that no checkpoint holds. */
async function dirtyFirst(): Promise<string[]> {
  const bench = new Bench(countGraph());
  bench.content.add('s', [item('a')]);
  const env = await bench.start();
  const before = bench.entries();
  const dying = interpose(env, (call) => {
    if (writes(call, 'dirty')) throw new Error('dies');
  });
  await bench.step(dying, 'in/0').catch(() => undefined);
  const dirty = await bench.do(isDirty(env));
  return bench.entries() > before && !dirty ? ['work in a journal, but no checkpoint will begin for it'] : [];
}

/** A job waits for input for a minute. */
async function dirtyCheck(): Promise<string[]> {
  const content = new SimSplits();
  content.add('s', [item('a')], false);
  const graph = countGraph({ checkpoint: { every: { seconds: 1 } } });
  const tuning = { pollMs: 1000 };
  const simulation = new Simulation(graph, new Map([['in', content]]), { seed: 1, partitions: 1, tuning });
  simulation.world.schedule(60_000, () => {
    simulation.stop = true;
  });
  await simulation.run();
  const begun = simulation.events.filter((event) => event.kind === 'checkpoint' && event.status === 'begun').length;
  return begun > 3 ? [`${begun} checkpoints of a job that has nothing to save`] : [];
}

export const JOURNAL_ROWS: RowsOf<
  | 'appendCondition'
  | 'ownNonce'
  | 'rebase'
  | 'rebasePureOnly'
  | 'noGapInJournal'
  | 'publishAfterAppend'
  | 'receivedInEntry'
  | 'payloadChecksum'
  | 'dirtyFirst'
  | 'dirtyCheck'
> = {
  appendCondition: { run: appendCondition, detects: 'a batch that lost its place counts as appended' },
  ownNonce: { run: ownNonce, detects: 'a batch whose answer was lost is thrown away and loaded again' },
  rebase: { run: rebase, detects: 'a batch that lost to a cut is computed again: cuts can starve a slow one' },
  rebasePureOnly: { run: rebasePureOnly, detects: 'two hosts of a subtask both count the same records' },
  noGapInJournal: { run: noGapInJournal, detects: 'changes of collected entries are missing in the state' },
  publishAfterAppend: { seeds: [1085, 1088], detects: 'a batch that never happened is heard of' },
  receivedInEntry: { seeds: [1264, 1437], detects: 'positions of a pass that failed stay' },
  payloadChecksum: { run: payloadChecksum, detects: 'damaged bytes are taken for records' },
  dirtyFirst: { run: dirtyFirst, detects: 'the last work before a crash is in no checkpoint' },
  dirtyCheck: { run: dirtyCheck, detects: 'an idle job takes checkpoints' },
};
