import type { CheckpointOptions } from '../api/options.ts';
import type { PlanOptions } from '../plan/planner.ts';
import type { Tuning } from '../runtime/environment.ts';
import type { BindingSpecs } from './binding-spec.ts';
import type { RunModule } from './run-options.ts';

/** What a worker process has to know to be part of a run: plain values. */
export interface RunAssignment {
  readonly module: RunModule;
  readonly widths: PlanOptions;
  /** The worker's own plan must have it too. */
  readonly planHash: string;
  readonly specs: BindingSpecs;
  readonly tuning: Tuning;
  readonly checkpoint: CheckpointOptions;
}

export interface WorkerAssignment extends RunAssignment {
  readonly subtasks: readonly string[];
}

/** Names of the calls between supervisor and worker, beside the ports. */
export const CALLS = {
  /** Worker to supervisor: gives its {@link WorkerAssignment}. */
  assignment: 'assignment',
  /** Worker to supervisor: a subtask can't go on; with a `FatalError`. */
  fatal: 'fatal',
  /** Supervisor to worker: folds a journal, with subtask and version. */
  fold: 'fold',
  /** Supervisor to worker: sends the telemetry that waits; it is there before the answer. */
  flush: 'flush',
} as const;
