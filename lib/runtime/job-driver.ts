import { decodeHint } from '../core/channels/envelope.ts';
import type { CheckpointItem, JobItem } from '../core/checkpoint/checkpoint-item.ts';
import { decideRequest } from '../core/checkpoint/request-decider.ts';
import { isTidemarkError, messageOf, TidemarkError } from '../core/record/errors.ts';
import { COORDINATOR } from '../ports/names.ts';
import { recoverSinks } from './commit-runner.ts';
import {
  abortCheckpoint,
  beginCheckpoint,
  commitCompleted,
  escalate,
  isDirty,
  triggerSources,
  tryComplete,
} from './coordinator-runner.ts';
import { type Environment, retrying, StaleInstance } from './environment.ts';
import { FoldPlanner } from './fold-planner.ts';
import { changeJob, listCheckpoints, readJob } from './job-items.ts';
import { lastEntry, wake } from './journal-access.ts';
import { continueRestore } from './restore-runner.ts';
import { retainAndCollect } from './retention-runner.ts';

export type JobEnd = 'finished' | 'stopped' | 'failed';

export interface DriverOptions {
  /** True when the run shall end after a last checkpoint. Asked in every turn. */
  stopRequested(): boolean;
  /** Folds a subtask's journal: in a worker, or here. */
  fold(subtask: string, version: number): Promise<void>;
}

/**
 * Drives the coordinator's steps in one process: what the state machine does on AWS. Holds nothing that another
 * driver could not find out from the control items.
 */
export class JobDriver {
  readonly #env: Environment;
  readonly #options: DriverOptions;
  readonly #folds: FoldPlanner;
  readonly #triggered = new Set<number>();
  readonly #escalated = new Set<number>();
  #after: string | undefined;
  #maybeFinished = true;
  #ran = false;
  /** Attempt for which the sinks have cleaned up. */
  #recovered = 0;
  /** The checkpoint begun for a stop. */
  #stopCheckpoint: number | undefined;
  /** Newest completed checkpoint, all committed. */
  #committed = 0;

  constructor(env: Environment, options: DriverOptions) {
    this.#env = env;
    this.#options = options;
    this.#folds = new FoldPlanner(env, options.fold);
  }

  /** Runs until the input has ended, a stop was asked for, or too many checkpoints failed. */
  async run(): Promise<JobEnd> {
    const { ports } = this.#env;
    for (let failures = 0; ; ) {
      try {
        const end = await this.#turn();
        if (end) return end;
        failures = 0;
      } catch (error) {
        // Another coordinator was faster, and what this one still looked for is collected: it looks again.
        if (error instanceof StaleInstance) {
          await ports.clock.sleep(20 * ports.random.fraction());
          continue;
        }
        // A sink or store that gives no answer delays what depends on it; every step can be repeated.
        if (!isTidemarkError(error) || error.kind !== 'unavailable' || error.code === 'TM_SUPERVISOR_GONE') throw error;
        ports.telemetry.emit({ kind: 'error', where: 'coordinator', code: error.code, message: error.message });
        await ports.clock.sleep(Math.min(10_000, 50 * 2 ** failures++) * (0.5 + ports.random.fraction()));
      }
    }
  }

