import { SimSplits } from '../../../lib/adapters/simulated/memory-source.ts';
import type { PipelineGraph } from '../../../lib/index.ts';
import { fileSink, files, graphOf, json, pipeline, tumbling } from '../../../lib/index.ts';
import { Simulation } from '../../../lib/testkit/simulation.ts';
import { Bench } from '../bench.ts';
import { auditCounts, type Counted, countGraph, type Item, item } from './graphs.ts';
import type { RowsOf } from './row.ts';

/** Runs a graph over one split to its end. */
async function simulate(graph: PipelineGraph, items: readonly unknown[]): Promise<Simulation> {
  const content = new SimSplits();
  content.add('s', items);
  content.complete = true;
  const simulation = new Simulation(graph, new Map([['in', content]]), { seed: 1, partitions: 1, parallelism: 1 });
  await simulation.run();
  return simulation;
}

const countsOf = (simulation: Simulation): string =>
  (simulation.committed('out') as Counted[]).map(({ key, count }) => `${key}${count}`).join(' ');

/** The second item of three throws after it has written its state. */
async function recordOverlay(): Promise<string[]> {
  const onCount = ({ n }: Item) => {
    if (n === 13) throw new Error('thirteen');
  };
  const simulation = await simulate(countGraph({ onCount }), [item('a'), item('a', 13), item('a')]);
  const counts = countsOf(simulation);
  return counts === 'a1 a2' ? [] : [`counted ${counts} around an item that failed`];
}

/** An item throws three times: in the fast pass and in two tries of the careful one. */
async function threeTries(): Promise<string[]> {
  let throws = 3;
  const onCount = () => {
    if (throws-- > 0) throw new Error('not now');
  };
  const simulation = await simulate(countGraph({ onCount }), [item('a')]);
  const letters = await simulation.deadLetters();
  return letters.length === 0 ? [] : ['a record was given up that would have gone through'];
}

export /** The second piece of state that a record reads is not in memory: the record has written the first one by then. */
async function missRollback(): Promise<string[]> {
  const items = [item('a'), item('a'), item('a')];
  const bench = new Bench(countGraph(), { tuning: { coldState: true, prefetch: false } });
  bench.content.add('s', items.slice(0, 1), false);
  const env = await bench.start();
  await bench.settle(env);
  bench.content.splits.get('s')?.values.push(...items.slice(1));
  return auditCounts(bench, items);
}

/** Of two splits the one that is read first is far ahead. */
async function splitMinimum(): Promise<string[]> {
  const bench = new Bench(windowGraph({}));
  bench.content.add('a', [timed(1000), timed(2000)]);
  bench.content.add('b', [timed(10), timed(20)]);
  bench.content.complete = true;
  const env = await bench.start();
  await bench.settle(env);
  await bench.checkpoint(env);
  const late = (await bench.simulation.deadLetters()).length;
  return late === 0 ? [] : [`${late} records of the split behind are late`];
}

export interface Timed {
  readonly key: string;
  readonly at: number;
}

export interface Windowed {
  readonly key: string;
  readonly start: number;
  readonly count: number;
}

export const timed = (at: number, key = 'k'): Timed => ({ key, at });

/** Counts per key in windows of 100 ms, and, with `twice`, the counts of those in windows of 100 ms again. */
export function windowGraph(options: { merge?: boolean; latenessMs?: number; twice?: boolean }): PipelineGraph {
  const window = tumbling({ milliseconds: 100 });
  const late = { late: 'dead-letter', allowedLateness: { milliseconds: options.latenessMs ?? 0 } } as const;
  const merge = options.merge ? { merge: (a: number, b: number) => a + b } : {};
  const first = pipeline('windows', { checkpoint: { every: { milliseconds: 40 } } })
    .source('in', files({ schema: json<Timed>(), onInvalid: 'dead-letter' }))
    .eventTime((record) => record.at)
    .keyBy((record) => record.key)
    .window(window, late)
    .aggregate('first', { init: () => 0, add: (count) => count + 1, ...merge })
    .map((r): Windowed => ({ key: r.key, start: r.window.start.getTime(), count: r.value }));
  if (!options.twice) return graphOf(first.to('out', fileSink()));
  return graphOf(
    first
      .keyBy((row) => row.key)
      .window(window, { late: 'dead-letter' })
      .aggregate('second', { init: () => 0, add: (sum, row) => sum + row.count })
      .map((r): Windowed => ({ key: r.key, start: r.window.start.getTime(), count: r.value }))
      .to('out', fileSink()),
  );
}

