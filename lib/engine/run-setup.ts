import { readFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { type Definition, graphOf } from '../api/definition.ts';
import type { PipelineGraph } from '../api/graph.ts';
import { sha256Hex } from '../core/bytes/digest.ts';
import type { CodeIdentity } from '../core/checkpoint/checkpoint-item.ts';
import { messageOf } from '../core/record/errors.ts';
import type { PlanOptions } from '../plan/planner.ts';
import { badOption, moduleMissing } from './run-failures.ts';
import type { RunModule, RunOptions } from './run-options.ts';

/** Options with their defaults, checked. */
export interface RunSettings {
  readonly graph: PipelineGraph;
  readonly workers: number;
  readonly module: RunModule | undefined;
  readonly bundleHash: string;
}

/** Throws `TM_GRAPH_*`, `TM_RUN_MODULE`, `TM_RUN_OPTION` (invalid). */
export async function settingsOf(definition: Definition, options: RunOptions): Promise<RunSettings> {
  const graph = graphOf(definition, options.checkpoint);
  const { workers = availableParallelism(), module } = options;
  if (!Number.isSafeInteger(workers) || workers < 0) throw badOption('workers', workers, 'a whole number, 0 or more');
  if (workers > 0 && !module) throw moduleMissing(`there are to be ${workers}, but no module is given`);
  const bundleHash = options.bundleHash ?? (module ? await hashOf(module.file) : '');
  return { graph, workers, module, bundleHash };
}

async function hashOf(file: string): Promise<string> {
  try {
    return sha256Hex(await readFile(file));
  } catch (error) {
    throw moduleMissing(`${file} can not be read (${messageOf(error)})`);
  }
}

/** How wide the plan is: as asked, else as at the first start of the job, else by the number of workers. */
export function widthsOf(options: RunOptions, workers: number, first: CodeIdentity | undefined): PlanOptions {
  const parallelism = options.parallelism ?? first?.parallelism ?? Math.max(1, workers);
  const maxParallelism = options.maxParallelism ?? first?.maxParallelism;
  return {
    parallelism,
    partitions: options.partitions ?? first?.partitions ?? parallelism,
    ...(maxParallelism === undefined ? {} : { maxParallelism }),
  };
}
