import { execFile } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { audit } from '../../examples/billing/audit.ts';
import { generate } from '../../examples/billing/generate.ts';
import billing from '../../examples/billing/pipeline.ts';
import { auditFlights, feesOf } from '../../examples/flights/audit.ts';
import flights from '../../examples/flights/pipeline.ts';
import { prepare } from '../../examples/flights/prepare.ts';
import { readRows, rowsOf } from '../../examples/rows.ts';
import wordCount from '../../examples/word-count/pipeline.ts';
import { embeddedPorts } from '../../lib/adapters/embedded/ports.ts';
import { openStoreReadOnly } from '../../lib/adapters/embedded/store.ts';
import type { Definition } from '../../lib/api/definition.ts';
import { readTable } from '../../lib/connectors/table/table-reader.ts';
import type { RunBindings, RunOptions } from '../../lib/engine/index.ts';
import { startRun } from '../../lib/engine/start-run.ts';
import { readDeadLetters } from '../../lib/runtime/dead-letter-sink.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

const ROOT = path.resolve(__dirname, '../..');

describe('the examples', () => {
  let place: Awaited<ReturnType<typeof temporaryDirectory>>;

  beforeAll(async () => {
    place = await temporaryDirectory();
  });

  afterAll(() => place.remove());

  const at = (...names: readonly string[]) => path.join(place.directory, ...names);

  /** Runs to the end, in this process. */
  async function runHere(definition: Definition, bindings: RunBindings, options: RunOptions): Promise<void> {
    // The file of worker processes is not needed.
    const handle = await startRun(definition, bindings, { ...options, workers: 0 }, '');
    const { end, error } = await handle.done;
    expect({ end, error }).toEqual({ end: 'finished', error: undefined });
  }

  async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
    const found: T[] = [];
    for await (const item of items) found.push(item);
    return found;
  }

  describe('billing', () => {
    const input = () => at('usage');

    beforeAll(() => {
      generate({ directory: input(), events: 20_000, partitions: 5, seed: 11 });
    });

    test.each([1, 2, 3])('are the invoices exact at parallelism %d?', async (parallelism) => {
      const own = (name: string) => at(`billing-${parallelism}`, name);
      const bindings: RunBindings = {
        sources: { usage: { kind: 'files', patterns: [path.join(input(), '*.ndjson')] } },
        sinks: { archive: { kind: 'files', directory: own('archive') }, ledger: { kind: 'table' } },
        effects: { notices: { kind: 'outbox', file: own('notices.ndjson') } },
      };
      // Small reads: several checkpoints, and events that are late.
      await runHere(billing, bindings, { directory: own('state'), parallelism, tuning: { readBytes: 16_384 } });

      const store = await openStoreReadOnly(own('state'));
      const { items } = embeddedPorts(store, { emit: () => undefined });
      const result = audit({
        partitions: readdirSync(input()).map((name) => path.join(input(), name)),
        archive: readRows(own('archive')),
        ledger: (await all(readTable(items, 'ledger'))).map(({ row }) => row),
        notices: rowsOf(own('notices.ndjson')),
        deadLetters: await all(readDeadLetters(items)),
      });
      await store.close();
      expect(result).toMatchObject({
        ok: true,
        problems: [],
        eventsIn: expect.any(Number),
        refused: 8,
        noticeRepeats: 0,
      });
      expect(result.late).toBeGreaterThan(0);
      expect(result.invoicesOut).toBeGreaterThan(1000);
    });

    test('does the demo end exact although its processes are killed?', async () => {
      const start = path.join(ROOT, 'dist/examples/billing/start.js');
      const options = ['--events', '20000', '--kills', '3', '--seed', '5', '--json'];
      const { stdout } = await promisify(execFile)(process.execPath, [start, ...options], { cwd: place.directory });
      const { crashes, ...report } = JSON.parse(stdout);

      expect(report).toMatchObject({ ok: true, ...{ lost: 0, duplicated: 0, wrong: 0 }, problems: [] });
      expect(report.eventsInvoiced).toBeGreaterThan(19_900);
      expect(crashes.workers + crashes.supervisor).toBe(3);
      expect(readdirSync(at('.tidemark'))).toEqual([]);
    });
  });

  test('are the landing fees exact at parallelism 1, 2 and 3?', async () => {
    const partitions = await prepare({ directory: at('flights'), partitions: 4, rows: 30_000 });
    const expected = feesOf(partitions);
    const flightCount = [...expected.values()].reduce((sum, { landings }) => sum + landings, 0);
    expect(flightCount).toBe(30_000);
    for (const parallelism of [1, 2, 3]) {
      const own = (name: string) => at(`flights-${parallelism}`, name);
      const bindings: RunBindings = {
        sources: { flights: { kind: 'files', patterns: [path.join(at('flights'), '*.ndjson')] } },
        sinks: { fees: { kind: 'files', directory: own('fees') } },
      };
      await runHere(flights, bindings, { directory: own('state'), parallelism, tuning: { readBytes: 65_536 } });

      const result = auditFlights(expected, readRows(own('fees')));
      expect(result).toEqual({
        ok: true,
        flights: 30_000,
        rows: expected.size,
        ...{ lost: 0, duplicated: 0, wrong: 0 },
      });
    }
  });

  test('are the words counted exactly at parallelism 1, 2 and 3?', async () => {
    const input = path.join(ROOT, 'examples/word-count/input');
    const expected = wordsPerMinute(['a', 'b'].map((name) => path.join(input, `${name}.ndjson`)));
    for (const parallelism of [1, 2, 3]) {
      const own = (name: string) => at(`words-${parallelism}`, name);
      const source = (name: string) => ({ kind: 'files', patterns: [path.join(input, `${name}.ndjson`)] }) as const;
      const bindings: RunBindings = {
        sources: { a: source('a'), b: source('b') },
        sinks: { counts: { kind: 'files', directory: own('counts') } },
      };
      await runHere(wordCount, bindings, { directory: own('state'), parallelism, tuning: { readBytes: 512 } });

      const rows = [...readRows(own('counts'))] as { word: string; minute: string; count: number }[];
      const found = rows.map(({ word, minute, count }) => `${minute} ${word} ${count}`);
      expect(found.sort()).toEqual(expected);
    }
  });
});

/** `minute word count`, sorted. */
function wordsPerMinute(files: readonly string[]): string[] {
  const counts = new Map<string, number>();
  for (const line of files.flatMap((file) => readFileSync(file, 'utf8').trim().split('\n'))) {
    const { at, text } = JSON.parse(line) as { at: string; text: string };
    for (const word of text.toLowerCase().split(/[^a-z]+/)) {
      const key = `${at.slice(0, 16)}:00.000Z ${word}`;
      if (word !== '') counts.set(key, (counts.get(key) ?? 0) + 1);
    }
  }
  return [...counts].map(([key, count]) => `${key} ${count}`).sort();
}
