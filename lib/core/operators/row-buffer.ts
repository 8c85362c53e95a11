import { encode } from '../bytes/codec.ts';
import { frame } from '../bytes/frame.ts';

/** Rows of the sinks of a subtask in one batch. */
export class RowBuffer {
  readonly #rows = new Map<string, unknown[]>();
  readonly #pending: [sink: string, row: unknown][] = [];
  careful = false;

  push(sink: string, row: unknown): void {
    if (!this.careful) this.#add(sink, row);
    else {
      // A row that can't be encoded is this record's failure, not the batch's.
      encode(row);
      this.#pending.push([sink, row]);
    }
  }

  keepRecord(): void {
    for (const [sink, row] of this.#pending) this.#add(sink, row);
    this.#pending.length = 0;
  }

  dropRecord(): void {
    this.#pending.length = 0;
  }

  clear(): void {
    this.#pending.length = 0;
    this.#rows.clear();
  }

  /** Gives the rows as framed payloads, sinks in the order of their first row, and starts afresh. */
  take(): { sink: string; count: number; bytes: Uint8Array }[] {
    const taken = [...this.#rows].map(([sink, rows]) => ({ sink, count: rows.length, bytes: frame(encode(rows)) }));
    this.clear();
    return taken;
  }

  #add(sink: string, row: unknown): void {
    const rows = this.#rows.get(sink);
    if (rows) rows.push(row);
    else this.#rows.set(sink, [row]);
  }
}
