import { malformedLine } from './malformed-line.ts';
import { PartitionWriter } from './partition-writer.ts';
import { METERS } from './prices.ts';
import { type RandomStream, randomStream } from './random.ts';

export interface GenerateOptions {
  /** Where the partition files go; made if it is not there. */
  readonly directory: string;
  /** Different events, those that are late included. */
  readonly events: number;
  /** 8 if left out. */
  readonly partitions?: number;
  /** 1 if left out. */
  readonly seed?: number;
  /** How much event time the events span; 48 if left out. */
  readonly hours?: number;
  /** 500 if left out; some use far more than others. */
  readonly customers?: number;
  /** Share of the events that are sent twice; 0.03 if left out. */
  readonly duplicateShare?: number;
  /** Events that come days too late; one in 5,000, at least 3, if left out. */
  readonly late?: number;
  /** Lines that are no usage record; one in 10,000, at least 8, if left out. */
  readonly malformed?: number;
}

/** What was written. The audit does not look at this: it reads the files. */
export interface Generated {
  readonly lines: number;
  readonly sizeBytes: number;
  readonly events: number;
  readonly duplicates: number;
  readonly late: number;
  readonly malformed: number;
}

const START_MS = Date.UTC(2026, 0, 1);
const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;
/** An event comes up to this much later than others of its partition. Below the pipeline's 5 minutes. */
const OUT_OF_ORDER_MS = 4 * MINUTE_MS;
/** A copy comes up to this much later than its original. Below the 24 hours for which ids are remembered. */
const COPY_AFTER_HOURS = 6;

/**
 * Writes usage events to partition files of JSON lines, in the order in which they arrive: about 1 µs a line.
 *
 * The same options give the same bytes, and each purpose has random numbers of its own: other partitions, copies,
 * late or malformed lines leave the events as they are.
 */
export function generate(options: GenerateOptions): Generated {
  const { directory, events, seed = 1, hours = 48 } = options;
  const partitions = options.partitions ?? 8;
  const writer = new PartitionWriter(directory, partitions);
  const eventOf = eventSource(options);
  const place = randomStream(seed, 'partition');
  const copies = new Copies(randomStream(seed, 'copies'), options.duplicateShare ?? 0.03, partitions);
  // Near the end, when every partition has got somewhere.
  const late = spread(options.late ?? Math.max(3, Math.floor(events / 5000)), events * 0.7, events);
  const malformed = spread(options.malformed ?? Math.max(8, Math.floor(events / 10_000)), 0, events);
  const lateness = randomStream(seed, 'lateness');
  const longestDelay = Math.max(1, Math.floor((events / hours) * COPY_AFTER_HOURS));
  let lateSoFar = 0;
  let malformedSoFar = 0;
  for (let index = 0; index < events; index++) {
    const partition = place.whole(partitions);
    // Days before the first hour of all others: late however unevenly partitions are read.
    const isLate = index === late[lateSoFar];
    if (isLate) lateSoFar += 1;
    const line = eventOf(index, isLate ? START_MS - Math.floor((3 + 7 * lateness.fraction()) * DAY_MS) : undefined);
    writer.write(partition, line);
    if (!isLate) copies.consider(index, line, partition, longestDelay);
    copies.writeDue(index, writer);
    if (index === malformed[malformedSoFar]) writer.write(partition, malformedLine(malformedSoFar++, line));
  }
  copies.writeDue(Number.POSITIVE_INFINITY, writer);
  writer.close();
  const { lines, sizeBytes } = writer;
  return { lines, sizeBytes, events, duplicates: copies.written, late: lateSoFar, malformed: malformedSoFar };
}

/** Makes the line of each event: who, what, how much, when. */
function eventSource({ events, seed = 1, hours = 48, customers = 500 }: GenerateOptions) {
  const who = randomStream(seed, 'customer');
  const what = randomStream(seed, 'usage');
  const when = randomStream(seed, 'delay');
  const customerOf = skewed(customers);
  const stepMs = (hours * HOUR_MS) / events;
  return (index: number, lateAtMs: number | undefined): string => {
    const customer = customerOf(who.whole(0x10000));
    const meter = METERS[what.whole(METERS.length)];
    const quantity = 1 + Math.floor(200 * what.fraction() ** 3);
    // Most events come at once, some minutes later.
    const delayMs = when.fraction() < 0.7 ? when.fraction() * 10_000 : when.fraction() * OUT_OF_ORDER_MS;
    const usedAtMs = lateAtMs ?? Math.max(START_MS, Math.floor(START_MS + index * stepMs - delayMs));
    const usedAt = new Date(usedAtMs).toISOString();
    const eventId = `e${String(index).padStart(8, '0')}`;
    return `{"eventId":"${eventId}","customerId":"${customer}","meter":"${meter}","quantity":${quantity},"usedAt":"${usedAt}"}`;
  };
}

/** Customer number k has a share of 1 / k (Zipf's law). */
function skewed(customers: number): (number16: number) => string {
  const table: string[] = [];
  const weights = Array.from({ length: customers }, (_, index) => 1 / (index + 1));
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  let sum = 0;
  weights.forEach((weight, index) => {
    sum += weight;
    const until = Math.max(table.length + 1, Math.round((sum / total) * 0x10000));
    while (table.length < until) table.push(`customer-${String(index + 1).padStart(4, '0')}`);
  });
  return (number16) => table[number16] as string;
}

/** `count` whole numbers from `from` to `below`, evenly. */
function spread(count: number, from: number, below: number): number[] {
  return Array.from({ length: count }, (_, index) => Math.floor(from + ((index + 0.5) * (below - from)) / count));
}

/** Second copies of events, kept until they are due. */
class Copies {
  readonly #random: RandomStream;
  readonly #share: number;
  readonly #partitions: number;
  readonly #due = new Map<number, { readonly partition: number; readonly line: string }[]>();
  written = 0;

  constructor(random: RandomStream, share: number, partitions: number) {
    this.#random = random;
    this.#share = share;
    this.#partitions = partitions;
  }

  /** Draws the same count of numbers for every event. */
  consider(index: number, line: string, home: number, longestDelay: number): void {
    const chosen = this.#random.fraction() < this.#share;
    const delay = 1 + Math.floor(longestDelay * this.#random.fraction() ** 3);
    const elsewhere = this.#random.fraction() < 0.5;
    const other = this.#random.whole(this.#partitions);
    if (!chosen) return;
    const copy = { partition: elsewhere ? other : home, line };
    const list = this.#due.get(index + delay);
    if (list === undefined) this.#due.set(index + delay, [copy]);
    else list.push(copy);
  }

  writeDue(index: number, writer: PartitionWriter): void {
    const keys = index === Number.POSITIVE_INFINITY ? [...this.#due.keys()].sort((a, b) => a - b) : [index];
    for (const key of keys) {
      const due = this.#due.get(key);
      if (due === undefined) continue;
      this.#due.delete(key);
      for (const { partition, line } of due) writer.write(partition, line);
      this.written += due.length;
    }
  }
}
