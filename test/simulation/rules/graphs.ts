import type { CheckpointOptions, PipelineGraph } from '../../../lib/index.ts';
import { fileSink, files, graphOf, json, pipeline, table, value } from '../../../lib/index.ts';
import type { Bench } from '../bench.ts';

export interface Item {
  readonly key: string;
  readonly n: number;
}

/** The n-th item of a key gives n; `sum` adds up the items' own numbers. */
export interface Counted {
  readonly key: string;
  readonly count: number;
  readonly sum: number;
}

export const item = (key: string, n = 1): Item => ({ key, n });

export interface CountOptions {
  readonly checkpoint?: CheckpointOptions;
  /** A table of the newest count of each key, instead of a file that only grows. */
  readonly sink?: 'files' | 'table';
  /** Called for each item in the source's stage; may give another in its place, as a function that reads the clock would. */
  readonly onItem?: (item: Item) => Item;
  /** Called for each item after its state was written. */
  readonly onCount?: (item: Item) => void;
}

/** Counts items per key. Subtasks: `in/<n>` and `key-by-count/<n>`. */
export function countGraph({ checkpoint = {}, sink = 'files', onItem, onCount }: CountOptions = {}): PipelineGraph {
  const counted = pipeline('counts', { checkpoint: { every: { milliseconds: 40 }, ...checkpoint } })
    .source('in', files({ schema: json<Item>(), onInvalid: 'dead-letter' }))
    .map((record) => onItem?.(record) ?? record)
    .keyBy((record) => record.key)
    .process('count', {
      state: { count: value(0), sum: value(0) },
      onElement: (record, { state }): Counted[] => {
        state.count.set(state.count.get() + 1);
        state.sum.set(state.sum.get() + record.n);
        onCount?.(record);
        return [{ key: record.key, count: state.count.get(), sum: state.sum.get() }];
      },
    });
  return graphOf(
    sink === 'files'
      ? counted.to('out', fileSink())
      : counted.to('out', table<Counted>({ key: (row) => ({ pk: row.key }), commit: 'atomic-rows' })),
  );
}

/** Id of the keyed subtask of {@link countGraph}. */
export const COUNT = 'key-by-count/0';

/** Takes a last checkpoint and compares what is visible: each item counted once, in whatever order of keys. */
export async function auditCounts(bench: Bench, items: readonly Item[]): Promise<string[]> {
  const env = await bench.env();
  await bench.settle(env);
  await bench.checkpoint(env);
  const expected: string[] = [];
  const totals = new Map<string, { count: number; sum: number }>();
  for (const { key, n } of items) {
    const total = totals.get(key) ?? { count: 0, sum: 0 };
    totals.set(key, total);
    total.count++;
    total.sum += n;
    expected.push(`${key} ${total.count} ${total.sum}`);
  }
  const rows = (bench.simulation.committed('out') as Counted[]).map(({ key, count, sum }) => `${key} ${count} ${sum}`);
  const problems = expected.filter((row) => !rows.includes(row)).map((row) => `lost: ${row}`);
  if (rows.length !== expected.length) problems.push(`${rows.length} rows for ${expected.length} items`);
  return problems;
}
