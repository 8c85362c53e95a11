import { fileURLToPath } from 'node:url';
import type { Definition } from '../api/definition.ts';
import type { RunHandle } from './run-handle.ts';
import type { RunBindings, RunOptions } from './run-options.ts';
import { startRun } from './start-run.ts';

export type {
  BindingSpecs,
  EffectSpec,
  FilesSinkSpec,
  FilesSourceSpec,
  OutboxEffectSpec,
  SinkSpec,
  SourceSpec,
  TableSinkSpec,
} from './binding-spec.ts';
export type { RunEvent, RunHandle, RunningWorker, RunResult } from './run-handle.ts';
export type { RunBindings, RunModule, RunOptions } from './run-options.ts';
export type { RunStatus, StageStatus } from './run-status.ts';

/** The file that worker processes begin with: beside this one, compiled like it. */
const WORKER_ENTRY = fileURLToPath(new URL(import.meta.url.replace(/index(\.[jt]s)$/, 'worker-main$1')));

/**
 * Runs a pipeline on this machine. Resolves when the job is set up; from then on failures are in the run's result.
 *
 * Throws `TM_GRAPH_*`, `TM_BINDING_*`, `TM_RUN_*`, `TM_PLAN_*`, `TM_JOB_*`, `TM_SOURCE_*`, `TM_RESTORE_*` (invalid),
 * `TM_DIRECTORY_IN_USE`, `TM_STORE_*`.
 */
export function run(definition: Definition, bindings: RunBindings, options: RunOptions): Promise<RunHandle> {
  return startRun(definition, bindings, options, WORKER_ENTRY);
}
