import { SimSplits } from '../../lib/adapters/simulated/memory-source.ts';
import type { PipelineGraph } from '../../lib/api/graph.ts';
import type { CheckpointItem, CodeIdentity, JobItem } from '../../lib/core/checkpoint/checkpoint-item.ts';
import { decodeHead, type EntryHead } from '../../lib/core/journal/entry.ts';
import type { Subtask } from '../../lib/plan/physical-plan.ts';
import { itemKeys } from '../../lib/ports/names.ts';
import { foldSubtask } from '../../lib/runtime/compactor-runner.ts';
import { beginCheckpoint, commitCompleted, triggerSources, tryComplete } from '../../lib/runtime/coordinator-runner.ts';
import type { Environment } from '../../lib/runtime/environment.ts';
import { codeIdentity, setUpJob } from '../../lib/runtime/job-setup.ts';
import { KeyedRunner } from '../../lib/runtime/keyed-runner.ts';
import { continueRestore, requestRestore } from '../../lib/runtime/restore-runner.ts';
import { retainAndCollect } from '../../lib/runtime/retention-runner.ts';
import { SourceRunner } from '../../lib/runtime/source-runner.ts';
import { Simulation, type SimulationOptions } from '../../lib/testkit/simulation.ts';

/** A port call of an interposed environment: `journal.append`, its arguments. */
export interface PortCall {
  readonly site: string;
  readonly args: readonly unknown[];
}

/** Runs before a call takes effect, and may take its time: that is how a test lets others overtake. */
export type Interposed = (call: PortCall) => Promise<void> | void;

/** The environment of a process whose every port call first passes `before`, and `after` once it took effect. */
export function interpose(env: Environment, before: Interposed, after: Interposed = () => undefined): Environment {
  const wrap = <P extends object>(port: string, target: P): P =>
    new Proxy(target, {
      get: (object, name) => {
        const method: unknown = Reflect.get(object, name);
        if (typeof method !== 'function') return method;
        return async (...args: unknown[]) => {
          const call = { site: `${port}.${String(name)}`, args };
          await before(call);
          const answer: unknown = await method.apply(object, args);
          await after(call);
          return answer;
        };
      },
    });
  const { ports } = env;
  const wrapped = {
    journal: wrap('journal', ports.journal),
    items: wrap('items', ports.items),
    blobs: wrap('blobs', ports.blobs),
    streams: wrap('streams', ports.streams),
  };
  return { ...env, ports: { ...ports, ...wrapped } };
}

/** True for a write of control items that changes `key`. */
export function writes(call: PortCall, key: string): boolean {
  return call.site === 'items.write' && (call.args[0] as { key: string }[]).some((change) => change.key === key);
}

/** Something that happens once, right before the first call that `when` is true for. */
export function once(when: (call: PortCall) => boolean, what: () => Promise<unknown>): Interposed {
  let done = false;
  return async (call) => {
    if (done || !when(call)) return;
    done = true;
    await what();
  };
}

/** What waits until it is opened. */
export function gate(): { readonly opened: Promise<void>; open(): void } {
  let open: () => void = () => undefined;
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { opened, open };
}

/**
 * A job in which nothing runs by itself: the real runtime on simulated ports without faults, and a test takes each
 * step. So it decides who overtakes whom.
 */
export class Bench {
  readonly simulation: Simulation;
  readonly content: SimSplits;
  readonly #runners = new Map<string, SourceRunner | KeyedRunner>();

  constructor(graph: PipelineGraph, options: Partial<SimulationOptions> = {}) {
    this.content = new SimSplits();
    const contents = new Map(
      graph.nodes.flatMap((node) => (node.kind === 'source' ? [[node.id, this.content] as const] : [])),
    );
    this.simulation = new Simulation(graph, contents, { seed: 1, partitions: 1, parallelism: 1, ...options });
  }

  /** Lets virtual time pass until `work` is done. */
  async do<T>(work: Promise<T>): Promise<T> {
    let done = false;
    const settled = work.finally(() => {
      done = true;
    });
    settled.catch(() => undefined);
    await this.until(() => done);
    return settled;
  }

  /** Lets virtual time pass until `done`. */
  async until(done: () => boolean): Promise<void> {
    // What comes before the first port call.
    await new Promise<void>((resolve) => setImmediate(resolve));
    await this.simulation.world.run(done, this.simulation.world.counts.calls + 50_000);
  }

