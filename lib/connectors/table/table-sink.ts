import { TidemarkError } from '../../core/record/errors.ts';
import type { ControlChange } from '../../ports/control-items.ts';
import { itemKeys } from '../../ports/names.ts';
import type { CommitProgress, Sink, SinkBinding, SinkRange } from '../../ports/sink.ts';
import { type RowKey, rowKeyOf, rowKeyText } from './row-key.ts';

/** Options of {@link tableSink}. */
export interface TableSinkOptions {
  /** The key of a row; rows with the same key replace each other. */
  readonly key: (row: unknown) => RowKey;
  /** Name of the table: letters, digits, `.`, `_`, `-`. */
  readonly table: string;
}

/** The value of a row's item. */
export interface StoredRow extends RowKey {
  readonly row: unknown;
  /** Attempt and journal version that wrote it. */
  readonly attempt: number;
  readonly version: number;
}

/**
 * A table of rows in the control items of the job: exactly once, by one transaction of rows and progress (DESIGN 6,
 * `atomic-rows`). A commit with more rows than a transaction holds becomes visible in chunks; of two rows with one key
 * in a chunk the last wins. Read it with `readTable`.
 *
 * @throws TidemarkError `TM_SINK_TABLE` (invalid) for a name that is not allowed; in commits `TM_SINK_KEY`.
 */
export function tableSink(options: TableSinkOptions): SinkBinding {
  if (!/^[A-Za-z0-9._-]{1,128}$/.test(options.table)) {
    throw new TidemarkError(
      'TM_SINK_TABLE',
      'invalid',
      `${JSON.stringify(options.table)} can not be the name of a table.`,
      'Use 1 to 128 letters, digits, dots, underscores and hyphens.',
    );
  }
  return {
    guarantee: 'exactly-once',
    description: `table ${options.table}`,
    async open({ changesPerWrite }): Promise<Sink> {
      return {
        guarantee: 'exactly-once',
        keyed: true,
        commit: (ranges, progress) => new TableCommit(options, changesPerWrite - 1, progress).run(ranges),
        // Nothing is stored outside the transactions.
        async abort() {},
        async recover() {},
      };
    },
  };
}

/** One commit: rows are gathered up to a chunk, and each chunk moves the progress. */
class TableCommit {
  readonly #options: TableSinkOptions;
  readonly #rowsPerWrite: number;
  readonly #progress: CommitProgress;
  readonly #chunk = new Map<string, ControlChange>();
  /** How far the chunk goes: the progress once it is written. */
  #upTo: { version: number; row: number };

  constructor(options: TableSinkOptions, rowsPerWrite: number, progress: CommitProgress) {
    this.#options = options;
    this.#rowsPerWrite = rowsPerWrite;
    this.#progress = progress;
    this.#upTo = progress.at;
  }

  async run(ranges: readonly SinkRange[]): Promise<'committed' | 'lost'> {
    const { attempt, version: doneVersion, row: doneRows } = this.#progress.at;
    for (const range of ranges) {
      if (range.attempt !== attempt) return 'lost';
      if (range.upTo <= doneVersion) continue;
      for await (const { version, rows } of range.rows()) {
        if (version <= doneVersion) continue;
        const skip = version === doneVersion + 1 ? doneRows : 0;
        for (let row = skip; row < rows.length; row += 1) {
          if ((await this.#add(range, version, rows[row])) === 'lost') return 'lost';
          // Entries before this one that had no rows count as done.
          this.#upTo = { version: version - 1, row: row + 1 };
        }
        this.#upTo = { version, row: 0 };
      }
      this.#upTo = { version: range.upTo, row: 0 };
    }
    return this.#upTo.version > this.#progress.at.version ? this.#write() : 'committed';
  }

  async #add(range: SinkRange, version: number, row: unknown): Promise<'committed' | 'lost'> {
    const { table, key } = this.#options;
    const rowKey = rowKeyOf(table, key, row);
    const itemKey = itemKeys.tableRow(table, rowKeyText(rowKey));
    if (!this.#chunk.has(itemKey) && this.#chunk.size >= this.#rowsPerWrite && (await this.#write()) === 'lost') {
      return 'lost';
    }
    const value: StoredRow = { ...rowKey, row, attempt: range.attempt, version };
    this.#chunk.set(itemKey, { key: itemKey, value });
    return 'committed';
  }

  async #write(): Promise<'committed' | 'lost'> {
    // DECISION POINT: with this write the rows of the chunk are visible, and never written again.
    const outcome = await this.#progress.move(this.#upTo, [...this.#chunk.values()]);
    this.#chunk.clear();
    return outcome === 'moved' ? 'committed' : 'lost';
  }
}
