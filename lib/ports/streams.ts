export interface StreamRecord {
  readonly position: string;
  readonly data: Uint8Array;
}

/**
 * The exchange: one partition per subtask. Its messages are hints (DESIGN 2.3): they may be lost, doubled and
 * reordered without harm, since the sender's journal is authoritative.
 */
export interface Streams {
  /** Appends records to a partition. */
  append(partition: string, records: readonly Uint8Array[]): Promise<void>;
  /** Records after `after` (undefined: the oldest kept). Waits up to `waitMs` for the first one. Confirms all up to `after`. */
  read(
    partition: string,
    after: string | undefined,
    options: { readonly maxRecords: number; readonly waitMs: number },
  ): Promise<readonly StreamRecord[]>;
  /** Resolves when a sender may go on: the reader of `partition` is less than the adapter's bound behind. */
  room(partition: string): Promise<void>;
}
