import type { Acknowledgement, CheckpointItem } from '../../core/checkpoint/checkpoint-item.ts';
import type { TaskControl } from '../../core/journal/control.ts';
import { END_OF_TIME, START_OF_TIME } from '../../core/record/position.ts';
import { bytesText, countText, instantText, timeText } from './quantity-text.ts';
import { columns, printable } from './text-columns.ts';

const yesOrNo = (flag: boolean): string => (flag ? 'yes' : '-');

/** One line for each checkpoint, with a head. */
export function checkpointRows(checkpoints: readonly CheckpointItem[], nowMs: number): string[] {
  const head = [
    'id',
    'attempt',
    'status',
    'reason',
    'begun',
    'duration',
    'bytes',
    'escalated',
    'committed',
    'abandoned',
  ];
  const rows = checkpoints.map((checkpoint) => [
    String(checkpoint.id),
    String(checkpoint.attempt),
    `${checkpoint.status}${checkpoint.finished ? ' (end of input)' : ''}`,
    checkpoint.reason ?? '-',
    instantText(checkpoint.begunAtMs),
    durationOf(checkpoint, nowMs),
    checkpoint.bytes === undefined ? '-' : bytesText(checkpoint.bytes),
    yesOrNo(checkpoint.escalated),
    yesOrNo(checkpoint.committed),
    yesOrNo(checkpoint.abandoned),
  ]);
  return columns([head, ...rows], [0, 1, 5, 6]);
}

function durationOf({ begunAtMs, endedAtMs }: CheckpointItem, nowMs: number): string {
  return endedAtMs === undefined ? `${timeText(nowMs - begunAtMs)} so far` : timeText(endedAtMs - begunAtMs);
}

/** What there is to say about a checkpoint as a whole. */
export function headLines(checkpoint: CheckpointItem, acknowledged: number, nowMs: number): string[] {
  const { members, stateEntries, pinnedBy } = checkpoint;
  return [
    ...checkpointRows([checkpoint], nowMs),
    '',
    `acknowledged by ${acknowledged} of ${members.length} subtasks${stateEntries === undefined ? '' : `; ${countText(stateEntries)} entries of keyed state`}${pinnedBy === undefined ? '' : `; attempt ${pinnedBy} was restored from it`}`,
  ];
}

/** What each subtask put into a checkpoint, and where each source stands. */
export function acknowledgementLines(checkpoint: CheckpointItem, acks: readonly Acknowledgement[]): string[] {
  if (acks.length === 0)
    return checkpoint.status === 'EXPIRED' ? ['its acknowledgements are gone: it has expired'] : [];
  const missing = checkpoint.members.filter((member) => !acks.some(({ subtask }) => subtask === member));
  const head = ['subtask', 'version', 'after', 'bytes', 'watermark', 'in', 'out', 'late', 'dead letters', 'duplicates'];
  const rows = acks.map(({ subtask, version, atMs, bytes, control }) => [
    subtask,
    String(version),
    timeText(atMs - checkpoint.begunAtMs),
    bytesText(bytes),
    watermarkText(control),
    ...countersOf(control),
  ]);
  const positions = acks.flatMap(({ subtask, control }) =>
    Object.entries(control.splits).map(([split, { position, closed, idle }]) => [
      subtask,
      printable(split),
      printable(position ?? 'beginning'),
      [...(closed ? ['read to its end'] : []), ...(idle ? ['idle'] : [])].join(', '),
    ]),
  );
  return [
    ...missing.map((subtask) => `${subtask} has not acknowledged`),
    '',
    ...columns([head, ...rows], [1, 2, 3, 5, 6, 7, 8, 9]),
    ...(positions.length === 0 ? [] : ['', ...columns([['subtask', 'split', 'position', ''], ...positions])]),
  ];
}

function watermarkText({ watermark, finished }: TaskControl): string {
  if (watermark === END_OF_TIME) return finished ? 'end, finished' : 'end';
  return watermark === START_OF_TIME ? '-' : instantText(watermark);
}

function countersOf({ counters }: TaskControl): string[] {
  const { recordsIn, recordsOut, lateDropped, deadLettered, duplicates } = counters;
  return [recordsIn, recordsOut, lateDropped, deadLettered, duplicates].map(countText);
}

/** The proof of consistency: for each channel how many messages were sent and processed at the cut. */
export function channelLines({ channels }: CheckpointItem): string[] {
  if (channels === undefined || channels.length === 0) return [];
  const rows = channels.map(({ from, to, sent, processed }) => [
    `${from} -> ${to}`,
    countText(sent),
    countText(processed),
    countText(Math.max(0, sent - processed)),
    processed > sent ? 'processed twice after a restore (at-least-once)' : '',
  ]);
  return ['', ...columns([['channel', 'sent', 'processed', 'in flight', ''], ...rows], [1, 2, 3])];
}
