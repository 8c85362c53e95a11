import { createHash } from 'node:crypto';
import type { ExpectedInvoice } from './expectation.ts';

export function endOf(invoice: ExpectedInvoice): string {
  return new Date(invoice.startMs + 3_600_000).toISOString();
}

export function idOf(invoice: ExpectedInvoice): string {
  const parts = [invoice.customerId, new Date(invoice.startMs).toISOString(), endOf(invoice)];
  return createHash('sha256').update(parts.join('\n')).digest('hex');
}
