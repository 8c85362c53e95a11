import { auditDeadLetters } from './audit-dead-letters.ts';
import { auditInvoices } from './audit-invoices.ts';
import { auditNotices } from './audit-notices.ts';
import { expectationOf } from './expectation.ts';
import type { Report, Tally } from './tally.ts';

/** Everything that a run read and wrote. Rows are as they were read: JSON, not yet trusted. */
export interface AuditInput {
  /** Paths of the partition files. */
  readonly partitions: readonly string[];
  /** Rows of the part-files. */
  readonly archive: Iterable<unknown>;
  /** Rows of the table. */
  readonly ledger: Iterable<unknown>;
  /** What the receiver of the notices got, repeats included: `{ key, payload }`. */
  readonly notices: Iterable<unknown>;
  readonly deadLetters: Iterable<unknown>;
}

export interface AuditResult {
  readonly ok: boolean;
  /** Lines of the partitions. They are on an invoice, repeat another one, came too late, or were refused. */
  readonly eventsIn: number;
  readonly eventsInvoiced: number;
  readonly eventsRepeated: number;
  readonly late: number;
  readonly refused: number;
  readonly invoicesOut: number;
  /** Sums of the four outputs. */
  readonly lost: number;
  readonly duplicated: number;
  readonly wrong: number;
  /** Notices that came again with a key that had come before: allowed, and ignored by the receiver. */
  readonly noticeRepeats: number;
  readonly outputs: Readonly<Record<'archive' | 'ledger' | 'notices' | 'deadLetters', Tally>>;
  /** The first 20 differences, in words. */
  readonly problems: readonly string[];
}

/** Compares what a run wrote with what its input asks for. */
export function audit(input: AuditInput): AuditResult {
  const problems: string[] = [];
  const problem: Report = (text) => {
    if (problems.length < 20) problems.push(text);
  };
  const expectation = expectationOf(input.partitions);
  // First, since what was given up as late must not be on an invoice.
  const letters = auditDeadLetters(input.deadLetters, expectation, problem);
  const archive = auditInvoices('archive', input.archive, expectation, problem);
  const ledger = auditInvoices('ledger', input.ledger, expectation, problem);
  const notices = auditNotices(input.notices, expectation, problem);
  const outputs = { archive: archive.tally, ledger: ledger.tally, notices: notices.tally, deadLetters: letters.tally };
  const tallies = Object.values(outputs);
  const sum = (name: keyof Tally) => tallies.reduce((total, tally) => total + tally[name], 0);
  const counts = {
    eventsIn: expectation.lines,
    eventsInvoiced: archive.events,
    eventsRepeated: expectation.copies - letters.lateCopies,
    late: letters.late,
    refused: letters.refused,
  };
  const accounted = counts.eventsInvoiced + counts.eventsRepeated + counts.late + counts.refused;
  if (accounted !== counts.eventsIn) problem(`${counts.eventsIn} events came in, ${accounted} are accounted for`);
  const [lost, duplicated, wrong] = [sum('lost'), sum('duplicated'), sum('wrong')];
  const ok = lost + duplicated + wrong === 0 && accounted === counts.eventsIn;
  const { repeats: noticeRepeats } = notices;
  return {
    ok,
    ...counts,
    invoicesOut: archive.tally.rows,
    lost,
    duplicated,
    wrong,
    noticeRepeats,
    outputs,
    problems,
  };
}
