import { createHash } from 'node:crypto';
import type { EmailMessage, WindowResult } from '../../lib/index.ts';
import { dollars } from './prices.ts';

/** What a customer used in an hour. */
export interface Usage {
  events: number;
  units: number;
  amountMicros: number;
}

/** What a customer owes for an hour. */
export interface Invoice extends Readonly<Usage> {
  readonly invoiceId: string;
  readonly customerId: string;
  /** The hour, `[windowStart, windowEnd)`, ISO 8601. */
  readonly windowStart: string;
  readonly windowEnd: string;
}

/** The same hour of the same customer always has the same id: whoever sees an invoice twice can tell. */
export function invoiceId(customerId: string, windowStart: string, windowEnd: string): string {
  return createHash('sha256').update(`${customerId}\n${windowStart}\n${windowEnd}`).digest('hex');
}

export function toInvoice({ key, window, value }: WindowResult<string, Usage>): Invoice {
  const windowStart = window.start.toISOString();
  const windowEnd = window.end.toISOString();
  const id = invoiceId(key, windowStart, windowEnd);
  return { invoiceId: id, customerId: key, windowStart, windowEnd, ...value };
}

/** The mail that goes out once the invoice is committed. */
export function noticeOf(invoice: Invoice): EmailMessage {
  const { customerId, windowStart, windowEnd, events, amountMicros } = invoice;
  return {
    to: `${customerId}@customers.example`,
    subject: `Your invoice for ${windowStart}: ${dollars(amountMicros)}`,
    text: `${events} events from ${windowStart} to ${windowEnd} come to ${dollars(amountMicros)}. Invoice ${invoice.invoiceId}.`,
  };
}
