import type { StreamRecord, Streams } from '../../ports/streams.ts';

export interface StreamBounds {
  /** `room` answers at once while fewer records than this wait in a partition. */
  readonly roomRecords: number;
  /** A partition keeps the newest this many: the oldest are hints that nobody fetched. */
  readonly maxRecords: number;
}

const BOUNDS: StreamBounds = { roomRecords: 64, maxRecords: 4_096 };
/** Positions of one opening are its number and a counter of this many digits, so that they have one length. */
const COUNTER_DIGITS = 15;

/**
 * The exchange inside the process that owns the store: queues in memory. Its messages are hints (DESIGN 2.3), so they
 * need not survive the process. Positions rise from one opening of the store to the next: a reader that comes back
 * with one of an earlier opening gets everything.
 */
export function embeddedStreams(opening: number, bounds: StreamBounds = BOUNDS): Streams {
  const partitions = new Map<string, Partition>();
  const partition = (name: string): Partition => {
    let found = partitions.get(name);
    if (found === undefined) {
      found = new Partition(String(opening), bounds);
      partitions.set(name, found);
    }
    return found;
  };
  return {
    append: async (name, records) => partition(name).append(records),
    read: (name, after, options) => partition(name).read(after, options),
    room: (name) => partition(name).room(),
  };
}

class Partition {
  readonly #prefix: string;
  readonly #bounds: StreamBounds;
  #records: StreamRecord[] = [];
  #appended = 0;
  /** Reads and senders that wait. */
  readonly #readers = new Set<() => void>();
  #senders: (() => void)[] = [];

  constructor(prefix: string, bounds: StreamBounds) {
    this.#prefix = prefix;
    this.#bounds = bounds;
  }

  append(records: readonly Uint8Array[]): void {
    if (records.length === 0) return;
    for (const data of records) {
      this.#appended += 1;
      this.#records.push({ position: this.#prefix + String(this.#appended).padStart(COUNTER_DIGITS, '0'), data });
    }
    const surplus = this.#records.length - this.#bounds.maxRecords;
    if (surplus > 0) this.#records.splice(0, surplus);
    for (const wake of [...this.#readers]) wake();
  }

  async read(
    after: string | undefined,
    options: { readonly maxRecords: number; readonly waitMs: number },
  ): Promise<readonly StreamRecord[]> {
    if (after !== undefined) this.#confirm(after);
    if (this.#records.length === 0 && options.waitMs > 0) await this.#arrival(options.waitMs);
    return this.#records.slice(0, options.maxRecords);
  }

  room(): Promise<void> {
    if (this.#records.length < this.#bounds.roomRecords) return Promise.resolve();
    return new Promise((resolve) => {
      this.#senders.push(resolve);
    });
  }

  #confirm(after: string): void {
    let confirmed = 0;
    for (const { position } of this.#records) {
      if (isLater(position, after)) break;
      confirmed += 1;
    }
    if (confirmed === 0) return;
    this.#records.splice(0, confirmed);
    if (this.#records.length >= this.#bounds.roomRecords) return;
    const senders = this.#senders;
    this.#senders = [];
    for (const wake of senders) wake();
  }

  /** Resolves at the next append, or after `waitMs`. */
  #arrival(waitMs: number): Promise<void> {
    return new Promise((resolve) => {
      const done = (): void => {
        clearTimeout(timer);
        this.#readers.delete(done);
        resolve();
      };
      const timer = setTimeout(done, waitMs);
      this.#readers.add(done);
    });
  }
}

/** Decimal strings, compared as numbers. */
function isLater(position: string, than: string): boolean {
  return position.length === than.length ? position > than : position.length > than.length;
}
