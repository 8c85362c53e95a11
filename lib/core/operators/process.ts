import { canonicalKey, keyOf } from '../bytes/canonical-key.ts';
import { TidemarkError } from '../record/errors.ts';
import type { Key } from '../record/key.ts';
import { END_OF_TIME } from '../record/position.ts';
import type { StateTable } from '../state/state-table.ts';
import { load, store } from '../state/stored-value.ts';
import { TimerQueue } from '../time/timer-queue.ts';
import type { Collector, OperatorHost } from './operator-host.ts';

/** Kinds of keyed state that `process` declares. */
export interface StateSpec {
  readonly kind: 'value' | 'list' | 'map';
  /** First value of a `value` state. */
  readonly initial?: () => unknown;
}

export interface ProcessFunctions {
  readonly id: string;
  readonly state: Readonly<Record<string, StateSpec>>;
  readonly onElement: (value: unknown, context: ProcessScope) => void;
  readonly onTimer: ((context: ProcessScope) => void) | undefined;
}

/** What `onElement` and `onTimer` see, untyped; the builder of api/ gives it types. */
export interface ProcessScope {
  readonly key: Key;
  /** Event time of the element or timer, milliseconds. */
  readonly timestampMs: number;
  readonly watermarkMs: number;
  readonly state: Record<string, unknown>;
  readonly timers: { set(timeMs: number): void; clear(timeMs: number): void };
  emit(value: unknown): void;
}

/** A copy of a stored object: what a handler changes in place, or has emitted, is not the state that the next one reads. */
const own = (value: unknown): unknown => (typeof value === 'object' && value !== null ? load(store(value)) : value);

/** Width of list indexes in state keys: code-unit order is list order. */
const listKey = (index: number): string => String(index).padStart(12, '0');

/** A time that is no number would upset the order of all timers; one after the end of time would never come. */
function checkTimerTime(timeMs: number): void {
  if (Number.isFinite(timeMs) && Math.abs(timeMs) <= END_OF_TIME) return;
  throw new TidemarkError(
    'TM_TIMER_TIME',
    'invalid',
    `a timer can not be set for ${String(timeMs)}`,
    'Give timers.set milliseconds since 1970 as a finite number.',
  );
}

/**
 * Keyed process function with value, list and map state and event-time timers. Timers are state: table
 * `<id>/~timers`, namespace = key, key = time. Setting a timer twice fires it once. Source: Flink's KeyedProcessFunction.
 */
export class Process {
  readonly #host: OperatorHost;
  readonly #functions: ProcessFunctions;
  readonly #timers: StateTable;
  readonly #next: Collector;
  readonly #scope: ProcessScope;
  #queue = new TimerQueue<string>();
  #key = '';
  #timestampMs = 0;

  constructor(host: OperatorHost, functions: ProcessFunctions, next: Collector) {
    this.#host = host;
    this.#functions = functions;
    this.#timers = host.state.table(`${functions.id}/~timers`);
    this.#timers.resident = true;
    this.#next = next;
    this.#scope = this.#makeScope();
  }

  /** Rebuilds the timer queue from the state. */
  reload(): void {
    this.#queue = new TimerQueue<string>();
    for (const key of this.#timers.namespaces())
      for (const time of this.#timers.keys(key)) this.#queue.set(Number(time), key);
  }

  onElement(key: string, value: unknown, timestampMs: number): void {
    this.#key = key;
    this.#timestampMs = timestampMs;
    this.#host.at = this.#functions.id;
    this.#functions.onElement(value, this.#scope);
  }

  nextDueMs(): number | undefined {
    return this.#queue.nextMs();
  }

  /** Takes up to `limit` due timers out of the queue, by time, then key. */
  due(watermarkMs: number, limit: number): readonly { timeMs: number; key: string }[] {
    return this.#queue.due(watermarkMs, limit);
  }

  /** Takes a due timer out of the state, whatever becomes of it; false when it is no longer set. */
  take(timeMs: number, key: string): boolean {
    if (this.#timers.get(key, String(timeMs)) === undefined) return false;
    this.#timers.delete(key, String(timeMs));
    return true;
  }

  /** Fires one timer that was taken. */
  fire(timeMs: number, key: string): void {
    this.#key = key;
    this.#timestampMs = timeMs;
    this.#host.at = this.#functions.id;
    this.#functions.onTimer?.(this.#scope);
  }

  #makeScope(): ProcessScope {
    const self = this;
    const state: Record<string, unknown> = {};
    for (const [name, spec] of Object.entries(this.#functions.state)) {
      const table = this.#host.state.table(`${this.#functions.id}/${name}`);
      if (spec.kind === 'value') state[name] = this.#valueState(table, spec.initial);
      else if (spec.kind === 'list') state[name] = this.#listState(table);
      else state[name] = this.#mapState(table);
    }
    return {
      get key() {
        return keyOf(self.#key);
      },
      get timestampMs() {
        return self.#timestampMs;
      },
      get watermarkMs() {
        return self.#host.watermarkMs;
      },
      state,
      timers: {
        set(timeMs) {
          checkTimerTime(timeMs);
          self.#timers.set(self.#key, String(timeMs), true);
          self.#queue.set(timeMs, self.#key);
        },
        clear(timeMs) {
          // The queue keeps it; `take` sees that it is no longer set.
          self.#timers.delete(self.#key, String(timeMs));
        },
      },
      emit(value) {
        self.#next.push(value, self.#timestampMs);
        self.#host.at = self.#functions.id;
      },
    };
  }

  #valueState(table: StateTable, initial: (() => unknown) | undefined) {
    return {
      get: () => {
        const value = own(table.get('', this.#key));
        return value === undefined ? initial?.() : value;
      },
      set: (value: unknown) => table.set('', this.#key, value),
      clear: () => table.delete('', this.#key),
    };
  }

  #listState(table: StateTable) {
    const clear = () => {
      for (const key of table.keys(this.#key)) table.delete(this.#key, key);
    };
    const add = (value: unknown) => {
      const keys = table.keys(this.#key);
      const last = keys[keys.length - 1];
      table.set(this.#key, listKey(last === undefined ? 0 : Number(last) + 1), value);
    };
    return {
      get: () => table.keys(this.#key).map((key) => own(table.get(this.#key, key))),
      add,
      set: (values: readonly unknown[]) => {
        clear();
        values.forEach((value, index) => {
          table.set(this.#key, listKey(index), value);
        });
      },
      clear,
    };
  }

  #mapState(table: StateTable) {
    return {
      get: (key: Key) => own(table.get(this.#key, canonicalKey(key))),
      set: (key: Key, value: unknown) => table.set(this.#key, canonicalKey(key), value),
      has: (key: Key) => table.get(this.#key, canonicalKey(key)) !== undefined,
      delete: (key: Key) => table.delete(this.#key, canonicalKey(key)),
      keys: () => table.keys(this.#key).map(keyOf),
      entries: () => table.keys(this.#key).map((key) => [keyOf(key), own(table.get(this.#key, key))] as const),
      clear: () => {
        for (const key of table.keys(this.#key)) table.delete(this.#key, key);
      },
    };
  }
}