/** Items of a window come after it has fired. Gives the rows and the dead letters. */
async function lateItems(merge: boolean): Promise<{ rows: readonly Windowed[]; letters: readonly unknown[] }> {
  const bench = new Bench(windowGraph({ merge }));
  const values = [timed(10), timed(250)];
  bench.content.add('s', values, false);
  const env = await bench.start();
  await bench.settle(env);
  bench.content.splits.get('s')?.values.push(timed(20), timed(30));
  await bench.settle(env);
  const split = bench.content.splits.get('s');
  if (split) split.closed = true;
  bench.content.complete = true;
  await bench.settle(env);
  await bench.checkpoint(env);
  const { simulation } = bench;
  const letters = (await simulation.deadLetters()).map((letter) => letter.record);
  return { rows: simulation.committed('out') as Windowed[], letters };
}

async function lateRefused(): Promise<string[]> {
  const { rows } = await lateItems(false);
  const fired = rows.filter((row) => row.start === 0).length;
  return fired === 1 ? [] : [`a window fired ${fired} times`];
}

async function lateAlone(): Promise<string[]> {
  const { letters } = await lateItems(true);
  const whole = letters.filter((letter) => typeof letter === 'object').length;
  return whole === 2
    ? []
    : [`${whole} of 2 late items are in the dead letters as they were: ${JSON.stringify(letters)}`];
}

/** Results of a window with lateness go through a second window. */
async function holdBack(): Promise<string[]> {
  const items = Array.from({ length: 40 }, (_, i) => timed(i * 30));
  const simulation = await simulate(windowGraph({ latenessMs: 200, twice: true }), items);
  const counted = (simulation.committed('out') as Windowed[]).reduce((sum, row) => sum + row.count, 0);
  return counted === items.length ? [] : [`${counted} of ${items.length} items got through both windows`];
}

/** A second split appears after the first one was read to its end. */
async function finalWhenComplete(): Promise<string[]> {
  const content = new SimSplits();
  content.add('a', [item('a')]);
  const simulation = new Simulation(countGraph(), new Map([['in', content]]), { seed: 1, partitions: 1 });
  simulation.world.schedule(500, () => {
    content.add('b', [item('b')]);
    content.complete = true;
  });
  await simulation.run();
  const counts = countsOf(simulation);
  return counts === 'a1 b1' ? [] : [`counted ${counts} in two splits of one item each`];
}

/** A record fails in a window after others of its batch were added there, in place. */
async function encodedState(): Promise<string[]> {
  const bench = new Bench(inPlaceGraph());
  bench.content.add('s', [item('a', 1)], false);
  const env = await bench.start();
  await bench.settle(env);
  const split = bench.content.splits.get('s');
  split?.values.push(item('a', 2), item('a', 13), item('a', 4));
  if (split) split.closed = true;
  bench.content.complete = true;
  await bench.settle(env);
  await bench.checkpoint(env);
  const [row] = bench.simulation.committed('out') as { sum: number }[];
  return row?.sum === 7 ? [] : [`1 + 2 + 4 is ${row?.sum}`];
}

/** Sums in one window, added up in place. */
function inPlaceGraph(): PipelineGraph {
  return graphOf(
    pipeline('in-place')
      .source('in', files({ schema: json<Item>(), onInvalid: 'dead-letter' }))
      .eventTime(() => 10)
      .keyBy((record) => record.key)
      .window(tumbling({ milliseconds: 100 }), { late: 'dead-letter' })
      .aggregate('sums', {
        init: () => ({ sum: 0 }),
        add: (total, record) => {
          total.sum += record.n;
          if (record.n === 13) throw new Error('thirteen');
          return total;
        },
      })
      .map((result): { sum: number } => result.value)
      .to('out', fileSink()),
  );
}

export const RECORD_ROWS: RowsOf<
  | 'recordOverlay'
  | 'threeTries'
  | 'missRollback'
  | 'encodedState'
  | 'lateRefused'
  | 'lateAlone'
  | 'holdBack'
  | 'splitMinimum'
  | 'finalWhenComplete'
> = {
  recordOverlay: { run: recordOverlay, detects: 'half of what a failed record did stays' },
  threeTries: { run: threeTries, detects: 'a record is given up at its first failure' },
  missRollback: { run: missRollback, detects: 'a record that waited for state counts twice' },
  encodedState: { run: encodedState, detects: 'a change in place outlives the batch that was rolled back' },
  lateRefused: { run: lateRefused, detects: 'a late record opens a window again that has fired' },
  lateAlone: { run: lateAlone, detects: 'late records are lost in a combined accumulator' },
  holdBack: { run: holdBack, detects: 'results of a window with lateness come too late for the next one' },
  splitMinimum: { run: splitMinimum, detects: 'a split that is ahead makes the others late' },
  finalWhenComplete: { run: finalWhenComplete, detects: 'a source ends before its last split appears' },
};
