import type { Definition } from '../api/definition.ts';
import type { RunHandle } from './run-handle.ts';
import type { RunBindings, RunOptions } from './run-options.ts';

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

/** Runs a pipeline on this machine. Resolves once it is set up and running. */
export async function run(_definition: Definition, _bindings: RunBindings, _options: RunOptions): Promise<RunHandle> {
  throw new Error('not yet');
}
