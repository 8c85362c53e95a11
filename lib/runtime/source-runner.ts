import { murmur3 } from '../core/bytes/murmur3.ts';
import { TidemarkError } from '../core/record/errors.ts';
import { invariant } from '../core/record/invariant.ts';
import type { Position } from '../core/record/position.ts';
import type { Subtask } from '../plan/physical-plan.ts';
import type { SourceBatch, SourceReader } from '../ports/source.ts';
import type { Environment } from './environment.ts';
import { SourcePass } from './source-pass.ts';
import { type Instance, TaskRunner } from './task-runner.ts';

/** Runs a source subtask: reads its open splits in turn, the one furthest behind in event time first. */
export class SourceRunner extends TaskRunner {
  readonly #reader: SourceReader;
  /** Splits that had nothing new in this round. */
  readonly #caughtUp = new Set<string>();
  /** Of the splits that were read by this instance; each is within its first rounds. */
  readonly #bytesLeft = new Map<string, number>();
  /** Pieces being read ahead, one for each split. */
  readonly #ahead = new Map<string, { readonly position: Position; readonly batch: Promise<SourceBatch> }>();
  #known: readonly string[] = [];
  #complete = false;
  #listed = false;

  constructor(env: Environment, subtask: Subtask) {
    super(env, subtask);
    const reader = env.sources.get(subtask.stage);
    invariant(reader, `source ${subtask.stage} is not bound`);
    this.#reader = reader;
  }

  /** Reads and processes one piece. `idle`: nothing there now. */
  step(refresh: boolean): Promise<'busy' | 'idle'> {
    return this.guarded(() => this.#step(refresh));
  }

  async #step(refresh: boolean): Promise<'busy' | 'idle'> {
    const instance = await this.current(refresh);
    if (instance.control.finished) return 'idle';
    await this.#list(instance);
    const open = this.#known.filter((id) => !instance.control.splits[id]?.closed);
    const split = this.#next(instance, open);
    const newSplits = this.#known.filter((id) => !instance.control.splits[id]);
    if (split === undefined) {
      this.#caughtUp.clear();
      this.#listed = false;
      await this.#pass(instance, newSplits, undefined);
      return 'idle';
    }
    const position = instance.control.splits[split]?.position ?? undefined;
    const batch = await this.#read(split, position);
    if (batch.state === 'caught-up') this.#caughtUp.add(split);
    if (batch.bytesLeft !== undefined) this.#bytesLeft.set(split, batch.bytesLeft);
    await this.#pass(instance, newSplits, { split, batch });
    this.report(instance.control, instance.version, {
      bytesIn: batch.bytes,
      ...(this.#bytesLeft.size === 0 ? {} : { bytesLeft: [...this.#bytesLeft.values()].reduce((a, b) => a + b) }),
    });
    return 'busy';
  }

  /** Reads a piece, and begins to read the next one: it comes while this one is processed and appended. */
  async #read(split: string, position: Position | undefined): Promise<SourceBatch> {
    const ahead = this.#ahead.get(split);
    this.#ahead.delete(split);
    const { readBytes } = this.env.tuning;
    const batch = await (ahead && ahead.position === position
      ? ahead.batch
      : this.#reader.read(split, position, readBytes));
    if (batch.state === 'more') {
      const next = this.#reader.read(split, batch.next, readBytes);
      // Its failure counts only if this piece is asked for.
      next.catch(() => undefined);
      this.#ahead.set(split, { position: batch.next, batch: next });
    }
    return batch;
  }

  override reset(): void {
    super.reset();
    this.#ahead.clear();
  }

  #next(instance: Instance, open: readonly string[]): string | undefined {
    let best: string | undefined;
    let lowestMs = Number.POSITIVE_INFINITY;
    for (const id of open) {
      if (this.#caughtUp.has(id)) continue;
      const maxMs = instance.control.splits[id]?.maxMs ?? Number.NEGATIVE_INFINITY;
      if (maxMs < lowestMs) {
        best = id;
        lowestMs = maxMs;
      }
    }
    return best;
  }

  async #list(instance: Instance): Promise<void> {
    if (this.#listed) return;
    const own = this.env.plan.subtasks.filter((other) => other.stage === this.subtask.stage).length;
    // Asked first: a split that appears in between is in the list of the next round.
    this.#complete = await this.#reader.complete();
    const splits = await this.#reader.splits();
    this.#known = splits.map((split) => split.id).filter((id) => murmur3(id) % own === this.subtask.index);
    this.#listed = true;
    const gone = Object.entries(instance.control.splits).find(
      ([id, split]) => !split.closed && !this.#known.includes(id),
    );
    if (gone) throw splitGone(this.subtask.stage, gone[0]);
  }

  async #pass(
    instance: Instance,
    newSplits: readonly string[],
    read: ConstructorParameters<typeof SourcePass>[0]['read'],
  ): Promise<void> {
    const context = {
      ...this.passContext(instance),
      newSplits,
      read,
      complete: this.#complete,
      idleHorizonMs: this.#horizonMs(),
    };
    await this.complete(instance, new SourcePass(context));
  }

  /** How long after the newest record some window of the pipeline may be open; a timer may be set for any time. */
  #horizonMs(): number {
    let horizonMs = 0;
    for (const stage of this.env.plan.stages) {
      for (const node of stage.nodes) {
        if (node.kind === 'process') return Number.POSITIVE_INFINITY;
        if (node.kind === 'window-aggregate') horizonMs += node.window.sizeMs + node.allowedLatenessMs;
      }
    }
    return horizonMs;
  }
}

function splitGone(source: string, split: string): TidemarkError {
  return new TidemarkError(
    'TM_SOURCE_GONE',
    'invalid',
    `${split} of source ${source} was not read to its end, and is not there any more.`,
    'Put it back as it was, or name it again with --source; the run goes on where it stopped.',
  );
}
