import type { RunEvent, RunHandle } from '../../engine/index.ts';
import type { RunSummary } from './summary-lines.ts';

/** Shows a run while it goes on: as a block in a terminal, as lines in a log, as JSON. */
export interface RunView {
  /** The run is set up; its status is shown from now on. */
  start(run: RunHandle): void;
  /** May be called before `start`. */
  event(event: RunEvent): void;
  /** A line that a worker process printed. */
  workerLine(worker: number, line: string): void;
  /** Something that people should know. */
  note(text: string): void;
  /** The last thing shown; nothing is written later. */
  end(summary: RunSummary): void;
  /** The run could not be started. Whoever calls shows the error to people. */
  fail(error: unknown): void;
  /** Leaves the terminal as it was. Can be repeated. */
  close(): void;
}
