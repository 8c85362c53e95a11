import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Duplex, Readable } from 'node:stream';
import { type ServedPorts, servePorts } from '../adapters/embedded/served-ports.ts';
import { isTidemarkError } from '../core/record/errors.ts';
import type { Ports } from '../ports/ports.ts';
import type { TelemetryEvent } from '../ports/telemetry.ts';
import { errorOf, type FatalError } from './fatal-error.ts';
import type { RunEvents } from './run-events.ts';
import { crashLoop } from './run-failures.ts';
import type { RunningWorker } from './run-handle.ts';
import { CALLS, type WorkerAssignment } from './worker-assignment.ts';

export interface SlotOptions {
  readonly index: number;
  readonly arguments: readonly string[];
  readonly ports: Ports;
  readonly events: RunEvents;
  readonly assignment: WorkerAssignment;
  readonly onFatal: (error: unknown) => void;
  readonly onOutput: ((worker: number, line: string) => void) | undefined;
}

interface Life {
  readonly child: ChildProcess;
  readonly served: ServedPorts;
  readonly startedAtMs: number;
  readonly exited: Promise<void>;
}

const QUICK_DEATH_MS = 1000;
const MAX_QUICK_DEATHS = 10;
const MAX_BACK_OFF_MS = 500;
const KEPT_LINES = 20;
const EXIT_PATIENCE_MS = 3000;
const FLUSH_PATIENCE_MS = 500;

/** One worker process: the subtasks stay, the process may die and is started again. */
export class WorkerSlot {
  readonly #options: SlotOptions;
  readonly #lines: string[] = [];
  /** Subtasks that have not been loaded since the last death. */
  readonly #loading = new Set<string>();
  #life: Life | undefined;
  #diedAtMs: number | undefined;
  #quickDeaths = 0;
  #closing = false;

  constructor(options: SlotOptions) {
    this.#options = options;
  }

  get running(): RunningWorker | undefined {
    const pid = this.#life?.child.pid;
    return pid === undefined ? undefined : { index: this.#options.index, pid };
  }

  start(): void {
    const { index, assignment, events } = this.#options;
    const child = spawn(process.execPath, this.#options.arguments, { stdio: ['ignore', 'pipe', 'pipe', 'pipe'] });
    // Without a process there is a pipe all the same, closed.
    const served = servePorts(this.#ports(), child.stdio[3] as Duplex, {
      [CALLS.assignment]: async () => assignment,
      [CALLS.fatal]: async ([fatal]) => this.#options.onFatal(errorOf(fatal as FatalError)),
    });
    const exited = new Promise<void>((resolve) => {
      const once = (exitCode: number | null, signal: string | null): void => {
        child.removeAllListeners('exit');
        resolve();
        void served.close();
        this.#died(child.pid ?? 0, exitCode, signal);
      };
      child.once('exit', once);
      child.once('error', (error) => {
        this.#print(error.message);
        if (child.pid === undefined) once(null, null);
      });
    });
    // Whoever has lost the pipe can do nothing any more.
    void served.closed.then(() => this.#closing || child.kill('SIGKILL'));
    this.#read(child.stdout);
    this.#read(child.stderr);
    this.#life = { child, served, startedAtMs: Date.now(), exited };
    for (const subtask of assignment.subtasks) this.#loading.add(subtask);
    if (child.pid !== undefined) {
      events.emit({ kind: 'worker-started', worker: index, pid: child.pid, subtasks: assignment.subtasks });
    }
  }

  /** Folds in the worker; when that dies, in the one that follows it. */
  async fold(subtask: string, version: number): Promise<void> {
    while (!this.#closing) {
      const life = this.#life;
      try {
        if (life) await life.served.call(CALLS.fold, subtask, version);
        if (life) return;
      } catch (error) {
        if (!isTidemarkError(error) || error.code !== 'TM_WORKER_GONE') throw error;
      }
      await this.#options.ports.clock.sleep(20);
    }
  }

  async close(): Promise<void> {
    this.#closing = true;
    const life = this.#life;
    if (!life) return;
    // Its last events; those of a worker that is stuck are given up.
    const patience = new Promise((resolve) => setTimeout(resolve, FLUSH_PATIENCE_MS).unref());
    await Promise.race([life.served.call(CALLS.flush).catch(() => undefined), patience]);
    void life.served.close();
    const timer = setTimeout(() => life.child.kill('SIGKILL'), EXIT_PATIENCE_MS);
    await life.exited;
    clearTimeout(timer);
  }

  #ports(): Ports {
    const { ports } = this.#options;
    const emit = (event: TelemetryEvent): void => {
      this.#note(event);
      ports.telemetry.emit(event);
    };
    return { ...ports, telemetry: { emit } };
  }

  #note(event: TelemetryEvent): void {
    if (event.kind === 'progress') this.#quickDeaths = 0;
    if (event.kind !== 'loaded' || !this.#loading.delete(event.subtask) || this.#loading.size > 0) return;
    if (this.#diedAtMs === undefined) return;
    const durationMs = Math.max(0, Date.now() - this.#diedAtMs);
    this.#diedAtMs = undefined;
    this.#options.events.emit({ kind: 'worker-recovered', worker: this.#options.index, durationMs });
  }

  #died(pid: number, exitCode: number | null, signal: string | null): void {
    const { index, events } = this.#options;
    const quick = Date.now() - (this.#life?.startedAtMs ?? 0) < QUICK_DEATH_MS;
    this.#life = undefined;
    if (this.#closing) return;
    events.emit({ kind: 'worker-died', worker: index, pid, exitCode, signal });
    this.#diedAtMs ??= Date.now();
    this.#quickDeaths = quick ? this.#quickDeaths + 1 : 0;
    if (this.#quickDeaths >= MAX_QUICK_DEATHS) {
      const how = signal === null ? `exit code ${exitCode}` : signal;
      // Its last lines may still be in the pipe.
      setTimeout(() => this.#options.onFatal(crashLoop(index, this.#quickDeaths, how, this.#lines)), 50);
      return;
    }
    const waitMs = this.#quickDeaths <= 1 ? 0 : Math.min(MAX_BACK_OFF_MS, 10 * 2 ** this.#quickDeaths);
    setTimeout(() => this.#closing || this.start(), waitMs);
  }

  #read(output: Readable | null): void {
    if (!output) return;
    createInterface({ input: output }).on('line', (line) => this.#print(line));
  }

  #print(line: string): void {
    this.#lines.push(line);
    if (this.#lines.length > KEPT_LINES) this.#lines.shift();
    const { index, onOutput } = this.#options;
    if (onOutput) onOutput(index, line);
    else process.stderr.write(`[worker ${index}] ${line}\n`);
  }
}
