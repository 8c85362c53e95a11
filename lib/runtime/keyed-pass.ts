import {
  alignmentTarget,
  type CutMode,
  mayProcess,
  noteBarrier,
  parkedLoad,
  waitingFor,
} from '../core/channels/barrier-aligner.ts';
import { blockSize, decodeBlock } from '../core/channels/block.ts';
import type { InChannel, ParkedMessage } from '../core/journal/control.ts';
import { isBarrier, type OutMessage } from '../core/journal/entry.ts';
import { invariant } from '../core/record/invariant.ts';
import { END_OF_TIME, IDLE_TIME } from '../core/record/position.ts';
import { rule } from '../core/record/rule.ts';
import type { Telemetry } from '../ports/telemetry.ts';
import { type Need, Pass, type PassContext } from './pass.ts';

/** A message as the runner hands it in: of the own attempt, gaps filled, payloads to be had from `payloadOf`. */
export interface InputMessage {
  readonly from: string;
  readonly version: number;
  readonly message: OutMessage;
}

export interface KeyedPassContext extends PassContext {
  readonly subtask: string;
  readonly mode: CutMode;
  readonly inputs: readonly InputMessage[];
  /** Records after which the entry is closed, about. */
  readonly maxRecords: number;
  payloadOf(from: string, version: number, part: number): Uint8Array | undefined;
  readonly telemetry: Telemetry;
}

/** A pass of a subtask behind an exchange: dedup, parking, alignment, cuts (DESIGN 3). */
export class KeyedPass extends Pass {
  readonly #context: KeyedPassContext;
  #records = 0;

  constructor(context: KeyedPassContext) {
    super(context);
    this.#context = context;
  }

  protected *process(): Generator<Need, number, void> {
    const consumed = yield* this.#work();
    this.idle = this.#isIdle();
    return consumed;
  }

