import { takeCut } from '../core/channels/barrier-aligner.ts';
import type { BlockOrigin } from '../core/channels/block.ts';
import { copyControl, type TaskControl } from '../core/journal/control.ts';
import type { EntryHead, OutMessage, OutRows } from '../core/journal/entry.ts';
import { isTidemarkError, messageOf, TidemarkError } from '../core/record/errors.ts';
import { InvariantViolation } from '../core/record/invariant.ts';
import { type DeadLetter, END_OF_TIME, IDLE_TIME } from '../core/record/position.ts';
import { rule } from '../core/record/rule.ts';
import { StateMiss } from '../core/state/cold-state.ts';
import type { StageProgram } from './stage-program.ts';

/** What a pass can't go on without; the runtime fetches it and resumes the pass. */
export type Need =
  | { readonly kind: 'payload'; readonly from: string; readonly version: number; readonly part: number }
  | { readonly kind: 'state'; readonly miss: StateMiss };

/** An entry before it has a version's nonce: what a pass wants to append. */
export interface EntryDraft {
  readonly head: EntryHead;
  readonly parts: readonly Uint8Array[];
}

export interface PassResult {
  /** Undefined when nothing changed. */
  readonly draft: EntryDraft | undefined;
  /** Inputs that are accepted (or were duplicates); the rest comes again. */
  readonly consumed: number;
  /** True when another pass is needed even without new input. */
  readonly more: boolean;
}

export interface PassContext {
  readonly program: StageProgram;
  /** Control after the last entry; never changed by a pass. */
  readonly control: TaskControl;
  /** Version of the last entry. */
  readonly version: number;
  readonly nowMs: number;
  readonly onError: 'dead-letter' | 'fail';
}

/** A record that stops the pipeline by policy: not the record's unit but the whole run ends. */
export class StopPipeline extends Error {
  readonly error: TidemarkError;
  constructor(error: TidemarkError) {
    super(error.message);
    this.error = error;
  }
}

/** Windows and timers fired in one entry before it is closed, about. */
const FIRE_LIMIT = 20_000;
const TRIES = 3;

/**
 * One pass over a batch: everything a subtask does between two appends, without I/O (DESIGN 2). It runs fast first:
 * no copies, no undo. If a record throws or state is missing, all of it is rolled back and runs again carefully:
 * each record on an overlay of its own, three tries, then a dead letter.
 */
export abstract class Pass {
  protected readonly context: PassContext;
  protected readonly program: StageProgram;
  protected control: TaskControl;
  protected careful = false;
  protected changed = false;
  protected more = false;
  /** Checkpoint to cut for at the end of this pass, 0 for none. */
  protected cut = 0;
  protected origin: BlockOrigin | null = null;
  /** True when nothing is expected for now, so that receivers need not wait for this subtask. */
  protected idle = false;
  #fireBudget = FIRE_LIMIT;

  constructor(context: PassContext) {
    this.context = context;
    this.program = context.program;
    this.control = context.control;
  }

  /** Runs to the end of the batch or to a cut. Drive it with `next()`, answering each {@link Need}. */
  *run(): Generator<Need, PassResult, void> {
    try {
      return yield* this.#attempt(false);
    } catch (error) {
      this.program.rollback();
      const hopeless = error instanceof InvariantViolation || error instanceof StopPipeline;
      if (hopeless || (isTidemarkError(error) && error.kind === 'corrupt')) throw error;
    }
    try {
      return yield* this.#attempt(true);
    } catch (error) {
      this.program.rollback();
      throw error;
    } finally {
      this.program.setCareful(false);
    }
  }

  *#attempt(careful: boolean): Generator<Need, PassResult, void> {
    this.careful = careful;
    this.changed = false;
    this.more = false;
    this.cut = 0;
    this.idle = false;
    this.origin = null;
    this.#fireBudget = FIRE_LIMIT;
    this.control = rule('receivedInEntry') ? copyControl(this.context.control) : this.context.control;
    this.program.setCareful(careful);
    this.program.counters = this.control.counters;
    this.program.watermarkMs = this.control.watermark;
    this.program.nowMs = this.context.nowMs;
    const consumed = yield* this.process();
    return { draft: this.#draft(), consumed, more: this.more };
  }

  /** Works through the input; gives the number of inputs consumed. */
  protected abstract process(): Generator<Need, number, void>;

  /** Runs one record, or one timer. In careful mode its failure is its own. */
  protected *unit(run: () => void, letter: () => Partial<DeadLetter>): Generator<Need, void, void> {
    if (!this.careful) {
      run();
      return;
    }
    const before = { ...this.control.counters };
    for (let tries = 1; ; tries++) {
      try {
        run();
        this.program.keepRecord();
        return;
      } catch (error) {
        if (error instanceof StateMiss ? rule('missRollback') : rule('recordOverlay')) this.program.dropRecord();
        Object.assign(this.control.counters, before);
        if (error instanceof InvariantViolation || error instanceof StopPipeline) throw error;
        if (error instanceof StateMiss) {
          yield { kind: 'state', miss: error };
          tries--;
          continue;
        }
        const known = isTidemarkError(error) && error.kind === 'invalid' ? error : undefined;
        if (!known && tries < TRIES && rule('threeTries')) continue;
        this.giveUp(
          { operator: this.program.at, code: known?.code ?? 'TM_USER_CODE', message: messageOf(error), ...letter() },
          error,
        );
        this.program.keepRecord();
        return;
      }
    }
  }

