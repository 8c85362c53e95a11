import type { Position } from '../core/record/position.ts';

/** A part of a source that is read in order: a file, a shard. */
export interface SourceSplit {
  /** Stable name, e.g. a path relative to the binding; decides the subtask that reads it. */
  readonly id: string;
}

/** A record that the door refused: too long, not UTF-8, not JSON, too deep, a forbidden key. */
export interface RefusedRecord {
  /** Index into `values` before which it stood. */
  readonly at: number;
  readonly position: Position;
  readonly code: string;
  readonly message: string;
  /** The beginning of its text, at most 1 KiB. */
  readonly preview: string;
}

export interface SourceBatch {
  /** Decoded, not yet validated against the schema. */
  readonly values: readonly unknown[];
  /** Position of `values[index]`. */
  positionOf(index: number): Position;
  readonly refused: readonly RefusedRecord[];
  /** Where reading goes on. */
  readonly next: Position;
  readonly bytes: number;
  /** Bytes that are still to be read in this split, where known. */
  readonly bytesLeft?: number;
  /** `more`: read again at once; `caught-up`: nothing more now; `closed`: nothing more ever. */
  readonly state: 'more' | 'caught-up' | 'closed';
}

/** Reads the splits of one source. Every read can be repeated from any position it has ever given. */
export interface SourceReader {
  /** All splits known now, ordered by id. Splits may be added later; none vanishes before it is `closed`. */
  splits(): Promise<readonly SourceSplit[]>;
  /** True when no split will be added any more. */
  complete(): Promise<boolean>;
  /** Up to about `maxBytes` from `position` (undefined: the start). Throws `TM_SOURCE_*` when data is gone. */
  read(split: string, position: Position | undefined, maxBytes: number): Promise<SourceBatch>;
  close(): Promise<void>;
}

/** A source as it is bound: where a definition's source really comes from. */
export interface SourceBinding {
  /** A weaker kind is refused where exactly-once is asked for. */
  readonly guarantee: 'exactly-once' | 'at-least-once';
  readonly description: string;
  open(): Promise<SourceReader>;
}
