import type { StateBase, TaskControl } from '../journal/control.ts';

export type CheckpointStatus = 'IN_PROGRESS' | 'COMPLETED' | 'ABORTED' | 'EXPIRED';

/** Why a checkpoint ended without completing. */
export type FailureReason = 'TIMEOUT' | 'ORPHAN' | 'IN_FLIGHT' | 'SUBSUMED' | 'SUPERSEDED' | 'STOPPED';

/** Sent by the upstream subtask and processed by the downstream one, at the cut: the proof of consistency. */
export interface ChannelProof {
  readonly from: string;
  readonly to: string;
  readonly sent: number;
  readonly processed: number;
}

/** A checkpoint: one item, `IN_PROGRESS -> COMPLETED | ABORTED`, then `COMPLETED -> EXPIRED`. */
export interface CheckpointItem {
  readonly id: number;
  readonly attempt: number;
  readonly status: CheckpointStatus;
  /** The subtasks that take part, fixed when it began. */
  readonly members: readonly string[];
  readonly begunAtMs: number;
  readonly endedAtMs?: number;
  readonly reason?: FailureReason;
  /** True once the coordinator has cut for subtasks that were slow. */
  readonly escalated: boolean;
  readonly channels?: readonly ChannelProof[];
  /** True once all sinks have committed it. */
  readonly committed: boolean;
  /** A newer attempt was restored from an older checkpoint. */
  readonly abandoned: boolean;
  /** The attempt that a restore has chosen it for; expiry is conditional on none. */
  readonly pinnedBy?: number;
  /** All subtasks were finished at the cut. */
  readonly finished: boolean;
  /** Entries of keyed state, and bytes of journal heads since the last snapshot, over all subtasks. */
  readonly stateEntries?: number;
  readonly bytes?: number;
}

/** What a subtask puts into a checkpoint. One item per subtask, put if absent. */
export interface Acknowledgement {
  readonly subtask: string;
  readonly checkpoint: number;
  readonly attempt: number;
  /** Version of the cut entry. */
  readonly version: number;
  /** The control right after the cut. */
  readonly control: TaskControl;
  /** Where the keyed state of the cut is. */
  readonly base: StateBase;
  readonly atMs: number;
  /** Bytes of the entries since the previous cut: what this checkpoint cost; and without the payloads: what a load folds. */
  readonly bytes: number;
  readonly headBytes: number;
}

/** The job: attempt, checkpoint counter and how a restore stands. */
export interface JobItem {
  readonly pipeline: string;
  readonly status: 'RUNNING' | 'RESTORING' | 'FINISHED' | 'FAILED' | 'CANCELLED';
  readonly attempt: number;
  /** Id of the newest checkpoint ever begun. */
  readonly lastCheckpoint: number;
  readonly lastCompleted: number;
  /** The last completed checkpoint, or the restored one, holds messages that are not processed: the job is dirty. */
  readonly inFlight: boolean;
  /** Checkpoints that failed since the last completed one. */
  readonly consecutiveFailures: number;
  readonly lastEndedAtMs: number;
  readonly lastBegunAtMs: number;
  /** Every subtask ever registered. */
  readonly subtasks: readonly string[];
  readonly restore?: RestoreState;
  readonly code: CodeIdentity;
  readonly failure?: string;
}

/** A restore under way, or the last one. */
export interface RestoreState {
  /** Fixed when the attempt was raised: the stamp of the new attempt. */
  readonly stamp: number;
  /** The chosen checkpoint; undefined until it is chosen and pinned; 0 is the beginning. */
  readonly checkpoint?: number;
  /** False: only the latest completed one will do. */
  readonly allowOlder: boolean;
  /** Code that the new attempt runs. */
  readonly code: CodeIdentity;
}

export interface CodeIdentity {
  readonly planHash: string;
  readonly bundleHash: string;
  readonly shapes: Readonly<Record<string, string>>;
  readonly parallelism: number;
  readonly partitions: number;
  readonly maxParallelism: number;
}
