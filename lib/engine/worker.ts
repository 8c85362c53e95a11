import type { Duplex } from 'node:stream';
import { type ConnectedPorts, connectPorts } from '../adapters/embedded/remote-ports.ts';
import { graphOf } from '../api/definition.ts';
import { isTidemarkError } from '../core/record/errors.ts';
import { planPipeline } from '../plan/planner.ts';
import { foldSubtask } from '../runtime/compactor-runner.ts';
import type { Environment } from '../runtime/environment.ts';
import { hostSubtask } from '../runtime/subtask-host.ts';
import { describeError } from './fatal-error.ts';
import { loadModule } from './load-module.ts';
import { openSinks, openSources, resolveBindings } from './open-bindings.ts';
import { moduleMissing } from './run-failures.ts';
import type { RunBindings } from './run-options.ts';
import { CALLS, type WorkerAssignment } from './worker-assignment.ts';

/**
 * A worker process: hosts the subtasks that the supervisor at the other end of `pipe` assigns, and ends with it. The
 * supervisor alone hears Ctrl-C.
 */
export async function runWorker(pipe: Duplex): Promise<void> {
  process.on('SIGINT', () => undefined);
  let environment: Promise<Environment>;
  const connected = connectPorts(pipe, {
    handle: {
      [CALLS.flush]: async () => connected.flush(),
      [CALLS.fold]: async ([subtask, version]) => {
        await foldSubtask(await environment, subtask as string, version as number);
      },
    },
  });
  void connected.closed.then(() => process.exit(0));
  const assigned = connected.call(CALLS.assignment) as Promise<WorkerAssignment>;
  environment = assigned.then((assignment) => environmentOf(connected, assignment));
  try {
    const { subtasks } = await assigned;
    const env = await environment;
    const own = env.plan.subtasks.filter(({ id }) => subtasks.includes(id));
    await Promise.all(own.map((subtask) => hostSubtask(env, subtask, { stopped: false })));
  } catch (error) {
    // The run has ended, or its supervisor: this process goes with the pipe.
    if (isTidemarkError(error) && error.code === 'TM_SUPERVISOR_GONE') return;
    await connected.call(CALLS.fatal, describeError(error)).catch(() => undefined);
  }
}

async function environmentOf({ ports }: ConnectedPorts, assignment: WorkerAssignment): Promise<Environment> {
  const { module, widths, planHash, specs, tuning, checkpoint } = assignment;
  const { definition, bindings: exported } = await loadModule(module);
  const graph = graphOf(definition, checkpoint);
  const plan = planPipeline(graph, widths);
  if (plan.hash !== planHash) throw moduleMissing(`${module.file} holds another pipeline than the one that runs`);
  const given: RunBindings = {
    sources: { ...exported.sources, ...specs.sources },
    sinks: { ...exported.sinks, ...specs.sinks },
    effects: { ...exported.effects, ...specs.effects },
  };
  const bindings = resolveBindings(graph, given);
  const sinks = await openSinks(graph, bindings, ports);
  // Effects are carried out by the supervisor, which commits.
  return { ports, plan, sinks, effects: new Map(), sources: await openSources(graph, bindings), tuning };
}
