import type { CheckpointOptions } from '../api/options.ts';
import type { EffectBinding } from '../ports/effect.ts';
import type { SinkBinding } from '../ports/sink.ts';
import type { SourceBinding } from '../ports/source.ts';
import type { Tuning } from '../runtime/environment.ts';
import type { EffectSpec, SinkSpec, SourceSpec } from './binding-spec.ts';
import type { RunEvent } from './run-handle.ts';

/**
 * What the ids of a definition are bound to. Specs are data and reach worker processes by themselves; binding objects
 * exist in one process only, so with workers the module has to export them too (see {@link RunModule}).
 */
export interface RunBindings {
  readonly sources?: Readonly<Record<string, SourceBinding | SourceSpec>>;
  readonly sinks?: Readonly<Record<string, SinkBinding | SinkSpec>>;
  readonly effects?: Readonly<Record<string, EffectBinding | EffectSpec>>;
}

/** The module from which worker processes load the definition: functions can't be sent to them. */
export interface RunModule {
  /** Path of a module that Node can import (run with tsx, also a TypeScript file). */
  readonly file: string;
  /** Export that is the definition. Default: `default`, else the only export that is a definition. */
  readonly exportName?: string;
  /** Export with {@link RunBindings} that are not given as specs. Default: `bindings`, where there is one. */
  readonly bindingsExport?: string;
}

/** How a pipeline is run on this machine. */
export interface RunOptions {
  /** Where state, checkpoints and dead letters are kept; made if it is not there. One pipeline each. */
  readonly directory: string;
  /** Worker processes; 0: everything in this process. Default: number of cores. More than 0 needs `module`. */
  readonly workers?: number;
  /** Subtasks of each stage behind an exchange; fixed at the first start. Default: `workers`, at least 1. */
  readonly parallelism?: number;
  /** Subtasks of each source; fixed at the first start. Default: `parallelism`. */
  readonly partitions?: number;
  /** Key groups; fixed at the first start. Default: 128. */
  readonly maxParallelism?: number;
  /** Overrides of the definition's checkpoint options. */
  readonly checkpoint?: CheckpointOptions;
  readonly module?: RunModule;
  /** Identifies the code: another one begins a new attempt. Default: SHA-256 of the module file, or ''. */
  readonly bundleHash?: string;
  /** Stateful ids whose state may be left behind by a changed pipeline. */
  readonly allowedDrops?: readonly string[];
  /** Goes back before running: to a checkpoint id, 0 for the beginning, undefined for the latest one. */
  readonly restore?: { readonly checkpoint?: number; readonly allowOlder?: boolean };
  readonly tuning?: Partial<Tuning>;
  readonly onEvent?: (event: RunEvent) => void;
  /** Takes the lines that workers print. Default: they go to stderr with the worker's name before them. */
  readonly onOutput?: (worker: number, line: string) => void;
}
