import path from 'node:path';
import { lockDirectory } from '../adapters/embedded/directory-lock.ts';
import { embeddedPorts } from '../adapters/embedded/ports.ts';
import { openStore } from '../adapters/embedded/store.ts';
import type { Definition } from '../api/definition.ts';
import type { CodeIdentity, JobItem } from '../core/checkpoint/checkpoint-item.ts';
import { planPipeline } from '../plan/planner.ts';
import { itemKeys } from '../ports/names.ts';
import type { Ports } from '../ports/ports.ts';
import { DEFAULT_TUNING, type Environment } from '../runtime/environment.ts';
import { codeIdentity, setUpJob } from '../runtime/job-setup.ts';
import { requestRestore } from '../runtime/restore-runner.ts';
import { InlineGroup } from './inline-group.ts';
import { closeAll, openEffects, openSinks, openSources, resolveBindings, specsOf } from './open-bindings.ts';
import { type RevocablePorts, revocablePorts } from './revocable-ports.ts';
import { RunEvents } from './run-events.ts';
import type { RunHandle } from './run-handle.ts';
import type { RunBindings, RunOptions } from './run-options.ts';
import { type RunSettings, settingsOf, widthsOf } from './run-setup.ts';
import { StatusBoard } from './status-board.ts';
import type { SubtaskGroup } from './subtask-group.ts';
import { Supervisor } from './supervisor.ts';
import { WorkerPool } from './worker-pool.ts';

/** What a run has opened, to be closed in the opposite order. */
class Releases {
  readonly #all: (() => Promise<unknown>)[] = [];

  add(release: () => Promise<unknown>): void {
    this.#all.push(release);
  }

  async release(): Promise<void> {
    for (let next = this.#all.pop(); next; next = this.#all.pop()) await next();
  }
}

/**
 * Starts a run; `workerEntry` is the file that worker processes begin with. Resolves when the job is set up: from then
 * on failures are in the run's result.
 */
export async function startRun(
  definition: Definition,
  given: RunBindings,
  options: RunOptions,
  workerEntry: string,
): Promise<RunHandle> {
  const settings = await settingsOf(definition, options);
  const releases = new Releases();
  try {
    const directory = path.resolve(options.directory);
    releases.add(await lockDirectory(directory));
    const store = await openStore(directory, { owner: `tidemark run ${settings.graph.name}` });
    releases.add(() => store.close());
    const events = new RunEvents();
    const ports = embeddedPorts(store, events);
    return await superviseOn(ports, events, releases, { settings, given, options, workerEntry });
  } catch (error) {
    await releases.release();
    throw error;
  }
}

interface Wanted {
  readonly settings: RunSettings;
  readonly given: RunBindings;
  readonly options: RunOptions;
  readonly workerEntry: string;
}

async function superviseOn(ports: Ports, events: RunEvents, releases: Releases, wanted: Wanted): Promise<RunHandle> {
  const { settings, given, options } = wanted;
  const { graph } = settings;
  const first = (await ports.items.read(itemKeys.job))?.value as JobItem | undefined;
  const widths = widthsOf(options, settings.workers, first?.code);
  const plan = planPipeline(graph, widths);
  const bindings = resolveBindings(graph, given);
  const access = revocablePorts(ports);
  const board = new StatusBoard(plan, Date.now());
  events.listen((event) => board.note(event, Date.now()));
  if (options.onEvent) events.listen(options.onEvent);
  const effects = await openEffects(graph, bindings);
  releases.add(() => closeAll(effects.values()));
  const tuning = { ...DEFAULT_TUNING, ...options.tuning };
  const code = codeIdentity(plan, settings.bundleHash);
  // Opened before the job is touched, and also for workers: what is not there is told at once and leaves no trace.
  const sources = isOver(first, code, options) ? new Map() : await openSources(graph, bindings);
  releases.add(() => closeAll(sources.values()));
  const sinks = await openSinks(graph, bindings, access.ports);
  const env: Environment = { ports: access.ports, plan, sinks, effects, sources, tuning };
  await setUpJob(env, code, options.allowedDrops ?? []);
  const { restore } = options;
  if (restore) {
    await requestRestore(env, { checkpoint: restore.checkpoint, allowOlder: restore.allowOlder ?? false, code });
  }
  const group = groupOf(env, access, events, { ...wanted, widths });
  return new Supervisor({ env, access, ports, events, board, group, release: () => releases.release() });
}

/** A finished job reads nothing any more, unless its code is new or it is sent back. */
function isOver(job: JobItem | undefined, code: CodeIdentity, options: RunOptions): boolean {
  if (job?.status !== 'FINISHED' || options.restore) return false;
  return job.code.planHash === code.planHash && job.code.bundleHash === code.bundleHash;
}

function groupOf(
  env: Environment,
  access: RevocablePorts,
  events: RunEvents,
  { settings, given, options, workerEntry, widths }: Wanted & { readonly widths: ReturnType<typeof widthsOf> },
): (onFatal: (error: unknown) => void) => SubtaskGroup {
  const { workers, module } = settings;
  if (workers === 0 || !module) return (onFatal) => new InlineGroup(env, onFatal);
  return (onFatal) =>
    new WorkerPool({
      workers,
      entry: workerEntry,
      ports: access.ports,
      subtasks: env.plan.subtasks.map(({ id }) => id),
      events,
      onFatal,
      onOutput: options.onOutput,
      assignment: {
        module,
        widths,
        planHash: env.plan.hash,
        specs: specsOf(given),
        tuning: env.tuning,
        checkpoint: options.checkpoint ?? {},
      },
    });
}