  *#work(): Generator<Need, number, void> {
    this.#records = 0;
    if (!(yield* this.advance(this.control.watermark)) || !(yield* this.#drain())) return 0;
    const { inputs } = this.#context;
    for (let index = 0; index < inputs.length; index++) {
      if (this.#cutIfDue()) return index;
      const input = inputs[index] as InputMessage;
      // Never process a message from the future: cut first.
      const isFuture = input.message.stamp > this.control.stamp && this.#isNews(input);
      if (isFuture && this.#context.mode === 'unaligned' && rule('cutFirst')) {
        this.cut = input.message.stamp;
        this.more = true;
        return index;
      }
      this.#accept(input);
      if (!(yield* this.#drain())) return index + 1;
      if (this.#records >= this.#context.maxRecords && index + 1 < inputs.length) {
        this.#cutIfDue();
        this.more = true;
        return index + 1;
      }
    }
    this.#cutIfDue();
    return inputs.length;
  }

  #channel(from: string): InChannel {
    const channel = this.control.in[from];
    invariant(channel, `${this.#context.subtask} has no channel from ${from}`);
    return channel;
  }

  #isNews(input: InputMessage): boolean {
    return isBarrier(input.message) || input.message.last > this.#channel(input.from).received;
  }

  /** Notes a message as received. It is processed by {@link #drain} when the alignment lets it. */
  #accept({ from, version, message }: InputMessage): void {
    const channel = this.#channel(from);
    const isData = !isBarrier(message);
    if (isData && message.last <= channel.received && rule('dropDuplicates')) return;
    if (noteBarrier(this.control, channel, message.stamp)) {
      this.changed = true;
      this.#trace('barrier', from, message.stamp);
    }
    if (!isData) {
      // Nothing is missing below the barrier: later gap filling starts here.
      if (message.last === channel.received && version > channel.version) channel.version = version;
      return;
    }
    invariant(
      message.first === channel.received + 1,
      `gap on ${from} -> ${this.#context.subtask}: ${message.first} after ${channel.received}`,
    );
    channel.received = message.last;
    channel.version = version;
    channel.parked.push({
      version,
      part: message.part,
      first: message.first,
      last: message.last,
      stamp: message.stamp,
      watermark: message.watermark,
      records: message.records,
      bytes: message.bytes,
    });
    if (!rule('watermarkOnProcess')) channel.watermark = Math.max(channel.watermark, message.watermark);
    this.changed = true;
    if (!mayProcess(this.control, message.stamp, this.#context.mode)) this.#trace('parked', from, message.stamp);
  }

  /** Processes what may be processed, oldest first per channel. False when due timers wait for the next pass. */
  *#drain(): Generator<Need, boolean, void> {
    for (let again = true; again; ) {
      again = false;
      for (const [from, channel] of Object.entries(this.control.in)) {
        for (;;) {
          const message = channel.parked[0];
          if (!message || !mayProcess(this.control, message.stamp, this.#context.mode)) break;
          yield* this.#consume(from, message);
          channel.parked.shift();
          channel.processed = message.last;
          channel.watermark =
            channel.watermark === IDLE_TIME ? message.watermark : Math.max(channel.watermark, message.watermark);
          this.changed = true;
          again = true;
          if (!(yield* this.advance(this.#lowestWatermark()))) return false;
        }
      }
    }
    return true;
  }

  /** Of the channels that are not idle; with none of these it stays as it is. */
  #lowestWatermark(): number {
    let lowest = END_OF_TIME;
    let idle = false;
    for (const { watermark } of Object.values(this.control.in)) {
      if (watermark === IDLE_TIME) idle = true;
      else if (watermark < lowest) lowest = watermark;
    }
    return idle && lowest === END_OF_TIME ? this.control.watermark : lowest;
  }

  /** All senders are idle (or through), and nothing waits for time to go on. */
  #isIdle(): boolean {
    const channels = Object.values(this.control.in);
    return (
      channels.some(({ watermark }) => watermark === IDLE_TIME) &&
      channels.every(({ watermark, parked }) => watermark >= IDLE_TIME && parked.length === 0) &&
      this.program.nextDueMs() === undefined
    );
  }

  *#consume(from: string, message: ParkedMessage): Generator<Need, void, void> {
    if (message.part < 0) return;
    let payload = this.#context.payloadOf(from, message.version, message.part);
    while (!payload) {
      yield { kind: 'payload', from, version: message.version, part: message.part };
      payload = this.#context.payloadOf(from, message.version, message.part);
    }
    const block = decodeBlock(payload);
    invariant(
      blockSize(block) === message.records,
      `${from} v${message.version} holds other records than its message says`,
    );
    this.#records += message.records;
    const { program } = this;
    const origin = block.origin ?? undefined;
    const at = origin ? { split: origin.split, position: origin.first, lastPosition: origin.last } : {};
    const { keys, timesMs, values, partialKeys, panes, accumulators, counts } = block;
    this.control.counters.recordsIn += counts.reduce((sum, count) => sum + count, keys.length);
    if (!this.careful) {
      for (let i = 0; i < keys.length; i++)
        program.pushRecord(keys[i] as string, values[i], timesMs[i] as number, origin);
      for (let i = 0; i < partialKeys.length; i++) {
        program.pushPartial(partialKeys[i] as string, panes[i] as number, accumulators[i], counts[i] as number, origin);
      }
      return;
    }
    for (let i = 0; i < keys.length; i++) {
      const push = () => program.pushRecord(keys[i] as string, values[i], timesMs[i] as number, origin);
      yield* this.unit(push, () => ({ record: values[i], ...at }));
    }
    for (let i = 0; i < partialKeys.length; i++) {
      const push = () =>
        program.pushPartial(partialKeys[i] as string, panes[i] as number, accumulators[i], counts[i] as number, origin);
      yield* this.unit(push, () => ({ record: accumulators[i], count: counts[i] as number, ...at }));
    }
  }

  /** Asks for the cut when all barriers are in. */
  #cutIfDue(): boolean {
    const target = alignmentTarget(this.control);
    if (target === 0) return false;
    if (waitingFor(this.control, target).length > 0 && rule('alignAll')) return false;
    this.#trace('aligned', '', target);
    this.cut = target;
    this.more = true;
    return true;
  }

  #trace(step: 'barrier' | 'parked' | 'aligned', from: string, checkpoint: number): void {
    const { telemetry, subtask } = this.#context;
    const parked = parkedLoad(this.control).messages;
    telemetry.emit({
      kind: 'align',
      subtask,
      checkpoint,
      step,
      from,
      waitingFor: waitingFor(this.control, checkpoint),
      parked,
    });
  }
}
