import type { RunEvent, RunHandle } from '../../engine/index.ts';
import { type CliContext, type Colors, colorsFor } from '../context.ts';
import { eventLine } from './event-line.ts';
import type { RunView } from './run-view.ts';
import { statusLine } from './status-lines.ts';
import { type RunSummary, summaryLines } from './summary-lines.ts';
import { printable } from './text-columns.ts';

const LINE_MS = 2_000;

/** Lines for a log: the status every two seconds, events when they happen. */
export class PlainView implements RunView {
  readonly #context: CliContext;
  readonly #colors: Colors;
  readonly #trace: boolean;
  #timer: NodeJS.Timeout | undefined;

  constructor(context: CliContext, trace: boolean) {
    this.#context = context;
    this.#colors = colorsFor(context.stdout, context.env);
    this.#trace = trace;
  }

  start(run: RunHandle): void {
    this.#timer = setInterval(() => this.note(statusLine(run.status(), Date.now())), LINE_MS);
  }

  event(event: RunEvent): void {
    const line = eventLine(event, this.#trace);
    if (line !== undefined) this.note(line);
  }

  workerLine(worker: number, line: string): void {
    this.#context.stderr.write(`worker ${worker}: ${printable(line)}\n`);
  }

  note(text: string): void {
    this.#context.stdout.write(`${text}\n`);
  }

  end(summary: RunSummary): void {
    this.close();
    this.note(summaryLines(summary, this.#colors).join('\n'));
  }

  fail(): void {
    this.close();
  }

  close(): void {
    clearInterval(this.#timer);
  }
}
