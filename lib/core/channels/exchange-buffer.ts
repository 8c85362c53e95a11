import { encode } from '../bytes/codec.ts';
import { keyGroupOf, subtaskOf } from '../state/key-group.ts';
import { type Block, type BlockOrigin, encodeBlock } from './block.ts';

interface Columns {
  keys: string[];
  timesMs: number[];
  values: unknown[];
  partialKeys: string[];
  panes: number[];
  accumulators: unknown[];
  counts: number[];
}

const empty = (): Columns => ({
  keys: [],
  timesMs: [],
  values: [],
  partialKeys: [],
  panes: [],
  accumulators: [],
  counts: [],
});

/** What a sender's batch has for each subtask of one downstream stage. */
export class ExchangeBuffer {
  readonly #targets: readonly string[];
  readonly #maxParallelism: number;
  #columns: Columns[];
  /** Careful mode: what the record being processed adds, until it is kept. */
  readonly #pending: (() => void)[] = [];
  careful = false;

  constructor(targets: readonly string[], maxParallelism: number) {
    this.#targets = targets;
    this.#maxParallelism = maxParallelism;
    this.#columns = targets.map(empty);
  }

  record(key: string, value: unknown, timestampMs: number): void {
    if (this.careful) this.#later(value, () => this.#record(key, value, timestampMs));
    else this.#record(key, value, timestampMs);
  }

  partial(key: string, pane: number, accumulator: unknown, count: number): void {
    if (this.careful) this.#later(accumulator, () => this.#partial(key, pane, accumulator, count));
    else this.#partial(key, pane, accumulator, count);
  }

  keepRecord(): void {
    for (const add of this.#pending) add();
    this.#pending.length = 0;
  }

  dropRecord(): void {
    this.#pending.length = 0;
  }

  clear(): void {
    this.#pending.length = 0;
    this.#columns = this.#targets.map(empty);
  }

  /** Gives the blocks, one per target in order (null where nothing goes), and starts afresh. */
  take(origin: BlockOrigin | null): { to: string; records: number; bytes: Uint8Array | null }[] {
    const taken = this.#targets.map((to, index) => {
      const columns = this.#columns[index] as Columns;
      const records = columns.keys.length + columns.partialKeys.length;
      if (records === 0) return { to, records, bytes: null };
      const block: Block = { ...columns, timesMs: Float64Array.from(columns.timesMs), origin };
      return { to, records, bytes: encodeBlock(block) };
    });
    this.clear();
    return taken;
  }

  /** A value that can't be encoded is this record's failure, not the batch's. */
  #later(value: unknown, add: () => void): void {
    encode(value);
    this.#pending.push(add);
  }

  #of(key: string): Columns {
    if (this.#columns.length === 1) return this.#columns[0] as Columns;
    return this.#columns[
      subtaskOf(keyGroupOf(key, this.#maxParallelism), this.#targets.length, this.#maxParallelism)
    ] as Columns;
  }

  #record(key: string, value: unknown, timestampMs: number): void {
    const columns = this.#of(key);
    columns.keys.push(key);
    columns.timesMs.push(timestampMs);
    columns.values.push(value);
  }

  #partial(key: string, pane: number, accumulator: unknown, count: number): void {
    const columns = this.#of(key);
    columns.partialKeys.push(key);
    columns.panes.push(pane);
    columns.accumulators.push(accumulator);
    columns.counts.push(count);
  }
}
