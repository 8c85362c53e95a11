import type { Expectation, ExpectedInvoice } from './expectation.ts';
import { newTally, type Report, rowOf } from './tally.ts';

/** Each late or refused record has one dead letter; what is late by right is taken off its invoice. */
export function auditDeadLetters(letters: Iterable<unknown>, expectation: Expectation, problem: Report) {
  const tally = newTally();
  const found = new Set<string>();
  const lettersOf = new Map<string, number>();
  let lateCopies = 0;
  for (const letter of letters) {
    tally.rows += 1;
    const { code, split, position, record, count } = rowOf(letter);
    const eventId = String(rowOf(record)['eventId']);
    const late = expectation.mayBeLate.get(eventId);
    const place = `${split}@${position}`;
    if (code === 'TM_RECORD_LATE' && late !== undefined && count === 1) {
      const before = lettersOf.get(eventId) ?? 0;
      lettersOf.set(eventId, before + 1);
      if (before === 0) takeOff(expectation, late);
      else if (before < late.copies) lateCopies += 1;
      else {
        tally.duplicated += 1;
        problem(`dead letters: event ${eventId} is late more than once`);
      }
    } else if (code !== 'TM_RECORD_LATE' && expectation.refused.has(place)) {
      if (found.has(place)) {
        tally.duplicated += 1;
        problem(`dead letters: the line at ${place} is refused more than once`);
      }
      found.add(place);
    } else {
      tally.wrong += 1;
      problem(`dead letters: ${code} for ${place}, ${JSON.stringify(record)?.slice(0, 200)}`);
    }
  }
  for (const place of expectation.refused) {
    if (found.has(place)) continue;
    tally.lost += 1;
    problem(`dead letters: the line at ${place} is not among them`);
  }
  return { tally, late: lettersOf.size + lateCopies, refused: found.size, lateCopies };
}

function takeOff(expectation: Expectation, late: { invoice: string; units: number; amountMicros: number }): void {
  const invoice = expectation.invoices.get(late.invoice) as ExpectedInvoice;
  invoice.events -= 1;
  invoice.units -= late.units;
  invoice.amountMicros -= late.amountMicros;
  if (invoice.events === 0) expectation.invoices.delete(late.invoice);
}
