import { alignmentTarget, parkedLoad } from '../core/channels/barrier-aligner.ts';
import { encodeHint, type Hint } from '../core/channels/envelope.ts';
import { copyControl, type Manifest, stateBaseAt, type TaskControl } from '../core/journal/control.ts';
import { takeCutOf } from '../core/journal/rebase.ts';
import { isTidemarkError } from '../core/record/errors.ts';
import { InvariantViolation, invariant } from '../core/record/invariant.ts';
import { rule } from '../core/record/rule.ts';
import { ColdState } from '../core/state/cold-state.ts';
import type { Stage, Subtask } from '../plan/physical-plan.ts';
import { COORDINATOR, itemKeys } from '../ports/names.ts';
import { acknowledgeCuts, acknowledgeEarlier, readManifest } from './acknowledge.ts';
import { type Environment, retrying, StaleInstance, stageOf } from './environment.ts';
import {
  appendDraft,
  entriesBetween,
  foldState,
  type LoadedEntry,
  lastEntry,
  publishEntry,
  republish,
} from './journal-access.ts';
import type { EntryDraft, Need, Pass, PassContext, PassResult } from './pass.ts';
import { StageProgram } from './stage-program.ts';

/** A subtask in memory: a cache of its journal. */
export interface Instance {
  version: number;
  control: TaskControl;
  readonly program: StageProgram;
}

/**
 * Runs one subtask over the ports: loads it, drives passes, appends, publishes, acknowledges. Keeps the instance
 * between steps; `reset` drops it, and nothing is lost (DESIGN 2.5).
 */
export abstract class TaskRunner {
  readonly env: Environment;
  readonly subtask: Subtask;
  protected readonly stage: Stage;
  protected instance: Instance | undefined;
  /** Payloads of messages that are not processed yet, by `from:version:part`. */
  protected readonly payloads = new Map<string, Uint8Array>();
  #dirtyRaised = -1;
  #cold = new ColdState();
  #toldFinished = false;

  constructor(env: Environment, subtask: Subtask) {
    this.env = env;
    this.subtask = subtask;
    this.stage = stageOf(env.plan, subtask);
  }

  /** Drops what is in memory. */
  reset(): void {
    this.instance = undefined;
    this.payloads.clear();
    this.#cold = new ColdState();
  }

  /** False: it was never loaded, or was dropped, and does not know which hints it has missed. */
  get loaded(): boolean {
    return this.instance !== undefined;
  }

  get finished(): boolean {
    return this.instance?.control.finished ?? false;
  }

  /** The instance at its journal's newest entry: loaded, or caught up. */
  protected async current(refresh: boolean): Promise<Instance> {
    if (!this.instance) return this.#load();
    if (refresh) await this.#catchUp(this.instance);
    return this.instance ?? this.#load();
  }

