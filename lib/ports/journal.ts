/** An entry to append. `head` and `parts` are frames (see core/bytes): the journal never looks inside. */
export interface JournalAppend {
  /** Version of this entry: last version + 1. */
  readonly version: number;
  readonly attempt: number;
  /** Names this very append, so that one whose answer was lost is recognised. */
  readonly nonce: string;
  readonly head: Uint8Array;
  /** Payloads of output messages and sink rows, read one by one. */
  readonly parts: readonly Uint8Array[];
}

/** An entry as it is read back, without its parts. */
export interface JournalHead {
  readonly version: number;
  readonly attempt: number;
  readonly nonce: string;
  readonly head: Uint8Array;
  readonly partBytes: readonly number[];
}

/** `taken`: another entry holds that version (or it is not the next one); `collected`: at or below the floor. */
export type AppendOutcome = 'appended' | 'taken' | 'collected';

/**
 * The append-only log of each subtask: the truth. Reads are strongly consistent. Bytes given to a port and bytes that it
 * returned may be shared: neither side changes them.
 * Durable means that an entry survives power loss once `append` has answered.
 */
export interface Journal {
  /** Puts version v on condition that v-1 is the last one. Repeating an append answers `taken`. */
  append(subtask: string, entry: JournalAppend): Promise<AppendOutcome>;
  /** The newest entry, or undefined when the journal is empty. */
  last(subtask: string): Promise<JournalHead | undefined>;
  /**
   * Entries with version > `after`, ascending and without gap, at most `limit`; empty when `after` is the last. Below the
   * floor they begin with the first entry that is kept.
   */
  read(subtask: string, after: number, limit: number): Promise<readonly JournalHead[]>;
  /** One payload. Throws `TM_JOURNAL_PART` (corrupt) when the entry or part is not there. */
  readPart(subtask: string, version: number, part: number): Promise<Uint8Array>;
  /** Deletes entries with version <= `upTo`, never the last one; the floor only rises. */
  collect(subtask: string, upTo: number): Promise<void>;
}