  /** A record that can't be processed: a dead letter, or the end of the pipeline by policy. */
  protected giveUp(letter: Partial<DeadLetter>, cause: unknown, policy = this.context.onError): void {
    const full: DeadLetter = {
      operator: this.program.at,
      code: 'TM_USER_CODE',
      message: '',
      count: 1,
      record: null,
      ...letter,
    };
    if (policy === 'fail') {
      const where = full.position === undefined ? '' : ` at ${full.split ?? ''}:${full.position}`;
      throw new StopPipeline(
        new TidemarkError(
          full.code,
          full.code === 'TM_USER_CODE' ? 'user-code' : 'invalid',
          `${full.operator} refused a record${where}: ${full.message}`,
          "Correct the record or the pipeline, or let such records go to the dead letters with the policy 'dead-letter'.",
          cause,
        ),
      );
    }
    this.program.deadLetter(full);
  }

  /** Sets the subtask's watermark (it never goes back) and fires what is due. False when the rest waits for the next pass. */
  protected *advance(watermarkMs: number): Generator<Need, boolean, void> {
    if (watermarkMs > this.control.watermark) {
      this.control.watermark = watermarkMs;
      this.program.watermarkMs = watermarkMs;
      this.changed = true;
    }
    const done = yield* this.#fire();
    if (done) for (const dedupe of this.program.dedupes) dedupe.onWatermark(this.control.watermark);
    return done;
  }

  *#fire(): Generator<Need, boolean, void> {
    const watermarkMs = this.control.watermark;
    for (;;) {
      const next = this.program.nextDueMs();
      if (next === undefined || next > watermarkMs) return true;
      if (this.#fireBudget <= 0) {
        this.more = true;
        return false;
      }
      this.changed = true;
      for (const window of this.program.windows) {
        if (window.nextDueMs() !== next) continue;
        const due = yield* this.#resident(() => window.due(watermarkMs));
        if (!due) continue;
        this.#fireBudget -= due.keys.length + 1;
        if (this.careful)
          for (const key of due.keys)
            yield* this.unit(
              () => due.fire(key),
              () => ({ record: { key } }),
            );
        else for (const key of due.keys) due.fire(key);
        due.drop();
      }
      for (const process of this.program.processes) {
        for (const timer of process.due(next, this.#fireBudget > 0 ? this.#fireBudget : 1)) {
          this.#fireBudget--;
          if (!process.take(timer.timeMs, timer.key)) continue;
          // Gone for good, also when its function fails: a timer becomes one dead letter.
          if (this.careful) this.program.keepRecord();
          yield* this.unit(
            () => process.fire(timer.timeMs, timer.key),
            () => ({ record: timer }),
          );
        }
      }
    }
  }

  /** Reads state outside a record: what is missing is fetched. (A fast pass is given up instead, and runs again carefully.) */
  *#resident<T>(read: () => T): Generator<Need, T, void> {
    for (;;) {
      try {
        return read();
      } catch (error) {
        if (!(error instanceof StateMiss) || !this.careful) throw error;
        yield { kind: 'state', miss: error };
      }
    }
  }

  #draft(): EntryDraft | undefined {
    const { control, program } = this;
    const finished = control.watermark === END_OF_TIME && program.nextDueMs() === undefined;
    if (finished && !control.finished) {
      control.finished = true;
      this.changed = true;
    }
    if (this.idle !== (control.forwarded === IDLE_TIME)) this.changed = true;
    if (!this.changed && this.cut === 0) return undefined;
    program.flushPartials();
    const parts: Uint8Array[] = [];
    const messages = this.#messages(parts);
    const rows: OutRows[] = program.rows
      .take()
      .map(({ sink, count, bytes }) => ({ sink, count, part: parts.push(bytes) - 1 }));
    if (this.cut > 0) {
      takeCut(control, this.cut, this.context.version + 1);
      for (const to of Object.keys(control.out)) messages.push(barrierTo(control, to));
    }
    const kind = this.cut > 0 ? 'cut' : 'batch';
    return { head: { kind, pure: false, control, messages, rows, changes: program.state.changes() }, parts };
  }

  /** What receivers are told: a watermark that only rises, but for a subtask that was idle. */
  #forward(): number {
    const { forwarded, watermark } = this.control;
    if (this.idle && watermark !== END_OF_TIME) return IDLE_TIME;
    const forward = this.program.forwardable(watermark);
    return forwarded === IDLE_TIME ? forward : Math.max(forwarded, forward);
  }

  /** Data messages, and watermarks where no data goes. Numbers the channels. */
  #messages(parts: Uint8Array[]): OutMessage[] {
    const { control } = this;
    const messages: OutMessage[] = [];
    const forward = this.#forward();
    const advanced = forward !== control.forwarded;
    control.forwarded = forward;
    for (const { buffer } of this.program.exchanges) {
      for (const { to, records, bytes } of buffer.take(this.origin)) {
        if (!bytes && !advanced) continue;
        const first = (control.out[to] ?? 0) + 1;
        const last = first + Math.max(1, records) - 1;
        control.out[to] = last;
        const part = bytes ? parts.push(bytes) - 1 : -1;
        messages.push({
          to,
          first,
          last,
          stamp: control.stamp,
          watermark: forward,
          part,
          records,
          bytes: bytes?.byteLength ?? 0,
        });
      }
    }
    return messages;
  }
}

/** The barrier of the control's last cut for one channel: it takes no seq and names the last one sent. */
export function barrierTo(control: TaskControl, to: string): OutMessage {
  const last = control.out[to] ?? 0;
  return {
    to,
    first: last + 1,
    last,
    stamp: control.stamp,
    watermark: control.forwarded,
    part: -1,
    records: 0,
    bytes: 0,
  };
}
