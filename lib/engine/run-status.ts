/** What one stage does, summed over its subtasks. Counters are totals of the state, not of this run. */
export interface StageStatus {
  /** The source's id, or that of the node that begins the stage. */
  readonly id: string;
  readonly kind: 'source' | 'keyed';
  readonly parallelism: number;
  readonly recordsIn: number;
  readonly recordsOut: number;
  /** Records in per second over about the last two seconds. */
  readonly recordsPerSecond: number;
  /** Lowest watermark of its subtasks, milliseconds since 1970; undefined before the first one and after the last. */
  readonly watermarkMs: number | undefined;
  /** Subtasks that have finished. */
  readonly finished: number;
  /** Sources: bytes read in this run, and bytes that are still to be read where known. */
  readonly bytesIn: number | undefined;
  readonly bytesLeft: number | undefined;
}

export interface RunStatus {
  readonly pipeline: string;
  readonly state: 'starting' | 'restoring' | 'running' | 'stopping' | 'finished' | 'stopped' | 'failed';
  /** Milliseconds since 1970. */
  readonly startedAtMs: number;
  /** In the order of the plan. */
  readonly stages: readonly StageStatus[];
  readonly deadLetters: number;
  /** Late records that were dropped by policy. */
  readonly late: number;
  /** The checkpoint under way. */
  readonly checkpoint: { readonly id: number; readonly ageMs: number } | undefined;
  /** The last one that was completed in this run. */
  readonly lastCheckpoint:
    | { readonly id: number; readonly durationMs: number; readonly bytes: number; readonly atMs: number }
    | undefined;
  /** Checkpoints of this run. */
  readonly completed: number;
  readonly aborted: number;
  /** Worker processes that were started again. */
  readonly restarts: number;
  /** Longest time from the death of a worker until its subtasks were loaded again. */
  readonly longestRecoveryMs: number | undefined;
  /** Time until bounded input is read, by the rate of the last seconds. */
  readonly etaMs: number | undefined;
}
