import type { Expectation, ExpectedInvoice } from './expectation.ts';
import { idOf } from './expected-id.ts';
import { newTally, type Report, type Row, rowOf } from './tally.ts';

/** Each invoice is announced under its key; the same key may come again with the same notice. */
export function auditNotices(notices: Iterable<unknown>, expectation: Expectation, problem: Report) {
  const tally = newTally();
  const missing = new Map<string, ExpectedInvoice>();
  for (const invoice of expectation.invoices.values()) missing.set(`invoice-${idOf(invoice)}`, invoice);
  const found = new Map<string, string>();
  let repeats = 0;
  for (const notice of notices) {
    tally.rows += 1;
    const { key: given, payload } = rowOf(notice);
    const key = String(given);
    const text = JSON.stringify(payload) ?? '';
    const before = found.get(key);
    const invoice = missing.get(key);
    if (before !== undefined) {
      repeats += 1;
      if (before === text) continue;
    } else if (invoice !== undefined && speaksOf(rowOf(payload), invoice)) {
      found.set(key, text);
      missing.delete(key);
      continue;
    }
    tally.wrong += 1;
    problem(`notices: ${key} with ${text.slice(0, 200)}`);
  }
  tally.lost = missing.size;
  for (const key of missing.keys()) problem(`notices: ${key} is missing`);
  return { tally, repeats };
}

/** True when a mail goes to the right customer and names the right sum. */
function speaksOf(mail: Row, invoice: ExpectedInvoice): boolean {
  const digits = String(invoice.amountMicros).padStart(7, '0');
  const amount = `$${digits.slice(0, -6)}.${digits.slice(-6)}`;
  return mail['to'] === `${invoice.customerId}@customers.example` && String(mail['subject']).endsWith(`: ${amount}`);
}
