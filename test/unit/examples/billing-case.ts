import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import type { AuditInput } from '../../../examples/billing/audit.ts';

export interface Notice {
  key: string;
  payload: { to: string; subject: string; text: string };
}

export interface Invoice {
  invoiceId: string;
  customerId: string;
  windowStart: string;
  windowEnd: string;
  events: number;
  units: number;
  amountMicros: number;
}

/** What a right run of the two partitions below gives, to be spoilt by tests. */
export interface Outputs {
  archive: AtLeastTwo<Invoice>;
  ledger: AtLeastTwo<Invoice>;
  notices: AtLeastTwo<Notice>;
  deadLetters: AtLeastTwo<Record<string, unknown>>;
}

type AtLeastTwo<T> = [T, T, ...T[]];

const usage = (eventId: string, customerId: string, quantity: number, usedAt: string) =>
  JSON.stringify({ eventId, customerId, meter: 'requests', quantity, usedAt });

const FIRST = [
  usage('e1', 'ann', 10, '2026-01-01T00:10:00.000Z'),
  usage('e2', 'bob', 1, '2026-01-01T00:20:00.000Z'),
  'no record at all',
  usage('e3', 'ann', 5, '2026-01-01T01:00:00.000Z'),
  usage('e4', 'ann', 7, '2026-01-01T05:00:00.000Z'),
];
const SECOND = [
  usage('e1', 'ann', 10, '2026-01-01T00:10:00.000Z'),
  usage('e5', 'bob', 2, '2026-01-01T05:30:00.000Z'),
  usage('e6', 'bob', 100, '2025-12-29T05:30:00.000Z'),
  usage('e7', 'bob', -1, '2026-01-01T05:30:00.000Z'),
];

/** Writes the partitions into a directory and gives what is right for them. Amounts: 4 micros a request. */
export function billingCase(directory: string): { partitions: string[]; outputs: Outputs } {
  const partitions = ['p0.ndjson', 'p1.ndjson'].map((name) => path.join(directory, name)) as [string, string];
  writeFileSync(partitions[0], `${FIRST.join('\n')}\n`);
  // The last line has no end.
  writeFileSync(partitions[1], SECOND.join('\n'));
  const invoices: AtLeastTwo<Invoice> = [
    invoice('ann', '2026-01-01T00:00:00.000Z', '2026-01-01T01:00:00.000Z', 1, 10, 40),
    invoice('bob', '2026-01-01T00:00:00.000Z', '2026-01-01T01:00:00.000Z', 1, 1, 4),
    invoice('ann', '2026-01-01T01:00:00.000Z', '2026-01-01T02:00:00.000Z', 1, 5, 20),
    invoice('ann', '2026-01-01T05:00:00.000Z', '2026-01-01T06:00:00.000Z', 1, 7, 28),
    invoice('bob', '2026-01-01T05:00:00.000Z', '2026-01-01T06:00:00.000Z', 1, 2, 8),
  ];
  const deadLetters: AtLeastTwo<Record<string, unknown>> = [
    refused('TM_RECORD_SYNTAX', 'p0.ndjson', `${FIRST[0]}\n${FIRST[1]}\n`.length),
    refused('TM_RECORD_SCHEMA', 'p1.ndjson', `${SECOND[0]}\n${SECOND[1]}\n${SECOND[2]}\n`.length),
    lateLetter('e6'),
  ];
  const notices = invoices.map(noticeFor) as AtLeastTwo<Notice>;
  return { partitions, outputs: { archive: [...invoices], ledger: [...invoices], notices, deadLetters } };
}

export function invoice(
  customerId: string,
  windowStart: string,
  windowEnd: string,
  events: number,
  units: number,
  amountMicros: number,
): Invoice {
  const invoiceId = createHash('sha256').update(`${customerId}\n${windowStart}\n${windowEnd}`).digest('hex');
  return { invoiceId, customerId, windowStart, windowEnd, events, units, amountMicros };
}

export function noticeFor({ invoiceId, customerId, amountMicros }: Invoice): Notice {
  const amount = (amountMicros / 1_000_000).toFixed(6);
  const payload = { to: `${customerId}@customers.example`, subject: `Your invoice: $${amount}`, text: invoiceId };
  return { key: `invoice-${invoiceId}`, payload };
}

function refused(code: string, split: string, position: number): Record<string, unknown> {
  return { operator: 'usage', code, split, position: String(position), count: 1, record: '…' };
}

export function lateLetter(eventId: string): Record<string, unknown> {
  return { operator: 'hourly-usage', code: 'TM_RECORD_LATE', count: 1, record: { eventId } };
}

export function auditInput(partitions: readonly string[], outputs: Outputs): AuditInput {
  return { partitions, ...outputs };
}
