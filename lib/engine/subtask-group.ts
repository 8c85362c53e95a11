import type { RunningWorker } from './run-handle.ts';

/** Where the subtasks of a run live: in this process, or in workers. */
export interface SubtaskGroup {
  /** Starts all subtasks. Called once, after the journals are there. */
  start(): Promise<void>;
  /** Folds a journal up to a cut. */
  fold(subtask: string, version: number): Promise<void>;
  workers(): readonly RunningWorker[];
  /** Ends all subtasks; resolves when none of them can do anything any more. Can be repeated. */
  close(): Promise<void>;
}
