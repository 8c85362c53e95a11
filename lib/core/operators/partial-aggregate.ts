import { rule } from '../record/rule.ts';
import { paneStart } from '../time/window-assigner.ts';
import type { OperatorHost } from './operator-host.ts';
import { accumulate, isLate, type WindowSettings } from './window-aggregate.ts';

/** Takes what a sender's partial aggregate gives: to the exchange. */
export interface PartialCollector {
  partial(key: string, pane: number, accumulator: unknown, count: number): void;
  /** A record that the sender already knows to be late: it travels alone. */
  record(key: string, value: unknown, timestampMs: number): void;
}

interface Partial {
  accumulator: unknown;
  count: number;
}

/**
 * Combines the records of one batch per (key, pane) before the shuffle. Holds nothing between batches. In careful
 * mode nothing is combined, so that a record can be rolled back alone.
 */
export class PartialAggregate {
  readonly #host: OperatorHost;
  readonly #settings: WindowSettings;
  readonly #next: PartialCollector;
  readonly #lateAlone = rule('lateAlone');
  readonly #panes = new Map<number, Map<string, Partial>>();

  constructor(host: OperatorHost, settings: WindowSettings, next: PartialCollector) {
    this.#host = host;
    this.#settings = settings;
    this.#next = next;
  }

  add(key: string, value: unknown, timestampMs: number): void {
    const settings = this.#settings;
    const pane = paneStart(timestampMs, settings.window);
    if (this.#lateAlone && isLate(settings, pane, this.#host.watermarkMs)) {
      this.#next.record(key, value, timestampMs);
      return;
    }
    this.#host.at = settings.id;
    if (this.#host.careful) {
      this.#next.partial(key, pane, accumulate(settings, undefined, value), 1);
      return;
    }
    let partials = this.#panes.get(pane);
    if (!partials) {
      partials = new Map();
      this.#panes.set(pane, partials);
    }
    const partial = partials.get(key);
    if (partial === undefined) partials.set(key, { accumulator: accumulate(settings, undefined, value), count: 1 });
    else {
      partial.accumulator = accumulate(settings, partial.accumulator, value);
      partial.count++;
    }
  }

  /** Hands everything on, panes ascending; called at the end of the batch. */
  flush(): void {
    for (const pane of [...this.#panes.keys()].sort((a, b) => a - b)) {
      for (const [key, partial] of this.#panes.get(pane) as Map<string, Partial>) {
        this.#next.partial(key, pane, partial.accumulator, partial.count);
      }
    }
    this.#panes.clear();
  }

  /** The batch is run again. */
  clear(): void {
    this.#panes.clear();
  }
}
