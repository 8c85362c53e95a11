import type { TaskControl } from '../core/journal/control.ts';
import { END_OF_TIME, START_OF_TIME } from '../core/record/position.ts';
import type { PhysicalPlan, Stage } from '../plan/physical-plan.ts';
import type { TelemetryEvent } from '../ports/telemetry.ts';
import { RateMeter } from './rate-meter.ts';
import type { RunEvent } from './run-handle.ts';
import type { RunStatus, StageStatus } from './run-status.ts';

type Progress = Omit<Extract<TelemetryEvent, { kind: 'progress' }>, 'kind' | 'subtask' | 'version'>;
type CheckpointEvent = Extract<TelemetryEvent, { kind: 'checkpoint' }>;

const NOTHING: Progress = {
  recordsIn: 0,
  recordsOut: 0,
  late: 0,
  deadLetters: 0,
  watermark: START_OF_TIME,
  finished: false,
};

/** Folds events into the status of a run. Nothing that decides rests on it. */
export class StatusBoard {
  readonly #plan: PhysicalPlan;
  readonly #startedAtMs: number;
  readonly #progress = new Map<string, Progress>();
  readonly #records = new Map<string, RateMeter>();
  readonly #bytes = new RateMeter();
  #state: RunStatus['state'] = 'starting';
  #checkpoint: { id: number; begunAtMs: number } | undefined;
  #last: RunStatus['lastCheckpoint'];
  #completed = 0;
  #aborted = 0;
  #restarts = 0;
  #longestRecoveryMs: number | undefined;

  constructor(plan: PhysicalPlan, nowMs: number) {
    this.#plan = plan;
    this.#startedAtMs = nowMs;
  }

  /** Where a subtask stands before it has reported anything in this run. */
  seed(subtask: string, { counters, watermark, finished }: TaskControl): void {
    const { recordsIn, recordsOut, lateDropped: late, deadLettered: deadLetters } = counters;
    this.#progress.set(subtask, { recordsIn, recordsOut, late, deadLetters, watermark, finished });
  }

  note(event: RunEvent, nowMs: number): void {
    switch (event.kind) {
      case 'progress':
        this.#noteProgress(event.subtask, event, nowMs);
        break;
      case 'checkpoint':
        this.#noteCheckpoint(event, nowMs);
        break;
      case 'state':
        this.#state = event.state;
        break;
      case 'worker-died':
        this.#restarts++;
        break;
      case 'worker-recovered':
        this.#longestRecoveryMs = Math.max(this.#longestRecoveryMs ?? 0, event.durationMs);
        break;
      default:
        break;
    }
  }

  #noteProgress(subtask: string, event: Progress, nowMs: number): void {
    const before = this.#progress.get(subtask) ?? NOTHING;
    const { recordsIn, recordsOut, late, deadLetters, watermark, finished } = event;
    const bytesIn = (before.bytesIn ?? 0) + (event.bytesIn ?? 0);
    const bytesLeft = event.bytesLeft ?? before.bytesLeft;
    this.#progress.set(subtask, {
      ...{ recordsIn, recordsOut, late, deadLetters, watermark, finished },
      ...(bytesIn > 0 ? { bytesIn } : {}),
      ...(bytesLeft === undefined ? {} : { bytesLeft: finished ? 0 : bytesLeft }),
    });
    const stage = this.#plan.subtasks.find(({ id }) => id === subtask)?.stage ?? '';
    let meter = this.#records.get(stage);
    if (!meter) {
      meter = new RateMeter();
      this.#records.set(stage, meter);
    }
    meter.note(nowMs, this.#sum(stage, 'recordsIn'));
    if (event.bytesIn !== undefined) this.#bytes.note(nowMs, this.#bytesIn());
  }

  #noteCheckpoint({ id, status, durationMs = 0, bytes = 0 }: CheckpointEvent, nowMs: number): void {
    if (status === 'begun') this.#checkpoint = { id, begunAtMs: nowMs };
    if (status !== 'completed' && status !== 'aborted') return;
    if (this.#checkpoint?.id === id) this.#checkpoint = undefined;
    if (status === 'aborted') {
      this.#aborted++;
      return;
    }
    this.#completed++;
    this.#last = { id, durationMs, bytes, atMs: nowMs };
  }

  status(nowMs: number): RunStatus {
    const stages = this.#plan.stages.map((stage) => this.#stage(stage, nowMs));
    return {
      pipeline: this.#plan.name,
      state: this.#state,
      startedAtMs: this.#startedAtMs,
      stages,
      deadLetters: this.#total('deadLetters'),
      late: this.#total('late'),
      checkpoint: this.#checkpoint && {
        id: this.#checkpoint.id,
        ageMs: Math.max(0, nowMs - this.#checkpoint.begunAtMs),
      },
      lastCheckpoint: this.#last,
      completed: this.#completed,
      aborted: this.#aborted,
      restarts: this.#restarts,
      longestRecoveryMs: this.#longestRecoveryMs,
      etaMs: this.#etaMs(stages, nowMs),
    };
  }

  #of(stage: string): Progress[] {
    const own = this.#plan.subtasks.filter((subtask) => subtask.stage === stage);
    return own.map(({ id }) => this.#progress.get(id) ?? NOTHING);
  }

  #sum(stage: string, count: 'recordsIn' | 'recordsOut' | 'deadLetters' | 'late'): number {
    return this.#of(stage).reduce((sum, progress) => sum + progress[count], 0);
  }

  #total(count: 'deadLetters' | 'late'): number {
    return this.#plan.stages.reduce((sum, { id }) => sum + this.#sum(id, count), 0);
  }

  #bytesIn(): number {
    return [...this.#progress.values()].reduce((sum, { bytesIn = 0 }) => sum + bytesIn, 0);
  }

  #stage({ id, kind, parallelism }: Stage, nowMs: number): StageStatus {
    const subtasks = this.#of(id);
    const recordsIn = this.#sum(id, 'recordsIn');
    const watermark = Math.min(...subtasks.map((progress) => progress.watermark));
    return {
      id,
      kind,
      parallelism,
      recordsIn,
      recordsOut: this.#sum(id, 'recordsOut'),
      recordsPerSecond: this.#records.get(id)?.perSecond(nowMs, recordsIn) ?? 0,
      watermarkMs: watermark === START_OF_TIME || watermark === END_OF_TIME ? undefined : watermark,
      finished: subtasks.filter((progress) => progress.finished).length,
      bytesIn: known(subtasks.map((progress) => progress.bytesIn)),
      bytesLeft: known(subtasks.map((progress) => progress.bytesLeft)),
    };
  }

  #etaMs(stages: readonly StageStatus[], nowMs: number): number | undefined {
    const left = known(stages.map((stage) => stage.bytesLeft));
    const perSecond = this.#bytes.perSecond(nowMs, this.#bytesIn());
    if (left === undefined || perSecond <= 0) return undefined;
    return Math.round((left * 1000) / perSecond);
  }
}

/** The sum of what is known; undefined when nothing is. */
function known(counts: readonly (number | undefined)[]): number | undefined {
  const given = counts.filter((count) => count !== undefined);
  return given.length === 0 ? undefined : given.reduce((sum, count) => sum + count, 0);
}
