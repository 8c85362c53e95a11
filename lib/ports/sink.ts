import type { ControlChange, ControlItems } from './control-items.ts';

/** How far a sink subtask's output is committed: all entries <= version, and `row` rows of the next one. */
export interface SinkProgress {
  readonly attempt: number;
  readonly version: number;
  readonly row: number;
}

/** The rows of one journal entry for one sink. */
export interface SinkRows {
  readonly version: number;
  readonly rows: readonly unknown[];
}

/** Who writes: ids of output come from these and the version range, never from the checkpoint (DESIGN 6). */
export interface SinkIdentity {
  readonly pipeline: string;
  readonly sink: string;
  readonly subtask: string;
  readonly attempt: number;
}

/**
 * Output of one sink subtask: the journal entries (after, upTo]. A staged range always ends at a cut and begins
 * at the cut before it, so that ranges never overlap however often checkpoints are aborted.
 */
export interface SinkRange extends SinkIdentity {
  readonly after: number;
  readonly upTo: number;
  /** The rows, read from the journal in order. Entries without rows are left out. */
  rows(): AsyncIterable<SinkRows>;
}

/** The progress item of the sink subtask during one commit. */
export interface CommitProgress {
  /** As last read or moved. */
  readonly at: SinkProgress;
  /**
   * Moves the item, together with other changes in one transaction, on condition that nobody moved it since.
   * `lost`: another committer or a restore was there; stop, nothing of this call was applied.
   */
  move(
    to: { readonly version: number; readonly row: number },
    together?: readonly ControlChange[],
  ): Promise<'moved' | 'lost'>;
}

/**
 * A sink (DESIGN 6). Flink's terms: `begin` is the journal itself, `preCommit` is `stage`, then `commit` / `abort`.
 * Every method can be repeated, raced and interrupted at any point.
 */
export interface Sink {
  readonly guarantee: 'exactly-once' | 'at-least-once';
  /** Keys make repeated rows harmless: a restore to an older checkpoint may go on. */
  readonly keyed: boolean;
  /** Prepares output that is not visible; after the append, before the acknowledgement. */
  stage?(range: SinkRange): Promise<void>;
  /** Makes `ranges` (consecutive, oldest first) visible and moves the progress to the end of the last one. */
  commit(ranges: readonly SinkRange[], progress: CommitProgress): Promise<'committed' | 'lost'>;
  /** Throws away staged output that will never be committed: of a superseded attempt, of a cancelled job. */
  abort(identity: SinkIdentity, after: number): Promise<void>;
  /** Called once per sink subtask before anything else of an attempt: clears what crashes left behind. */
  recover(identity: SinkIdentity, progress: SinkProgress): Promise<void>;
}

/** What a sink may use. */
export interface SinkContext {
  readonly items: ControlItems;
  readonly changesPerWrite: number;
}

export interface SinkBinding {
  readonly guarantee: 'exactly-once' | 'at-least-once';
  readonly description: string;
  open(context: SinkContext): Promise<Sink>;
}
