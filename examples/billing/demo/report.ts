import type { AuditResult } from '../audit.ts';
import type { DemoRun } from './demo-run.ts';

/** What `--json` prints, and the table shows. */
export interface DemoReport extends AuditResult {
  readonly seconds: number;
  readonly eventsPerSecond: number;
  readonly killsAsked: number;
  readonly crashes: { readonly workers: number; readonly supervisor: number };
  readonly longestRecoveryMs: number | undefined;
  readonly checkpoints: {
    readonly completed: number;
    readonly p50Ms: number;
    readonly p99Ms: number;
    readonly p50Bytes: number;
    readonly p99Bytes: number;
  };
}

export function reportOf(audit: AuditResult, run: DemoRun, killsAsked: number): DemoReport {
  const { kills, checkpoints, durationMs } = run;
  const workers = kills.filter(({ victim }) => victim === 'worker').length;
  const recoveries = kills.flatMap(({ recoveryMs }) => recoveryMs ?? []);
  const durations = checkpoints.map((checkpoint) => checkpoint.durationMs);
  const sizes = checkpoints.map((checkpoint) => checkpoint.bytes);
  return {
    ...audit,
    seconds: durationMs / 1000,
    eventsPerSecond: Math.round((audit.eventsIn * 1000) / durationMs),
    killsAsked,
    crashes: { workers, supervisor: kills.length - workers },
    longestRecoveryMs: recoveries.length === 0 ? undefined : Math.max(...recoveries),
    checkpoints: {
      completed: checkpoints.length,
      p50Ms: quantile(durations, 0.5),
      p99Ms: quantile(durations, 0.99),
      p50Bytes: quantile(sizes, 0.5),
      p99Bytes: quantile(sizes, 0.99),
    },
  };
}

function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0;
}

const count = (value: number) => value.toLocaleString('en');
const size = (bytes: number) => (bytes < 1e6 ? `${(bytes / 1e3).toFixed(0)} kB` : `${(bytes / 1e6).toFixed(1)} MB`);

/** Lines of two columns. */
export function reportLines(report: DemoReport): string[] {
  const { crashes, checkpoints, outputs, longestRecoveryMs } = report;
  const rows: readonly (readonly [string, string, string])[] = [
    ['events in', count(report.eventsIn), 'lines of input'],
    ['  on an invoice', count(report.eventsInvoiced), ''],
    ['  repeated', count(report.eventsRepeated), 'sent twice, counted once'],
    ['  late by policy', count(report.late), 'dead letters: their hour was closed'],
    ['  refused', count(report.refused), 'dead letters: no usage record'],
    ['invoices out', count(report.invoicesOut), 'each in the files, in the table, and in one notice'],
    ['lost', count(report.lost), ''],
    ['duplicated', count(report.duplicated), ''],
    ['wrong', count(report.wrong), 'id, sum or content'],
    ['notices', count(outputs.notices.rows), repeatsText(report.noticeRepeats)],
    [
      'crashes survived',
      count(crashes.workers + crashes.supervisor),
      `${crashes.workers} of workers, ${crashes.supervisor} of the supervisor`,
    ],
    ['longest recovery', longestRecoveryMs === undefined ? '–' : `${count(longestRecoveryMs)} ms`, ''],
    [
      'checkpoints',
      count(checkpoints.completed),
      `p50 ${count(checkpoints.p50Ms)} ms, ${size(checkpoints.p50Bytes)}; p99 ${count(checkpoints.p99Ms)} ms, ${size(checkpoints.p99Bytes)}`,
    ],
    ['events per second', count(report.eventsPerSecond), `${report.seconds.toFixed(1)} s, crashes included`],
  ];
  return rows.map(([name, value, remark]) => `  ${name.padEnd(18)}${value.padStart(11)}   ${remark}`.trimEnd());
}

function repeatsText(repeats: number): string {
  if (repeats === 0) return 'none of them twice';
  return `${count(repeats)} of them again under a key that the receiver knows: ignored`;
}
