import type { RunEvent, RunHandle } from '../../engine/index.ts';
import { type CliContext, type Colors, colorsFor } from '../context.ts';
import { eventLine } from './event-line.ts';
import type { RunView } from './run-view.ts';
import { statusLines } from './status-lines.ts';
import { type RunSummary, summaryLines } from './summary-lines.ts';
import { clip, printable } from './text-columns.ts';

const REDRAW_MS = 200;
const HIDE_CURSOR = '\u001b[?25l';
const SHOW_CURSOR = '\u001b[?25h';
const CLEAR_BELOW = '\u001b[J';
/** Lines of the block that are not stages, and one for the cursor. */
const OTHER_LINES = 6;

/** A block at the lower end of a terminal, drawn again five times a second; lines go above it. */
export class LiveView implements RunView {
  readonly #context: CliContext;
  readonly #colors: Colors;
  readonly #trace: boolean;
  #run: RunHandle | undefined;
  #timer: NodeJS.Timeout | undefined;
  #drawn = 0;

  constructor(context: CliContext, trace: boolean) {
    this.#context = context;
    this.#colors = colorsFor(context.stdout, context.env);
    this.#trace = trace;
  }

  start(run: RunHandle): void {
    this.#run = run;
    this.#context.stdout.write(HIDE_CURSOR);
    this.#timer = setInterval(() => this.#redraw([]), REDRAW_MS);
    this.#redraw([]);
  }

  event(event: RunEvent): void {
    const line = eventLine(event, this.#trace);
    if (line !== undefined) this.#redraw([this.#colors.dim(line)]);
  }

  workerLine(worker: number, line: string): void {
    this.#redraw([`${this.#colors.dim(`worker ${worker}:`)} ${printable(line)}`]);
  }

  note(text: string): void {
    this.#redraw([this.#colors.yellow(text)]);
  }

  end(summary: RunSummary): void {
    this.#redraw([]);
    this.close();
    this.#context.stdout.write(`${summaryLines(summary, this.#colors).join('\n')}\n`);
  }

  fail(): void {
    this.close();
  }

  close(): void {
    clearInterval(this.#timer);
    if (this.#run !== undefined) this.#context.stdout.write(SHOW_CURSOR);
    this.#run = undefined;
  }

  /** Writes `above` where the block was, and the block below it, in one piece. */
  #redraw(above: readonly string[]): void {
    const { stdout } = this.#context;
    const back = this.#drawn > 0 ? `\r\u001b[${this.#drawn}A${CLEAR_BELOW}` : '';
    const block = this.#block();
    this.#drawn = block.length;
    stdout.write(`${back}${[...above, ...block].map((line) => `${line}\n`).join('')}`);
  }

  #block(): string[] {
    if (this.#run === undefined) return [];
    const { columns, rows } = this.#context.stdout;
    const view = { nowMs: Date.now(), colors: this.#colors, maxStages: Math.max(1, rows - OTHER_LINES) };
    // A line that wraps would be two when the block is drawn again.
    return statusLines(this.#run.status(), view).map((line) => clip(line, columns - 1));
  }
}
