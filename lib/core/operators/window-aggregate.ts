import { keyOf } from '../bytes/canonical-key.ts';
import { decode, encode } from '../bytes/codec.ts';
import type { Position } from '../record/position.ts';
import { rule } from '../record/rule.ts';
import type { StateTable } from '../state/state-table.ts';
import { paneStart, windowStartsOfPane } from '../time/window-assigner.ts';
import type { WindowSpec } from '../time/window-spec.ts';
import type { Collector, OperatorHost } from './operator-host.ts';

export interface AggregateFunctions {
  readonly init: () => unknown;
  readonly add: (accumulator: unknown, value: unknown) => unknown;
  readonly merge: ((left: unknown, right: unknown) => unknown) | undefined;
}

export interface WindowSettings extends AggregateFunctions {
  readonly id: string;
  readonly window: WindowSpec;
  readonly allowedLatenessMs: number;
  readonly late: 'drop' | 'dead-letter';
}

/** Where the records of a partial aggregate came from. */
export interface PartialOrigin {
  readonly split?: string | undefined;
  readonly first?: Position | undefined;
  readonly last?: Position | undefined;
}

/** The accumulator with one more value: never the value itself, which other windows and branches hold too. */
export function accumulate({ init, add }: AggregateFunctions, before: unknown, value: unknown): unknown {
  const after = add(before === undefined ? init() : before, value);
  return after === value && typeof value === 'object' && value !== null ? decode(encode(value)) : after;
}

/** True when no window of the pane can take a record any more. */
export function isLate(settings: WindowSettings, pane: number, watermarkMs: number): boolean {
  const starts = windowStartsOfPane(pane, settings.window);
  const last = starts[starts.length - 1] as number;
  return last + settings.window.sizeMs + settings.allowedLatenessMs - 1 <= watermarkMs;
}

/**
 * Event-time windows with an aggregate. A window fires once, when the watermark has passed its end plus the allowed
 * lateness; its namespace in the state is its start. Source: Flink's WindowOperator, with one firing.
 */
export class WindowAggregate {
  readonly #host: OperatorHost;
  readonly #settings: WindowSettings;
  readonly #table: StateTable;
  readonly #next: Collector;
  readonly #refusesLate = rule('lateRefused');
  #starts: number[] = [];

  constructor(host: OperatorHost, settings: WindowSettings, next: Collector) {
    this.#host = host;
    this.#settings = settings;
    this.#table = host.state.table(settings.id);
    this.#next = next;
  }

  reload(): void {
    this.#starts = this.#table
      .namespaces()
      .map(Number)
      .sort((a, b) => a - b);
  }

  addRecord(key: string, value: unknown, timestampMs: number, origin?: PartialOrigin): void {
    const { window, id } = this.#settings;
    const starts = this.#open(paneStart(timestampMs, window));
    if (starts.length === 0) {
      this.#late(value, 1, origin);
      return;
    }
    this.#host.at = id;
    for (const start of starts) {
      const namespace = String(start);
      this.#table.set(namespace, key, accumulate(this.#settings, this.#table.get(namespace, key), value));
    }
  }

  addPartial(key: string, pane: number, partial: unknown, count: number, origin?: PartialOrigin): void {
    const { merge, id } = this.#settings;
    const starts = this.#open(pane);
    if (starts.length === 0) {
      this.#late(partial, count, origin);
      return;
    }
    this.#host.at = id;
    for (let index = 0; index < starts.length; index++) {
      const namespace = String(starts[index]);
      // Several windows must not share one accumulator object.
      const own = index === 0 ? partial : decode(encode(partial));
      const before = this.#table.get(namespace, key);
      this.#table.set(namespace, key, before === undefined || !merge ? own : merge(before, own));
    }
  }

  /** Windows of a pane that are still open, ascending; notes new ones. */
  #open(pane: number): number[] {
    const { window, allowedLatenessMs } = this.#settings;
    const span = window.sizeMs + allowedLatenessMs;
    const starts = windowStartsOfPane(pane, window);
    const open = starts.filter((start) => start + span - 1 > this.#host.watermarkMs || !this.#refusesLate);
    for (const start of open) {
      if (!this.#starts.includes(start)) this.#starts = [...this.#starts, start].sort((a, b) => a - b);
    }
    return open;
  }

  #late(record: unknown, count: number, origin: PartialOrigin | undefined): void {
    if (this.#settings.late === 'drop') {
      this.#host.counters.lateDropped += count;
      return;
    }
    this.#host.deadLetter({
      operator: this.#settings.id,
      code: 'TM_RECORD_LATE',
      message: 'the record came after its window had fired',
      count,
      record,
      ...(origin?.split === undefined ? {} : { split: origin.split }),
      ...(origin?.first === undefined ? {} : { position: origin.first }),
      ...(origin?.last === undefined ? {} : { lastPosition: origin.last }),
    });
  }

  /** When the next window fires, or undefined. */
  nextDueMs(): number | undefined {
    const first = this.#starts[0];
    return first === undefined
      ? undefined
      : first + this.#settings.window.sizeMs + this.#settings.allowedLatenessMs - 1;
  }

  /** How much later than its event time a result may come: what the stage holds its watermark back by. */
  get holdBackMs(): number {
    return this.#settings.allowedLatenessMs;
  }

  /**
   * The next due window, whose keys fire one after the other (each is rolled back alone when user code throws);
   * undefined when none is due. The caller drops the window by `drop()` after the last key.
   */
  due(watermarkMs: number): { keys: readonly string[]; fire(key: string): void; drop(): void } | undefined {
    const start = this.#starts[0];
    const dueMs = this.nextDueMs();
    if (start === undefined || dueMs === undefined || dueMs > watermarkMs) return undefined;
    const namespace = String(start);
    const end = start + this.#settings.window.sizeMs;
    return {
      keys: this.#table.keys(namespace),
      fire: (key) => {
        const value = this.#table.get(namespace, key);
        this.#host.at = this.#settings.id;
        // biome-ignore lint/style/noRestrictedGlobals: dates made from event times; no clock is read.
        const window = { start: new Date(start), end: new Date(end) };
        this.#next.push({ key: keyOf(key), window, value }, end - 1);
      },
      drop: () => {
        this.#table.drop(namespace);
        this.#starts = this.#starts.slice(1);
      },
    };
  }
}
