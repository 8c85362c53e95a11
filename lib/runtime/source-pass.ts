import type { SplitControl } from '../core/journal/control.ts';
import { TidemarkError } from '../core/record/errors.ts';
import { END_OF_TIME, START_OF_TIME } from '../core/record/position.ts';
import { rule } from '../core/record/rule.ts';
import { idleWatermark, observe, observeQuiet, UNSEEN_SPLIT, watermarkOf } from '../core/time/watermark.ts';
import type { SourceNode } from '../plan/physical-plan.ts';
import type { StandardResult } from '../ports/schema.ts';
import type { RefusedRecord, SourceBatch } from '../ports/source.ts';
import { type Need, Pass, type PassContext, StopPipeline } from './pass.ts';

export interface SourcePassContext extends PassContext {
  /** Own splits that are new, to be opened at their start. */
  readonly newSplits: readonly string[];
  /** What was read of one split; undefined when nothing was. */
  readonly read: { readonly split: string; readonly batch: SourceBatch } | undefined;
  /** True when no split will be added any more. */
  readonly complete: boolean;
  /** How long after the newest event time a window may still be open. */
  readonly idleHorizonMs: number;
}

/** A pass of a source subtask: door, schema, event time, a watermark per split. */
export class SourcePass extends Pass {
  readonly #context: SourcePassContext;

  constructor(context: SourcePassContext) {
    super(context);
    this.#context = context;
  }

  protected *process(): Generator<Need, number, void> {
    const { newSplits, read } = this.#context;
    for (const id of newSplits) {
      this.control.splits[id] ??= { position: null, closed: false, ...UNSEEN_SPLIT };
      this.changed = true;
    }
    if (read) yield* this.#records(read.split, read.batch);
    yield* this.advance(this.#watermark());
    return 0;
  }

  *#records(split: string, batch: SourceBatch): Generator<Need, void, void> {
    const { program, control } = this;
    const source = program.source as SourceNode;
    const state = control.splits[split] as SplitControl;
    if (batch.values.length > 0) {
      this.origin = { split, first: batch.positionOf(0), last: batch.positionOf(batch.values.length - 1) };
    }
    program.observedMs = START_OF_TIME;
    let refused = 0;
    for (let index = 0; index <= batch.values.length; index++) {
      while (refused < batch.refused.length && (batch.refused[refused] as RefusedRecord).at <= index) {
        this.#refuse(source, split, batch.refused[refused++] as RefusedRecord);
      }
      if (index === batch.values.length) break;
      control.counters.recordsIn++;
      const value = batch.values[index];
      if (this.careful) {
        yield* this.unit(
          () => this.#record(source, split, batch, index, value),
          () => ({ record: value, split, position: batch.positionOf(index) }),
        );
      } else this.#record(source, split, batch, index, value);
    }
    if (batch.values.length + batch.refused.length > 0 || state.position !== batch.next) {
      this.changed = true;
      state.position = batch.next;
      if (batch.values.length > 0) Object.assign(state, observe(state, program.observedMs));
    } else if (batch.state === 'caught-up') this.#quiet(state);
    if (batch.state === 'closed' && !state.closed) {
      state.closed = true;
      this.changed = true;
    }
  }

  #record(source: SourceNode, split: string, batch: SourceBatch, index: number, value: unknown): void {
    const { program } = this;
    program.at = source.id;
    if (!source.schema) {
      program.pushSource(value);
      return;
    }
    const result = source.schema['~standard'].validate(value) as StandardResult<unknown>;
    if (result instanceof Promise) {
      throw new StopPipeline(
        new TidemarkError(
          'TM_SCHEMA_ASYNC',
          'user-code',
          `the schema of ${source.id} validates asynchronously`,
          'Use a schema without asynchronous refinements: records are processed synchronously.',
        ),
      );
    }
    if (result.issues === undefined) {
      program.pushSource(result.value);
      return;
    }
    const message = result.issues
      .slice(0, 3)
      .map((issue) =>
        `${(issue.path ?? []).map((step) => String(typeof step === 'object' ? step.key : step)).join('.')} ${issue.message}`.trim(),
      )
      .join('; ');
    const letter = {
      operator: source.id,
      code: 'TM_RECORD_SCHEMA',
      message,
      record: value,
      split,
      position: batch.positionOf(index),
    };
    this.giveUp(letter, undefined, source.onInvalid);
  }

  #refuse(source: SourceNode, split: string, refused: RefusedRecord): void {
    this.control.counters.recordsIn++;
    const { code, message, position, preview } = refused;
    this.giveUp({ operator: source.id, code, message, position, split, record: preview }, undefined, source.onInvalid);
    if (this.careful) this.program.keepRecord();
  }

  #quiet(split: SplitControl): void {
    const next = observeQuiet(split, this.context.nowMs, this.program.eventTime?.idleAfterMs);
    if (next === split) return;
    Object.assign(split, next);
    this.changed = true;
  }

  /** The subtask's watermark: minimum over its splits; the clock's when all are idle; the end when all is read. */
  #watermark(): number {
    const splits = Object.values(this.control.splits);
    if (splits.every((split) => split.closed)) {
      if (this.#context.complete || !rule('finalWhenComplete')) return END_OF_TIME;
      this.idle = true;
      return START_OF_TIME;
    }
    const outOfOrdernessMs = this.program.eventTime?.outOfOrdernessMs;
    if (outOfOrdernessMs === undefined) return START_OF_TIME;
    const furthest = splits.reduce((a, b) => (b.maxMs > a.maxMs ? b : a));
    const watermark = watermarkOf(rule('splitMinimum') ? splits : [furthest], outOfOrdernessMs);
    if (watermark !== undefined) return watermark;
    // All idle: the clock goes on, until nothing that was read can be waiting for it any more.
    const newestMs = Math.max(...splits.map((split) => split.maxMs));
    if (this.control.watermark >= newestMs + this.#context.idleHorizonMs) {
      this.idle = true;
      return this.control.watermark;
    }
    return idleWatermark(this.context.nowMs, outOfOrdernessMs, this.control.watermark);
  }
}
