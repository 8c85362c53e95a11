import { isTidemarkError, messageOf } from '../core/record/errors.ts';
import { COORDINATOR } from '../ports/names.ts';
import type { Ports } from '../ports/ports.ts';
import type { Environment } from '../runtime/environment.ts';
import { driveJob } from '../runtime/job-driver.ts';
import { readJob } from '../runtime/job-items.ts';
import { lastEntry, wake } from '../runtime/journal-access.ts';
import type { RevocablePorts } from './revocable-ports.ts';
import type { RunEvents } from './run-events.ts';
import { jobFailed } from './run-failures.ts';
import type { RunEvent, RunHandle, RunningWorker, RunResult } from './run-handle.ts';
import type { RunStatus } from './run-status.ts';
import type { StatusBoard } from './status-board.ts';
import type { SubtaskGroup } from './subtask-group.ts';

export interface SupervisorParts {
  readonly env: Environment;
  readonly access: RevocablePorts;
  /** The ports behind `access`, which stay when that is revoked. */
  readonly ports: Ports;
  readonly events: RunEvents;
  readonly board: StatusBoard;
  readonly group: (onFatal: (error: unknown) => void) => SubtaskGroup;
  /** Closes what the run has opened. */
  readonly release: () => Promise<void>;
}

const RESTORE_POLL_MS = 5;

/** Drives the coordinator and watches over the subtasks of one run. */
export class Supervisor implements RunHandle {
  readonly done: Promise<RunResult>;
  readonly #parts: SupervisorParts;
  readonly #group: SubtaskGroup;
  #stopping = false;
  #failure: { readonly error: unknown } | undefined;

  constructor(parts: SupervisorParts) {
    this.#parts = parts;
    this.#group = parts.group((error) => this.#fail(error));
    this.done = this.#live();
  }

  status(): RunStatus {
    return this.#parts.board.status(Date.now());
  }

  workers(): readonly RunningWorker[] {
    return this.#group.workers();
  }

  onEvent(listener: (event: RunEvent) => void): () => void {
    return this.#parts.events.listen(listener);
  }

  async stop(options: { readonly now?: boolean } = {}): Promise<RunResult> {
    const { access, ports } = this.#parts;
    if (!this.#stopping && !access.revoked) this.#state('stopping');
    this.#stopping = true;
    if (options.now) access.revoke();
    // The driver may be waiting for its next deadline.
    else await wake(ports, COORDINATOR, 0).catch(() => undefined);
    return this.done;
  }

  #state(state: RunStatus['state']): void {
    this.#parts.events.emit({ kind: 'state', state });
  }

  /** The first failure ends the run; what follows from that is no news. */
  #fail(error: unknown): void {
    if (this.#parts.access.revoked) return;
    this.#failure ??= { error };
    this.#parts.access.revoke();
  }

  async #live(): Promise<RunResult> {
    const started = this.#start().catch((error) => this.#fail(error));
    let end = await this.#drive();
    this.#parts.access.revoke();
    try {
      await started;
      await this.#group.close();
      await this.#endWaits();
      await this.#parts.release();
    } catch (error) {
      this.#failure ??= { error };
    }
    if (this.#failure) end = 'failed';
    this.#state(end);
    const result = { end, status: this.status() };
    return this.#failure ? { ...result, error: asError(this.#failure.error) } : result;
  }

  async #drive(): Promise<RunResult['end']> {
    const { env } = this.#parts;
    try {
      const end = await driveJob(env, {
        stopRequested: () => this.#stopping,
        fold: (subtask, version) => this.#group.fold(subtask, version),
      });
      if (end === 'failed') this.#fail(jobFailed((await readJob(env.ports)).value.failure));
      return end;
    } catch (error) {
      this.#fail(error);
      return 'stopped';
    }
  }

  /** Starts the subtasks once the journals are restored. */
  async #start(): Promise<void> {
    const { ports, plan } = this.#parts.env;
    for (let shown = false; ; shown = true) {
      const { status } = (await readJob(ports)).value;
      if (status !== 'RESTORING') break;
      if (!shown) this.#state('restoring');
      await ports.clock.sleep(RESTORE_POLL_MS);
    }
    for (const { id } of plan.subtasks) {
      const last = await lastEntry(ports, id);
      if (last) this.#parts.board.seed(id, last.head.control);
    }
    if ((await readJob(ports)).value.status !== 'RUNNING' || this.#parts.access.revoked) return;
    if (!this.#stopping) this.#state('running');
    await this.#group.start();
  }

  /** A read that waits for hints has a timer, which would keep the process. */
  async #endWaits(): Promise<void> {
    const { env, ports } = this.#parts;
    for (const id of [COORDINATOR, ...env.plan.subtasks.map((subtask) => subtask.id)]) await wake(ports, id, 0);
  }
}

function asError(error: unknown): Error {
  return error instanceof Error || isTidemarkError(error) ? error : new Error(messageOf(error));
}