  async #load(): Promise<Instance> {
    const { ports } = this.env;
    const startedMs = ports.clock.now();
    const last = await lastEntry(ports, this.subtask.id);
    invariant(last, `${this.subtask.id} has no journal: the job was not started`);
    // Whoever loads a subtask publishes its last entry again: a crash between append and publish heals here [pubInv].
    await republish(ports, this.subtask.id, last);
    const program = new StageProgram(this.env.plan, this.stage);
    const manifest: Manifest | undefined = (await readManifest(this.env, this.subtask.id))?.value;
    const base = stateBaseAt(last.head.control, last.version, manifest);
    const entries = await foldState(ports, this.subtask.id, base, (changes) => program.state.apply(changes));
    program.reload();
    this.payloads.clear();
    const instance: Instance = { version: last.version, control: last.head.control, program };
    this.instance = instance;
    this.#evict(program);
    ports.telemetry.emit({
      kind: 'loaded',
      subtask: this.subtask.id,
      entries,
      durationMs: ports.clock.now() - startedMs,
    });
    await acknowledgeEarlier(this.env, this.subtask.id, instance.control.lastCut);
    return instance;
  }

  /** Reads what others appended: a coordinator's cut, a restore, another writer's batch. */
  async #catchUp(instance: Instance): Promise<void> {
    const { ports } = this.env;
    let last: LoadedEntry | undefined;
    for await (const entry of entriesBetween(ports, this.subtask.id, instance.version, Number.MAX_SAFE_INTEGER)) {
      if (entry.head.kind === 'restore') {
        this.reset();
        return;
      }
      instance.program.state.apply(entry.head.changes);
      last = entry;
    }
    if (!last) return;
    await republish(ports, this.subtask.id, last);
    instance.version = last.version;
    instance.control = last.head.control;
    instance.program.reload();
    await acknowledgeEarlier(this.env, this.subtask.id, instance.control.lastCut);
  }

  /**
   * Runs a step. An instance of a superseded attempt may find that what it looks for is collected: that is no
   * broken invariant and no damage, it only has to load again.
   */
  protected async guarded<T>(step: () => Promise<T>): Promise<T> {
    try {
      return await step();
    } catch (error) {
      const suspicious = error instanceof InvariantViolation || (isTidemarkError(error) && error.kind === 'corrupt');
      const attempt = this.instance?.control.attempt;
      if (!suspicious || attempt === undefined) throw error;
      const last = await lastEntry(this.env.ports, this.subtask.id);
      if (last && last.head.control.attempt > attempt)
        throw new StaleInstance(`${this.subtask.id} is of attempt ${attempt}`);
      throw error;
    }
  }

  protected passContext(instance: Instance): PassContext {
    return {
      program: instance.program,
      control: instance.control,
      version: instance.version,
      nowMs: this.env.ports.clock.now(),
      onError: this.env.plan.onError,
    };
  }

  /** Drives a pass to its end and appends what it made. */
  protected async complete(instance: Instance, pass: Pass): Promise<PassResult> {
    const run = pass.run();
    let step = run.next();
    while (!step.done) {
      await this.#satisfy(instance, step.value);
      step = run.next();
    }
    if (step.value.draft) await this.#append(instance, step.value.draft);
    return step.value;
  }

  async #satisfy(instance: Instance, need: Need): Promise<void> {
    if (need.kind === 'payload') {
      const { from, version, part } = need;
      const bytes = await retrying(this.env.ports, () => this.env.ports.journal.readPart(from, version, part));
      this.payloads.set(`${from}:${version}:${part}`, bytes);
      return;
    }
    instance.program.state.apply(this.#cold.fetch(need.miss));
  }

  /** Fetches the state of keys before a pass reads it. */
  protected prefetchState(instance: Instance, keys: ReadonlySet<string>): void {
    if (this.env.tuning.coldState) instance.program.state.apply(this.#cold.take(keys));
  }

  async #append(instance: Instance, draft: EntryDraft): Promise<void> {
    const { ports } = this.env;
    const { id } = this.subtask;
    let current = draft;
    let version = instance.version + 1;
    const nonce = ports.random.nonce();
    if (rule('dirtyFirst')) await this.#raiseDirty(current.head.control.stamp, current.head.kind);
    if (!rule('publishAfterAppend')) await publishEntry(ports, id, { version, head: current.head }, current.parts);
    while ((await appendDraft(ports, id, version, nonce, current)) === 'taken') {
      const rebased = await this.#rebase(current, version);
      await this.#raiseDirty(rebased.draft.head.control.stamp, 'batch');
      current = rebased.draft;
      version = rebased.version;
    }
    const { head } = current;
    instance.program.state.rollback();
    instance.program.state.apply(head.changes);
    instance.version = version;
    instance.control = head.control;
    this.#forgetPayloads(head.control);
    await publishEntry(ports, id, { version, head }, current.parts);
    this.#evict(instance.program);
    if (!rule('dirtyFirst')) await this.#raiseDirty(head.control.stamp, head.kind);
    if (head.kind === 'cut') {
      ports.telemetry.emit({ kind: 'cut', subtask: id, checkpoint: head.control.stamp, by: 'task' });
      await acknowledgeCuts(this.env, id, head.control.lastCut);
    }
    await this.#notify(head.control);
    this.report(head.control, version);
  }

  /** Tells the coordinator what it can't see: too much is parked, or this subtask is through. Both may get lost. */
  async #notify(control: TaskControl): Promise<void> {
    const { ports, tuning } = this.env;
    const target = alignmentTarget(control);
    const hints: Hint[] = [];
    if (target > 0 && parkedLoad(control).bytes > tuning.parkedBytes)
      hints.push({ kind: 'escalate', checkpoint: target });
    if (control.finished && !this.#toldFinished) hints.push({ kind: 'finished', subtask: this.subtask.id });
    this.#toldFinished = control.finished;
    if (hints.length > 0) await ports.streams.append(COORDINATOR, hints.map(encodeHint)).catch(() => undefined);
  }

  /** A batch that lost only to pure cuts goes on top of them, with the new stamp (DESIGN 2.1). */
  async #rebase(draft: EntryDraft, version: number): Promise<{ draft: EntryDraft; version: number }> {
    const { ports } = this.env;
    const between: LoadedEntry[] = [];
    for await (const entry of entriesBetween(ports, this.subtask.id, version - 1, Number.MAX_SAFE_INTEGER))
      between.push(entry);
    const last = between[between.length - 1];
    const { control } = draft.head;
    const isCut = ({ head }: LoadedEntry) => head.pure || !rule('rebasePureOnly');
    const possible =
      rule('rebase') &&
      draft.head.kind === 'batch' &&
      between.every((entry) => isCut(entry) && entry.head.control.attempt === control.attempt);
    if (!last || !possible) {
      ports.telemetry.emit({ kind: 'lost-append', subtask: this.subtask.id, version });
      throw new StaleInstance(`${this.subtask.id} lost v${version}`);
    }
    await republish(ports, this.subtask.id, last);
    ports.telemetry.emit({ kind: 'rebased', subtask: this.subtask.id, version: last.version + 1 });
    const rebased = copyControl(control);
    takeCutOf(rebased, last.head.control);
    const { stamp } = rule('rebaseStamp') ? rebased : control;
    const messages = draft.head.messages.map((message) => ({ ...message, stamp }));
    await acknowledgeEarlier(this.env, this.subtask.id, last.head.control.lastCut);
    return {
      draft: { head: { ...draft.head, control: rebased, messages }, parts: draft.parts },
      version: last.version + 1,
    };
  }

  /** The job is dirty from before the first append with a stamp (DESIGN 2.7). */
  async #raiseDirty(stamp: number, kind: 'batch' | 'cut' | 'restore'): Promise<void> {
    if (kind !== 'batch' || this.#dirtyRaised >= stamp) return;
    const { ports } = this.env;
    for (;;) {
      const item = await retrying(ports, () => ports.items.read(itemKeys.dirty));
      if (item && (item.value as number) >= stamp) break;
      const change = { key: itemKeys.dirty, ifRevision: item?.revision ?? 0, value: stamp };
      if ((await retrying(ports, () => ports.items.write([change]))) === 'applied') break;
    }
    this.#dirtyRaised = stamp;
  }

  protected report(control: TaskControl, version: number, extra: { bytesIn?: number; bytesLeft?: number } = {}): void {
    const { counters, watermark, finished } = control;
    this.env.ports.telemetry.emit({
      kind: 'progress',
      subtask: this.subtask.id,
      recordsIn: counters.recordsIn,
      recordsOut: counters.recordsOut,
      late: counters.lateDropped,
      deadLetters: counters.deadLettered,
      watermark,
      version,
      finished,
      ...extra,
    });
  }

  #forgetPayloads(control: TaskControl): void {
    for (const key of this.payloads.keys()) {
      const [from, version] = splitPayloadKey(key);
      const channel = control.in[from];
      const waiting =
        channel && (version > channel.version || channel.parked.some((message) => message.version === version));
      if (!waiting) this.payloads.delete(key);
    }
  }

  /** Tests only: no state stays in memory after an entry, so that every read is a miss and has to be fetched. */
  #evict(program: StageProgram): void {
    if (this.env.tuning.coldState) program.state.evict(this.#cold);
  }
}

function splitPayloadKey(key: string): [from: string, version: number] {
  const [from = '', version = '0'] = key.split(':');
  return [from, Number(version)];
}
