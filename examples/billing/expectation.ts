import { readFileSync } from 'node:fs';
import path from 'node:path';
import { METERS, UNIT_PRICE_MICROS } from './prices.ts';

// What the invoices should be, calculated line by line. This is the audit's own code: nothing of the library, nothing
// of the pipeline, so that a mistake there does not hide itself here.

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
/** A record may be given up as late when its hour ended so long before the newest event of its partition: 5 + 10 min. */
const LATE_AFTER_MS = 15 * MINUTE_MS;

export interface ExpectedInvoice {
  readonly customerId: string;
  readonly startMs: number;
  events: number;
  units: number;
  amountMicros: number;
}

/** An event of which every copy came too late: it is either on an invoice or in the dead letters. */
export interface LateEvent {
  readonly invoice: string;
  readonly units: number;
  readonly amountMicros: number;
  copies: number;
}

export interface Expectation {
  lines: number;
  /** Lines that repeat an event. */
  copies: number;
  /** Places of the lines that are no usage record: `file@byte offset`. */
  readonly refused: Set<string>;
  /** By {@link invoiceKey}. */
  readonly invoices: Map<string, ExpectedInvoice>;
  /** By event id. */
  readonly mayBeLate: Map<string, LateEvent>;
}

interface Usage {
  readonly eventId: string;
  readonly customerId: string;
  readonly units: number;
  readonly amountMicros: number;
  readonly atMs: number;
}

export function invoiceKey(customerId: string, startMs: number): string {
  return `${customerId} ${new Date(startMs).toISOString()}`;
}

/** Reads the partitions one after the other; the first copy of an event counts. About 2 µs a line. */
export function expectationOf(partitions: readonly string[]): Expectation {
  const expectation: Expectation = {
    lines: 0,
    copies: 0,
    refused: new Set(),
    invoices: new Map(),
    mayBeLate: new Map(),
  };
  const seen = new Set<string>();
  for (const file of partitions) {
    let newestMs = Number.NEGATIVE_INFINITY;
    for (const { text, offset } of linesOf(readFileSync(file))) {
      expectation.lines += 1;
      const usage = usageOf(text);
      if (usage === undefined) {
        expectation.refused.add(`${path.basename(file)}@${offset}`);
        continue;
      }
      const startMs = usage.atMs - (usage.atMs % HOUR_MS);
      count(expectation, seen, usage, startMs, startMs + HOUR_MS + LATE_AFTER_MS <= newestMs);
      newestMs = Math.max(newestMs, usage.atMs);
    }
  }
  return expectation;
}

function count(to: Expectation, seen: Set<string>, usage: Usage, startMs: number, isLate: boolean): void {
  const { eventId, customerId, units, amountMicros } = usage;
  const late = to.mayBeLate.get(eventId);
  if (seen.has(eventId)) {
    to.copies += 1;
    if (late !== undefined && isLate) late.copies += 1;
    else to.mayBeLate.delete(eventId);
    return;
  }
  seen.add(eventId);
  const key = invoiceKey(customerId, startMs);
  let invoice = to.invoices.get(key);
  if (invoice === undefined) {
    invoice = { customerId, startMs, events: 0, units: 0, amountMicros: 0 };
    to.invoices.set(key, invoice);
  }
  invoice.events += 1;
  invoice.units += units;
  invoice.amountMicros += amountMicros;
  if (isLate) to.mayBeLate.set(eventId, { invoice: key, units, amountMicros, copies: 1 });
}

function usageOf(text: string): Usage | undefined {
  let record: unknown;
  try {
    record = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (typeof record !== 'object' || record === null) return undefined;
  const { eventId, customerId, meter, quantity, usedAt } = record as Readonly<Record<string, unknown>>;
  const atMs = typeof usedAt === 'string' ? new Date(usedAt).getTime() : Number.NaN;
  const price = METERS.find((known) => known === meter);
  if (typeof eventId !== 'string' || eventId === '' || eventId.length > 64) return undefined;
  if (typeof customerId !== 'string' || customerId === '' || customerId.length > 64) return undefined;
  if (price === undefined || Number.isNaN(atMs)) return undefined;
  if (typeof quantity !== 'number' || !Number.isInteger(quantity) || quantity < 0 || quantity > 1e9) return undefined;
  return { eventId, customerId, units: quantity, amountMicros: quantity * UNIT_PRICE_MICROS[price], atMs };
}

/** Lines with the offset of their first byte. */
function* linesOf(bytes: Buffer): Generator<{ readonly text: string; readonly offset: number }> {
  for (let offset = 0; offset < bytes.length; ) {
    const newline = bytes.indexOf(0x0a, offset);
    const end = newline < 0 ? bytes.length : newline;
    const text = bytes.toString('utf8', offset, end);
    if (text.trim() !== '') yield { text, offset };
    offset = end + 1;
  }
}
