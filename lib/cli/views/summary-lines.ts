import type { RunResult } from '../../engine/index.ts';
import type { Colors } from '../context.ts';
import { bytesText, countText, timeText } from './quantity-text.ts';
import { columns } from './text-columns.ts';

/** Counts of a job over all its runs, up to its last completed checkpoint. */
export interface RunTotals {
  /** By source. */
  readonly recordsIn: Readonly<Record<string, number>>;
  /** By sink; sinks of one stage are counted together (`a + b`). */
  readonly rowsOut: Readonly<Record<string, number>>;
  /** Dropped by policy. */
  readonly late: number;
  /** Records, not letters. */
  readonly deadLetters: number;
  /** Dropped by dedupe. */
  readonly duplicates: number;
}

/** A run after its end, and what its store says. */
export interface RunSummary {
  readonly result: RunResult;
  readonly directory: string;
  readonly durationMs: number;
  /** Undefined when no checkpoint has completed. */
  readonly totals: RunTotals | undefined;
}

/** What is left to say at the end of a run. */
export function summaryLines(summary: RunSummary, colors: Colors): string[] {
  const { result, totals } = summary;
  const { status, end } = result;
  const color = end === 'failed' ? colors.red : colors.green;
  const rows = [
    ...(totals === undefined ? [] : totalRows(totals, summary.directory)),
    ['checkpoints', checkpointsText(summary)],
    ...(status.restarts > 0 ? [['worker restarts', String(status.restarts)]] : []),
  ];
  return [
    `${color(end)} after ${timeText(summary.durationMs)}${remark(summary)}`,
    ...columns(rows).map((line) => `  ${line}`),
  ];
}

function totalRows({ recordsIn, rowsOut, late, deadLetters, duplicates }: RunTotals, directory: string): string[][] {
  const letters = deadLetters === 0 ? '' : `  (tidemark dead-letters --dir ${directory})`;
  return [
    ...Object.entries(recordsIn).map(([source, count]) => [`records in, ${source}`, countText(count)]),
    ...Object.entries(rowsOut).map(([sink, count]) => [`rows out, ${sink}`, countText(count)]),
    ['late, dropped', countText(late)],
    ['dead letters', `${countText(deadLetters)}${letters}`],
    ['duplicates dropped', countText(duplicates)],
  ];
}

function checkpointsText({ result: { status } }: RunSummary): string {
  const { completed, aborted, lastCheckpoint: last } = status;
  const parts = [
    `${countText(completed)} in this run`,
    ...(aborted > 0 ? [`${countText(aborted)} aborted`] : []),
    ...(last === undefined ? [] : [`last: ${last.id}, ${timeText(last.durationMs)}, ${bytesText(last.bytes)}`]),
  ];
  return parts.join('; ');
}

function remark({ result: { end, status } }: RunSummary): string {
  if (end === 'stopped') return '; the next run goes on from here';
  if (end === 'failed') return '; nothing is lost, the next run goes on from the last good state';
  const hasRun = status.completed > 0 || status.stages.some(({ bytesIn }) => bytesIn !== undefined && bytesIn > 0);
  return hasRun
    ? ''
    : ': all input that was there then was processed by an earlier run (files that came since are not looked at; to start over, use another --dir and empty output)';
}