  async #turn(): Promise<JobEnd | undefined> {
    const job = (await readJob(this.#env.ports)).value;
    if (job.status === 'FINISHED') return 'finished';
    if (job.status === 'FAILED') return 'failed';
    if (job.status === 'CANCELLED') return this.#cancelled();
    this.#ran = true;
    if (job.status === 'RESTORING') {
      await this.#restore(job);
      return undefined;
    }
    if (this.#recovered < job.attempt) {
      await recoverSinks(this.#env, job.attempt);
      this.#recovered = job.attempt;
    }
    const checkpoints = (await listCheckpoints(this.#env.ports)).map(({ value }) => value);
    const openMs = await this.#openCheckpoints(job, checkpoints);
    if (openMs === 'again') return undefined;
    const end = await this.#unlessDown(() => this.#finishCompleted(job));
    if (end) return end;
    const requestMs = await this.#request(job);
    if (requestMs === 'stopped') return 'stopped';
    const waitMs = Math.min(openMs, requestMs);
    if (waitMs > 0) await this.#wait(waitMs);
    return undefined;
  }

  /** Cancelled while it ran: the run is over. Cancelled before: there is nothing to run. */
  #cancelled(): JobEnd {
    if (this.#ran) return 'stopped';
    throw new TidemarkError(
      'TM_JOB_CANCELLED',
      'invalid',
      'the job was cancelled',
      'Restore one of its checkpoints (`tidemark restore latest`), or start it anew in an empty directory.',
    );
  }

  async #restore(job: JobItem): Promise<void> {
    await continueRestore(this.#env);
    this.#maybeFinished = true;
    this.#stopCheckpoint = undefined;
    await this.#wakeAll(job);
  }

  /** Brings open checkpoints on; gives how long to wait before the next deadline. */
  async #openCheckpoints(job: JobItem, checkpoints: readonly CheckpointItem[]): Promise<number | 'again'> {
    const { ports, plan } = this.#env;
    const settings = plan.checkpoint;
    let waitMs = settings.everyMs;
    for (const checkpoint of checkpoints) {
      if (checkpoint.status !== 'IN_PROGRESS') continue;
      if (checkpoint.attempt < job.attempt) {
        await abortCheckpoint(this.#env, checkpoint.id, 'SUPERSEDED');
        return 'again';
      }
      if (!this.#triggered.has(checkpoint.id)) {
        await triggerSources(this.#env, checkpoint);
        this.#triggered.add(checkpoint.id);
      }
      if ((await tryComplete(this.#env, checkpoint.id)) !== 'waiting') return 'again';
      const ageMs = Math.max(0, ports.clock.now() - checkpoint.begunAtMs);
      if (ageMs >= settings.timeoutMs) {
        if (await abortCheckpoint(this.#env, checkpoint.id, 'TIMEOUT')) await this.#wakeAll(job);
        return 'again';
      }
      // Marked as escalated but not by this driver: the one before may have died half way.
      const mayEscalate = settings.mode === 'exactly-once' && !this.#escalated.has(checkpoint.id);
      const due = checkpoint.escalated || (!settings.unaligned && ageMs >= settings.alignedTimeoutMs);
      if (mayEscalate && due) {
        await this.#escalate(checkpoint);
        return 'again';
      }
      const deadlineMs =
        mayEscalate && !settings.unaligned
          ? Math.min(settings.timeoutMs, settings.alignedTimeoutMs)
          : settings.timeoutMs;
      waitMs = Math.min(waitMs, deadlineMs - ageMs);
    }
    return Math.max(1, waitMs);
  }

  async #escalate(checkpoint: CheckpointItem): Promise<void> {
    await escalate(this.#env, checkpoint);
    this.#escalated.add(checkpoint.id);
  }

  /** An effect whose receiver is down delays what it sends, not the next checkpoint. */
  async #unlessDown<T>(commit: () => Promise<T>): Promise<T | undefined> {
    try {
      return await commit();
    } catch (error) {
      if (!isTidemarkError(error) || error.code !== 'TM_EFFECT_UNAVAILABLE') throw error;
      const { code, message } = error;
      this.#env.ports.telemetry.emit({ kind: 'error', where: 'commit', code, message });
      return undefined;
    }
  }

  /** Commits what is complete, then folds, retains, and ends the job when all input is through. */
  async #finishCompleted(job: JobItem): Promise<JobEnd | undefined> {
    const { ports } = this.#env;
    const completed = (await listCheckpoints(ports))
      .map(({ value }) => value)
      .filter(({ status }) => status === 'COMPLETED');
    let committed = false;
    for (const checkpoint of completed) {
      if (checkpoint.committed || checkpoint.attempt !== job.attempt) continue;
      if (!(await commitCompleted(this.#env, checkpoint.id))) return undefined;
      committed = true;
    }
    const last = completed[completed.length - 1];
    this.#committed = last?.id ?? 0;
    if (committed && last) {
      await this.#folds.after(last.id);
      await retainAndCollect(this.#env);
    }
    // The checkpoint that the job stands on holds the end of all input, and nothing has happened since.
    const base = completed.find(({ id }) => id === job.lastCompleted);
    if (base?.finished && !(await isDirty(this.#env))) {
      const now = await changeJob(ports, (item) =>
        item.attempt === job.attempt && item.status === 'RUNNING' ? { ...item, status: 'FINISHED' } : undefined,
      );
      return now.status === 'FINISHED' ? 'finished' : undefined;
    }
    return undefined;
  }

  /** Begins a checkpoint when it is time; gives how long to wait otherwise, or that a wished stop is reached. */
  async #request(job: JobItem): Promise<number | 'stopped'> {
    const { ports, plan } = this.#env;
    const settings = plan.checkpoint;
    const stop = this.#options.stopRequested();
    if (stop && this.#stopCheckpoint !== undefined && this.#committed >= this.#stopCheckpoint) return 'stopped';
    const open = (await listCheckpoints(ports)).filter(({ value }) => value.status === 'IN_PROGRESS');
    const stopping = this.#stopCheckpoint !== undefined && open.some(({ value }) => value.id === this.#stopCheckpoint);
    const dirty = await isDirty(this.#env);
    if (stop && !dirty && open.length === 0) return 'stopped';
    const decision = decideRequest({
      nowMs: ports.clock.now(),
      everyMs: settings.everyMs,
      minPauseMs: settings.minPauseMs,
      maxConcurrent: settings.maxConcurrent,
      open: open.length,
      lastBegunAtMs: job.lastBegunAtMs,
      lastEndedAtMs: job.lastEndedAtMs,
      dirty,
      now: stop ? !stopping : dirty && open.length === 0 && (await this.#allFinished()),
    });
    if (decision !== 'begin') return decision;
    const checkpoint = await beginCheckpoint(this.#env);
    if (checkpoint) {
      if (stop) this.#stopCheckpoint = checkpoint.id;
      await triggerSources(this.#env, checkpoint);
      this.#triggered.add(checkpoint.id);
    }
    return 0;
  }

  /** True when every subtask has finished, by its journal. Looked at only after somebody said so. */
  async #allFinished(): Promise<boolean> {
    if (!this.#maybeFinished) return false;
    for (const { id } of this.#env.plan.subtasks) {
      if (!(await lastEntry(this.#env.ports, id))?.head.control.finished) {
        this.#maybeFinished = false;
        return false;
      }
    }
    return true;
  }

  async #wakeAll(job: JobItem): Promise<void> {
    const { ports } = this.#env;
    await Promise.all(job.subtasks.map((subtask) => retrying(ports, () => wake(ports, subtask, job.attempt))));
  }

  /** Waits for the next deadline, or for somebody to report something. */
  async #wait(waitMs: number): Promise<void> {
    const { ports } = this.#env;
    const options = { maxRecords: 64, waitMs: Math.min(waitMs, 1000) };
    const records = await retrying(ports, () => ports.streams.read(COORDINATOR, this.#after, options));
    this.#after = records[records.length - 1]?.position ?? this.#after;
    for (const record of records) {
      const hint = decodeHint(record.data);
      if (hint.kind === 'finished') this.#maybeFinished = true;
      if (hint.kind === 'escalate' && !this.#escalated.has(hint.checkpoint)) {
        const open = (await listCheckpoints(ports)).find(
          ({ value }) => value.id === hint.checkpoint && value.status === 'IN_PROGRESS',
        );
        if (open && this.#env.plan.checkpoint.alignedTimeoutMs !== Number.POSITIVE_INFINITY)
          await this.#escalate(open.value);
      }
    }
  }
}

/** Runs a driver to its end. */
export async function driveJob(env: Environment, options: DriverOptions): Promise<JobEnd> {
  try {
    return await new JobDriver(env, options).run();
  } catch (error) {
    env.ports.telemetry.emit({
      kind: 'error',
      where: 'coordinator',
      code: 'TM_COORDINATOR',
      message: messageOf(error),
    });
    throw error;
  }
}
