import type { RunResult } from '../../engine/index.ts';
import type { Colors } from '../context.ts';
import { bytesText, countText, timeText } from './quantity-text.ts';
import { columns } from './text-columns.ts';

/** A run after its end, and what its store says. */
export interface RunSummary {
  readonly result: RunResult;
  readonly directory: string;
  readonly durationMs: number;
  /** Records dropped by dedupe up to the last checkpoint, where known. */
  readonly duplicates: number | undefined;
  /** Rows by sink; sinks of one stage are counted together. */
  readonly rowsOut: ReadonlyMap<string, number>;
}

/** What is left to say at the end of a run. Counts are totals of the job, over all its runs. */
export function summaryLines(summary: RunSummary, colors: Colors): string[] {
  const { result, directory, duplicates, rowsOut } = summary;
  const { status, end } = result;
  const sources = status.stages.filter(({ kind }) => kind === 'source');
  const rows = [
    ...sources.map(({ id, recordsIn }) => [`records in, ${id}`, countText(recordsIn)]),
    ...[...rowsOut].map(([sink, count]) => [`rows out, ${sink}`, countText(count)]),
    ...(duplicates === undefined || duplicates === 0 ? [] : [['duplicates dropped', countText(duplicates)]]),
    ...(status.late > 0 ? [['late, dropped', countText(status.late)]] : []),
    [
      'dead letters',
      `${countText(status.deadLetters)}${status.deadLetters > 0 ? `  (tidemark dead-letters --dir ${directory})` : ''}`,
    ],
    ['checkpoints', checkpointsText(summary)],
    ...(status.restarts > 0 ? [['worker restarts', String(status.restarts)]] : []),
  ];
  const color = end === 'failed' ? colors.red : colors.green;
  return [
    `${color(end)} after ${timeText(summary.durationMs)}${remark(summary)}`,
    ...columns(rows).map((line) => `  ${line}`),
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
    : ': all input was processed by an earlier run (another --dir, or tidemark restore 0, starts over)';
}
