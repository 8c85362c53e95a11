import { type Expectation, invoiceKey } from './expectation.ts';
import { endOf, idOf } from './expected-id.ts';
import { newTally, type Report, rowOf } from './tally.ts';

/** Each customer and hour has one invoice, with the right id and sums. */
export function auditInvoices(name: string, rows: Iterable<unknown>, expectation: Expectation, problem: Report) {
  const tally = newTally();
  const found = new Set<string>();
  let events = 0;
  for (const value of rows) {
    tally.rows += 1;
    const row = rowOf(value);
    const startMs = Date.parse(String(row['windowStart']));
    const key = Number.isNaN(startMs) ? String(row['windowStart']) : invoiceKey(String(row['customerId']), startMs);
    const expected = expectation.invoices.get(key);
    if (typeof row['events'] === 'number') events += row['events'];
    if (found.has(key)) {
      tally.duplicated += 1;
      problem(`${name}: the invoice of ${key} is there more than once`);
    } else if (expected === undefined) {
      tally.wrong += 1;
      problem(`${name}: there should be no invoice of ${key}`);
    } else {
      const { customerId, startMs: _, ...sums } = expected;
      const right = { invoiceId: idOf(expected), customerId, windowEnd: endOf(expected), ...sums };
      const wrong = Object.entries(right).filter(([field, want]) => row[field] !== want);
      if (wrong.length > 0) tally.wrong += 1;
      for (const [field, want] of wrong) problem(`${name}: ${field} of ${key} is ${row[field]}, not ${want}`);
    }
    found.add(key);
  }
  for (const key of expectation.invoices.keys()) {
    if (found.has(key)) continue;
    tally.lost += 1;
    problem(`${name}: the invoice of ${key} is missing`);
  }
  return { tally, events };
}