  /** Another process. */
  env(): Promise<Environment> {
    return this.simulation.operator();
  }

  code(bundleHash = ''): CodeIdentity {
    return codeIdentity(this.simulation.plan, bundleHash);
  }

  /** Sets the job up: every journal begins with its restore entry. */
  async start(): Promise<Environment> {
    const env = await this.env();
    await this.do(setUpJob(env, this.code(), []));
    await this.do(continueRestore(env));
    return env;
  }

  subtask(id: string): Subtask {
    const found = this.simulation.plan.subtasks.find((subtask) => subtask.id === id);
    if (!found) throw new Error(`no subtask ${id}`);
    return found;
  }

  /** A source subtask of its own process. */
  source(env: Environment, id: string): SourceRunner {
    return new SourceRunner(env, this.subtask(id));
  }

  /** A keyed subtask of its own process. */
  keyed(env: Environment, id: string): KeyedRunner {
    return new KeyedRunner(env, this.subtask(id));
  }

  /** One step of a subtask in the process that the bench keeps for it; it looks into all journals first. */
  async step(env: Environment, id: string): Promise<void> {
    const isSource =
      this.simulation.plan.stages.find((stage) => stage.id === this.subtask(id).stage)?.kind === 'source';
    const runner = this.#runners.get(id) ?? (isSource ? this.source(env, id) : this.keyed(env, id));
    this.#runners.set(id, runner);
    try {
      await this.do<unknown>(runner instanceof SourceRunner ? runner.step(true) : runner.step([]));
    } catch (error) {
      runner.reset();
      throw error;
    }
  }

  /** Steps all subtasks, senders first, until none appends any more: a source looks at new input every second time. */
  async settle(env: Environment, except: readonly string[] = []): Promise<void> {
    for (let quiet = 0; quiet < 2; ) {
      const before = this.entries();
      for (const { id } of this.simulation.plan.subtasks) if (!except.includes(id)) await this.step(env, id);
      quiet = this.entries() === before ? quiet + 1 : 0;
    }
  }

  /** Begins a checkpoint and cuts its sources. */
  async begin(env: Environment): Promise<CheckpointItem> {
    const checkpoint = await this.do(beginCheckpoint(env));
    if (!checkpoint) throw new Error('no checkpoint begins');
    await this.do(triggerSources(env, checkpoint));
    return checkpoint;
  }

  /** A whole checkpoint. Gives its id. */
  async checkpoint(env: Environment, commits = true): Promise<number> {
    const { id } = await this.begin(env);
    await this.settle(env);
    const outcome = await this.do(tryComplete(env, id));
    if (outcome !== 'completed') throw new Error(`checkpoint ${id}: ${outcome}`);
    if (commits) await this.do(commitCompleted(env, id));
    return id;
  }

  async restore(env: Environment, checkpoint?: number): Promise<JobItem> {
    const job = await this.do(requestRestore(env, { checkpoint, allowOlder: true, code: this.code() }));
    await this.do(continueRestore(env));
    return job;
  }

  retain(env: Environment): Promise<void> {
    return this.do(retainAndCollect(env));
  }

  /** Folds a journal up to its last cut. */
  async fold(env: Environment, id: string): Promise<void> {
    const version = this.head(id)?.control.lastCut?.version;
    if (version !== undefined) await this.do(foldSubtask(env, id, version));
  }

  /** True once the newest attempt's restore has got so far. */
  restoreStep(step: string): boolean {
    const { attempt } = this.job();
    return this.simulation.events.some(
      (event) => event.kind === 'restore' && event.attempt === attempt && event.step === step,
    );
  }

  /** Number of versions of all journals. */
  entries(): number {
    let sum = 0;
    for (const { id } of this.simulation.plan.subtasks) sum += this.simulation.stores.journal.last(id)?.version ?? 0;
    return sum;
  }

  /** The last entry of a journal. */
  head(id: string): EntryHead | undefined {
    const last = this.simulation.stores.journal.last(id);
    return last && decodeHead(last.head);
  }

  job(): JobItem {
    return this.simulation.stores.items.read(itemKeys.job)?.value as JobItem;
  }

  item(id: number): CheckpointItem | undefined {
    return this.simulation.stores.items.read(itemKeys.checkpoint(id))?.value as CheckpointItem | undefined;
  }
}
