import { SimSinkStore, simulatedSink } from '../adapters/simulated/memory-sink.ts';
import { type SimSplits, simulatedSource } from '../adapters/simulated/memory-source.ts';
import { SimStores, simulatedPorts } from '../adapters/simulated/ports.ts';
import { type Actor, type SimFaults, SimWorld } from '../adapters/simulated/world.ts';
import type { PipelineGraph } from '../api/graph.ts';
import { tableSink } from '../connectors/table/table-sink.ts';
import type { CheckpointItem } from '../core/checkpoint/checkpoint-item.ts';
import type { PhysicalPlan } from '../plan/physical-plan.ts';
import { planPipeline } from '../plan/planner.ts';
import type { Effect, EffectOutcome, EffectRequest } from '../ports/effect.ts';
import { DEAD_LETTERS } from '../ports/names.ts';
import type { Sink } from '../ports/sink.ts';
import type { SourceReader } from '../ports/source.ts';
import type { TelemetryEvent } from '../ports/telemetry.ts';
import { foldSubtask } from '../runtime/compactor-runner.ts';
import { deadLetterSink, readDeadLetters, type StoredDeadLetter } from '../runtime/dead-letter-sink.ts';
import { DEFAULT_TUNING, type Environment, type Tuning } from '../runtime/environment.ts';
import { driveJob, type JobEnd } from '../runtime/job-driver.ts';
import { codeIdentity, setUpJob } from '../runtime/job-setup.ts';
import { requestRestore } from '../runtime/restore-runner.ts';
import { hostSubtask } from '../runtime/subtask-host.ts';

export interface SimulationOptions {
  readonly seed: number;
  readonly faults?: SimFaults;
  readonly parallelism?: number;
  readonly partitions?: number;
  readonly workers?: number;
  /** Processes that coordinate the job at the same time. Default: 1. */
  readonly coordinators?: number;
  /** Workers that host each subtask at the same time, at most `workers`. Default: 1. */
  readonly hosts?: number;
  readonly tuning?: Partial<Tuning>;
  readonly inlineBytes?: number;
  readonly maxCalls?: number;
  /** What a simulated effect answers; delivered where it says nothing. */
  readonly effectOutcome?: (request: EffectRequest) => EffectOutcome | undefined;
  /** Goes on with what another simulation has stored; give it another seed. */
  readonly after?: Simulation;
  /** Steps taken from outside while the run goes on: each may look and disturb. */
  readonly onEvent?: (event: TelemetryEvent, simulation: Simulation) => void;
}

/** What a simulated effect's receiver saw: every delivery, repeats included. */
export interface Delivery {
  readonly effect: string;
  readonly key: string;
  readonly payload: unknown;
}

/**
 * A whole job on simulated ports: the real runtime in simulated processes that die and come back. One supervisor
 * (the coordinator) and some workers; what they share outlives them.
 */
export class Simulation {
  readonly world: SimWorld;
  readonly stores: SimStores;
  readonly sinks: Map<string, SimSinkStore>;
  readonly deliveries: Delivery[] = [];
  readonly plan: PhysicalPlan;
  readonly events: TelemetryEvent[] = [];
  end: JobEnd | undefined;
  failure: unknown;
  stop = false;
  readonly #graph: PipelineGraph;
  readonly #sources: ReadonlyMap<string, SimSplits>;
  readonly #options: SimulationOptions;
  #generation = 0;

