import type { RunStatus, StageStatus } from '../../engine/index.ts';
import type { Colors } from '../context.ts';
import { bytesText, countText, instantText, plural, timeText } from './quantity-text.ts';
import { columns } from './text-columns.ts';

const TWO_DAYS_MS = 172_800_000;

/** What the live block is drawn for. */
export interface StatusView {
  readonly nowMs: number;
  readonly colors: Colors;
  /** Stages shown at most; the rest is counted. */
  readonly maxStages: number;
}

/** The state of a run as the block that is redrawn in a terminal. */
export function statusLines(status: RunStatus, { nowMs, colors, maxStages }: StatusView): string[] {
  const [head = '', ...rows] = stageTable(status.stages.slice(0, maxStages), nowMs);
  const hidden = status.stages.length - maxStages;
  const lines = [
    `${colors.bold(status.pipeline)}  ${stateText(status, colors)}  ${timeText(nowMs - status.startedAtMs)}${etaText(status)}`,
    colors.dim(head),
    ...rows,
    ...(hidden > 0 ? [colors.dim(`  … ${plural(hidden, 'more stage')}`)] : []),
    `${colors.dim('checkpoint')}  ${checkpointText(status, nowMs)}`,
    troubles(status)
      .map(({ text, bad }) => (bad ? colors.yellow(text) : colors.dim(text)))
      .join('  '),
  ];
  return lines;
}

function stageTable(stages: readonly StageStatus[], nowMs: number): string[] {
  const rows = stages.map((stage) => [
    `  ${stage.id}`,
    stage.kind === 'source' ? countText(stage.recordsIn) : countOrDash(stage.recordsIn),
    stage.kind === 'source' || stage.recordsPerSecond > 0 ? `${countText(stage.recordsPerSecond)}/s` : '-',
    countOrDash(stage.recordsOut),
    watermarkText(stage, nowMs),
    [...leftText(stage), ...(stage.finished > 0 ? [`${stage.finished} of ${stage.parallelism} finished`] : [])].join(
      ', ',
    ),
  ]);
  return columns([['  stage', 'records in', 'rate', 'rows out', 'watermark', ''], ...rows], [1, 2, 3]);
}

const countOrDash = (count: number): string => (count === 0 ? '-' : countText(count));

function watermarkText({ watermarkMs, finished, parallelism }: StageStatus, nowMs: number): string {
  if (watermarkMs !== undefined) return momentText(watermarkMs, nowMs);
  return finished === parallelism ? 'end' : '-';
}

/** A moment, and how far it is behind now while that says something: not for input of last year. */
function momentText(ms: number, nowMs: number): string {
  const behindMs = nowMs - ms;
  return behindMs >= 0 && behindMs < TWO_DAYS_MS
    ? `${instantText(ms)} (${timeText(behindMs)} behind)`
    : instantText(ms);
}

function leftText({ bytesLeft }: StageStatus): string[] {
  return bytesLeft === undefined || bytesLeft === 0 ? [] : [`${bytesText(bytesLeft)} left`];
}

function stateText({ state }: RunStatus, colors: Colors): string {
  switch (state) {
    case 'failed':
      return colors.red(state);
    case 'finished':
    case 'stopped':
      return colors.green(state);
    case 'running':
      return colors.cyan(state);
    default:
      return colors.yellow(state);
  }
}

function etaText({ etaMs, state }: RunStatus): string {
  return etaMs === undefined || state !== 'running' ? '' : `, about ${timeText(etaMs)} left`;
}

function checkpointText(status: RunStatus, nowMs: number): string {
  const { checkpoint, lastCheckpoint: last, completed, aborted } = status;
  const parts = [
    ...(checkpoint === undefined ? [] : [`${checkpoint.id} under way for ${timeText(checkpoint.ageMs)}`]),
    ...(last === undefined
      ? checkpoint === undefined
        ? ['none yet']
        : []
      : [
          `last: ${last.id}, took ${timeText(last.durationMs)}, ${bytesText(last.bytes)}, ${timeText(nowMs - last.atMs)} ago`,
        ]),
    ...(completed > 0 ? [`${countText(completed)} completed`] : []),
    ...(aborted > 0 ? [`${countText(aborted)} aborted`] : []),
  ];
  return parts.join('; ');
}

function troubles({ late, deadLetters, restarts, longestRecoveryMs }: RunStatus): { text: string; bad: boolean }[] {
  const recovery = longestRecoveryMs === undefined ? '' : ` (longest recovery ${timeText(longestRecoveryMs)})`;
  return [
    { text: `late ${countText(late)}`, bad: late > 0 },
    { text: `dead letters ${countText(deadLetters)}`, bad: deadLetters > 0 },
    { text: `worker restarts ${restarts}${recovery}`, bad: restarts > 0 },
  ];
}

/** The state of a run in one line, for a log. */
export function statusLine(status: RunStatus, nowMs: number): string {
  const sources = status.stages.filter(({ kind }) => kind === 'source');
  const sum = (of: (stage: StageStatus) => number | undefined, stages = status.stages) =>
    stages.reduce((total, stage) => total + (of(stage) ?? 0), 0);
  const bytesLeft = sum((stage) => stage.bytesLeft, sources);
  const watermarks = status.stages.flatMap(({ watermarkMs }) => (watermarkMs === undefined ? [] : [watermarkMs]));
  const { lastCheckpoint: last, checkpoint, late, deadLetters, aborted, restarts, etaMs } = status;
  return [
    `${timeText(nowMs - status.startedAtMs)} ${status.state}`,
    `in ${countText(sum((stage) => stage.recordsIn, sources))} (${countText(sum((stage) => stage.recordsPerSecond, sources))}/s)`,
    `out ${countText(sum((stage) => stage.recordsOut))}`,
    ...(bytesLeft > 0 ? [`${bytesText(bytesLeft)} left`] : []),
    ...(watermarks.length > 0 ? [`watermark ${momentText(Math.min(...watermarks), nowMs)}`] : []),
    ...(checkpoint === undefined ? [] : [`checkpoint ${checkpoint.id} for ${timeText(checkpoint.ageMs)}`]),
    ...(last === undefined
      ? []
      : [`last checkpoint ${last.id} (${timeText(last.durationMs)}, ${bytesText(last.bytes)})`]),
    ...(late > 0 ? [`late ${countText(late)}`] : []),
    ...(deadLetters > 0 ? [`dead letters ${countText(deadLetters)}`] : []),
    ...(aborted > 0 ? [`aborted checkpoints ${aborted}`] : []),
    ...(restarts > 0 ? [`worker restarts ${restarts}`] : []),
    ...(etaMs === undefined || status.state !== 'running' ? [] : [`about ${timeText(etaMs)} to go`]),
  ].join(', ');
}
