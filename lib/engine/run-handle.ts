import type { TelemetryEvent } from '../ports/telemetry.ts';
import type { RunStatus } from './run-status.ts';

/** What the runtime reports, and what becomes of worker processes. */
export type RunEvent =
  | TelemetryEvent
  | { readonly kind: 'state'; readonly state: RunStatus['state'] }
  | {
      readonly kind: 'worker-started';
      readonly worker: number;
      readonly pid: number;
      readonly subtasks: readonly string[];
    }
  | {
      readonly kind: 'worker-died';
      readonly worker: number;
      readonly pid: number;
      readonly exitCode: number | null;
      readonly signal: string | null;
    }
  | { readonly kind: 'worker-recovered'; readonly worker: number; readonly durationMs: number };

/** `finished`: all input is through; `stopped`: as asked, goes on at the next run; `failed`: see `error`. */
export interface RunResult {
  readonly end: 'finished' | 'stopped' | 'failed';
  readonly status: RunStatus;
  /** Why it failed; the next run goes on from the same state once the cause is gone. */
  readonly error?: Error;
}

export interface RunningWorker {
  /** 0, 1, … */
  readonly index: number;
  readonly pid: number;
}

/** A run under way. */
export interface RunHandle {
  /** Resolves when everything is closed, also after a failure; never rejects. */
  readonly done: Promise<RunResult>;
  /** Ends the run after a last checkpoint; `now`: at once, the next run repeats what is not journaled. */
  stop(options?: { readonly now?: boolean }): Promise<RunResult>;
  status(): RunStatus;
  /** Worker processes that live now; none when everything runs in this process. */
  workers(): readonly RunningWorker[];
  /** Listens to events; gives a function that ends it. */
  onEvent(listener: (event: RunEvent) => void): () => void;
}
