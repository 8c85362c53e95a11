import path from 'node:path';
import { checkBindings, type GivenBindings } from '../../api/bindings.ts';
import { graphOf } from '../../api/definition.ts';
import { InvariantViolation } from '../../core/record/invariant.ts';
import type { RunEvent, RunHandle, RunOptions, RunResult } from '../../engine/index.ts';
import { run } from '../../engine/index.ts';
import type { RunArguments } from '../arguments/run-arguments.ts';
import type { CliContext } from '../context.ts';
import { EXIT, exitCodeOf } from '../exit-code.ts';
import { keepBundle, type LoadedPipeline, loadPipeline } from '../pipeline/load-pipeline.ts';
import { reportError } from '../report-error.ts';
import { JsonView } from '../views/json-view.ts';
import { LiveView } from '../views/live-view.ts';
import { PlainView } from '../views/plain-view.ts';
import type { RunView } from '../views/run-view.ts';
import { Interrupts } from './interrupts.ts';
import { summaryOf } from './run-summary.ts';

/** What `restore` adds to a run. */
export interface RunExtras {
  readonly restore?: NonNullable<RunOptions['restore']>;
  /** Shown before the run starts. */
  readonly note?: string;
  readonly verbose: boolean;
}

/**
 * Loads the pipeline, runs it to its end and shows it meanwhile; gives the exit code. Throws what prevents a start.
 */
export async function runPipeline(args: RunArguments, extras: RunExtras, context: CliContext): Promise<number> {
  const view = viewFor(args, context);
  const interrupts = new Interrupts(context, view);
  try {
    const pipeline = await loadPipeline(args.pipelineFile, args.exportName, context);
    // Says what is wrong with definition and bindings before anything is written.
    checkBindings(graphOf(pipeline.definition, args.checkpoint), namedBindings(args.bindings));
    const directory = args.directory ?? path.resolve(context.cwd, '.tidemark', pipeline.definition.name);
    if (extras.note !== undefined) view.note(extras.note);
    const startedMs = Date.now();
    const handle = await start(args, extras, pipeline, directory, view);
    interrupts.runs(handle);
    view.start(handle);
    const result = await handle.done;
    view.end(await summaryOf(pipeline.definition, result, directory, Date.now() - startedMs));
    return await exitOf(result, context, { verbose: extras.verbose, directory });
  } catch (error) {
    view.fail(error);
    throw error;
  } finally {
    view.close();
    interrupts.close();
  }
}

/** Bindings by name only: enough to say which one is missing or misspelt. The engine opens the real ones. */
function namedBindings({ sources, sinks, effects }: RunArguments['bindings']): GivenBindings {
  const named = <Spec>(specs: Readonly<Record<string, Spec>>) => {
    const open = () => Promise.reject(new InvariantViolation('a binding without a place was opened'));
    const binding = { guarantee: 'exactly-once', description: 'the command line', open } as const;
    return Object.fromEntries(Object.keys(specs).map((id) => [id, binding]));
  };
  return { sources: named(sources), sinks: named(sinks), effects: named(effects) };
}

function viewFor({ json, trace }: RunArguments, context: CliContext): RunView {
  if (json) return new JsonView(context, trace);
  return context.stdout.isTTY ? new LiveView(context, trace) : new PlainView(context, trace);
}

async function start(
  args: RunArguments,
  { restore }: RunExtras,
  { definition, exportName, bundle }: LoadedPipeline,
  directory: string,
  view: RunView,
): Promise<RunHandle> {
  const file = await keepBundle(bundle, directory);
  return run(definition, args.bindings, {
    directory,
    ...args.sizes,
    checkpoint: args.checkpoint,
    module: { file, exportName },
    bundleHash: bundle.hash,
    allowedDrops: args.allowedDrops,
    ...(restore === undefined ? {} : { restore }),
    onEvent: (event: RunEvent) => view.event(event),
    onOutput: (worker: number, line: string) => view.workerLine(worker, line),
  });
}

/** A failure during the run is no usage error, whatever kind it is; only being fenced says more. */
async function exitOf(
  { end, error }: RunResult,
  context: CliContext,
  report: { readonly verbose: boolean; readonly directory: string },
): Promise<number> {
  if (end !== 'failed') return EXIT.done;
  if (error === undefined) return EXIT.failed;
  await reportError(error, context, report);
  return exitCodeOf(error) === EXIT.taken ? EXIT.taken : EXIT.failed;
}
