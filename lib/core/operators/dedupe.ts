import { canonicalKey } from '../bytes/canonical-key.ts';
import type { Key } from '../record/key.ts';
import type { StateTable } from '../state/state-table.ts';
import type { Collector, OperatorHost } from './operator-host.ts';

/**
 * Lets the first record of each id through and drops the ones that follow it within `withinMs` of event time.
 * Ids are kept in buckets of a quarter of that time; a bucket goes as a whole when the watermark has passed it.
 * A lookup costs at most nine buckets; usually one or two hold anything.
 */
export class Dedupe {
  readonly #host: OperatorHost;
  readonly #id: string;
  readonly #withinMs: number;
  readonly #bucketMs: number;
  readonly #table: StateTable;
  readonly #next: Collector;
  #buckets: number[] = [];

  constructor(host: OperatorHost, id: string, withinMs: number, next: Collector) {
    this.#host = host;
    this.#id = id;
    this.#withinMs = withinMs;
    this.#bucketMs = Math.max(1, Math.ceil(withinMs / 4));
    this.#table = host.state.table(id);
    this.#next = next;
  }

  /** Looks at the state as it is loaded. */
  reload(): void {
    this.#buckets = this.#table
      .namespaces()
      .map(Number)
      .sort((a, b) => a - b);
  }

  /** `scope` keeps ids of different keys apart when the stream is keyed. */
  push(key: Key, scope: string | undefined, value: unknown, timestampMs: number): void {
    const id = canonicalKey(key);
    this.pushCanonical(scope === undefined ? id : `${scope.length}:${scope}${id}`, value, timestampMs);
  }

  pushCanonical(id: string, value: unknown, timestampMs: number): void {
    for (const bucket of this.#buckets) {
      if (bucket > timestampMs + this.#withinMs || bucket + this.#bucketMs <= timestampMs - this.#withinMs) continue;
      const firstMs = this.#table.get(String(bucket), id);
      if (typeof firstMs === 'number' && Math.abs(timestampMs - firstMs) <= this.#withinMs) {
        this.#host.counters.duplicates++;
        return;
      }
    }
    const bucket = Math.floor(timestampMs / this.#bucketMs) * this.#bucketMs;
    if (!this.#buckets.includes(bucket)) this.#buckets = [...this.#buckets, bucket].sort((a, b) => a - b);
    this.#host.at = this.#id;
    this.#table.set(String(bucket), id, timestampMs);
    this.#next.push(value, timestampMs);
  }

  /** Forgets the buckets that no record on time can need. */
  onWatermark(watermarkMs: number): void {
    while (this.#buckets.length > 0 && (this.#buckets[0] as number) + this.#bucketMs + this.#withinMs <= watermarkMs) {
      this.#table.drop(String(this.#buckets.shift()));
    }
  }
}
