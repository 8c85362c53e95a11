/** Where in a split a record was or reading goes on; opaque outside its source, ordered by the source. */
export type Position = string;

/** The event time of the final watermark: every timer is due. */
export const END_OF_TIME = Number.MAX_SAFE_INTEGER;

/** Sent in place of a watermark by a subtask that expects nothing for now: receivers don't wait for it. */
export const IDLE_TIME = END_OF_TIME - 1;

/** The watermark before anything is known. */
export const START_OF_TIME = Number.MIN_SAFE_INTEGER;

/** A record that was refused or given up: it goes to the dead letters once, or stops the pipeline. */
export interface DeadLetter {
  /** Id of the source or operator that gave it up. */
  readonly operator: string;
  /** Stable code, e.g. `TM_RECORD_SYNTAX`, `TM_RECORD_LATE`, `TM_USER_CODE`. */
  readonly code: string;
  readonly message: string;
  /** Split and position, where known. */
  readonly split?: string;
  readonly position?: Position;
  /** Last position and number of records, when the letter stands for several (a late partial aggregate). */
  readonly lastPosition?: Position;
  readonly count: number;
  /** The record, or the beginning of its text when it could not be read (at most 1 KiB). */
  readonly record: unknown;
}