  constructor(graph: PipelineGraph, sources: ReadonlyMap<string, SimSplits>, options: SimulationOptions) {
    this.#graph = graph;
    this.#sources = sources;
    this.#options = options;
    this.stores = options.after?.stores ?? new SimStores();
    this.sinks = options.after?.sinks ?? new Map();
    this.world = new SimWorld(options.seed, options.faults ?? {});
    this.plan = planPipeline(graph, { parallelism: options.parallelism ?? 2, partitions: options.partitions ?? 2 });
    this.world.onDeath = (actor) => this.world.schedule(20, () => this.#start(actor.name.replace(/#.*/, '')));
  }

  /** Runs to the end of the input, to a stop or to a failure. */
  async run(): Promise<JobEnd> {
    this.world.schedule(0, () => {
      for (let n = 0; n < (this.#options.coordinators ?? 1); n++)
        this.#start(n === 0 ? 'supervisor' : `supervisor-${n}`);
      for (let worker = 0; worker < (this.#options.workers ?? 2); worker++) this.#start(`worker-${worker}`);
    });
    await this.world.run(() => this.end !== undefined || this.failure !== undefined, this.#options.maxCalls ?? 200_000);
    if (this.failure !== undefined) throw this.failure;
    return this.end as JobEnd;
  }

  /** Kills a simulated process now; it comes back. */
  kill(name: string): void {
    const actor = this.#actors.get(name);
    if (actor) this.world.kill(actor);
  }

  /** What a process outside of the run works with: the command line of an operator. */
  operator(): Promise<Environment> {
    return this.#environment({ name: 'operator', alive: true });
  }

  /** Asks for a restore, as an operator at the command line would. */
  async restore(checkpoint: number | undefined, allowOlder = false): Promise<void> {
    const env = await this.operator();
    await requestRestore(env, { checkpoint, allowOlder, code: codeIdentity(this.plan, '') });
  }

  /** Ids of checkpoints that can be restored, oldest first. */
  completedCheckpoints(): number[] {
    const items = this.stores.items.list('checkpoint/').map((item) => item.value as CheckpointItem);
    return items.filter((item) => item.status === 'COMPLETED' && !item.abandoned).map((item) => item.id);
  }

  /** Rows that a sink shows, in the order in which they became visible per subtask. */
  committed(sink: string): unknown[] {
    const memory = this.sinks.get(sink);
    if (memory) return memory.rows.map((visible) => visible.row);
    return this.stores.items.list(`table/${sink}/`).map((item) => (item.value as { row: unknown }).row);
  }

  async deadLetters(): Promise<StoredDeadLetter[]> {
    const letters: StoredDeadLetter[] = [];
    const { items } = this.stores;
    const reader = {
      read: async (key: string) => items.read(key),
      list: async (prefix: string, options?: object) => items.list(prefix, options),
      write: async () => 'conflict' as const,
    };
    for await (const letter of readDeadLetters(reader)) letters.push(letter);
    return letters;
  }

  readonly #actors = new Map<string, Actor>();

  #start(name: string): void {
    const actor: Actor = { name: `${name}#${++this.#generation}`, alive: true };
    this.#actors.set(name, actor);
    const life = name.startsWith('supervisor')
      ? this.#supervise(actor)
      : this.#work(actor, Number(name.replace('worker-', '')));
    life.catch((error) => {
      this.failure ??= error;
    });
  }

  async #supervise(actor: Actor): Promise<void> {
    const env = await this.#environment(actor);
    await setUpJob(env, codeIdentity(this.plan, ''), []);
    const fold = async (subtask: string, version: number) => void (await foldSubtask(env, subtask, version));
    this.end = await driveJob(env, { stopRequested: () => this.stop, fold });
  }

  async #work(actor: Actor, index: number): Promise<void> {
    const env = await this.#environment(actor);
    const workers = this.#options.workers ?? 2;
    const hosts = this.#options.hosts ?? 1;
    const own = this.plan.subtasks.filter((_, at) => (at + workers - index) % workers < hosts);
    // A worker may be there before the job is set up.
    let polls = 0;
    // A coordinator may stand still for an hour before it gets to it.
    const wait = () => env.ports.clock.sleep(polls++ < 200 ? 5 : 1000);
    while (!(await env.ports.items.read('job').catch(() => undefined))) await wait();
    const journaled = async (id: string) => (await env.ports.journal.last(id).catch(() => undefined)) !== undefined;
    await Promise.all(
      own.map(async (subtask) => {
        while (!(await journaled(subtask.id))) await wait();
        await hostSubtask(env, subtask, { stopped: false });
      }),
    );
  }

  async #environment(actor: Actor): Promise<Environment> {
    const telemetry = {
      emit: (event: TelemetryEvent) => {
        this.events.push(event);
        this.#options.onEvent?.(event, this);
      },
    };
    const ports = simulatedPorts(this.world, this.stores, actor, telemetry, this.#options.inlineBytes);
    const context = { items: ports.items, changesPerWrite: ports.limits.changesPerWrite };
    const sinks = new Map<string, Sink>([[DEAD_LETTERS, deadLetterSink(ports.limits.changesPerWrite)]]);
    const effects = new Map<string, Effect>();
    const sources = new Map<string, SourceReader>();
    for (const node of this.#graph.nodes) {
      if (node.kind === 'sink' && node.sink.kind === 'table') {
        sinks.set(node.id, await tableSink({ key: node.sink.key, table: node.id }).open(context));
      } else if (node.kind === 'sink') {
        const store = this.sinks.get(node.id) ?? new SimSinkStore();
        this.sinks.set(node.id, store);
        sinks.set(node.id, await simulatedSink(this.world, actor, store).open(context));
      } else if (node.kind === 'effect') effects.set(node.id, this.#effect(actor, node.id));
      else if (node.kind === 'source') {
        const content = this.#sources.get(node.id);
        if (content) sources.set(node.id, await simulatedSource(this.world, actor, content).open());
      }
    }
    const tuning: Tuning = { ...DEFAULT_TUNING, batchHints: 4, batchRecords: 16, pollMs: 20, ...this.#options.tuning };
    return { ports, plan: this.plan, sinks, effects, sources, tuning };
  }

  #effect(actor: Actor, id: string): Effect {
    return {
      deliver: (requests) =>
        this.world.call(actor, 'effect.deliver', () => {
          for (const request of requests) this.deliveries.push({ effect: id, ...request });
          return requests.map(
            (request) =>
              this.#options.effectOutcome?.(request) ?? { outcome: 'delivered' as const, receipt: 'simulated' },
          );
        }),
      async close() {},
    };
  }
}
