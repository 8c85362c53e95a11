import { messageOf } from '../../core/record/errors.ts';
import type { RunEvent, RunHandle } from '../../engine/index.ts';
import type { CliContext } from '../context.ts';
import { jsonText } from './json-text.ts';
import type { RunView } from './run-view.ts';
import type { RunSummary } from './summary-lines.ts';

const STATUS_MS = 1_000;

/**
 * One JSON object a line, each with `at` (milliseconds since 1970) and `kind`: the run's events, `status` once a second
 * instead of each subtask's progress, `note`, and `result` at the end.
 */
export class JsonView implements RunView {
  readonly #context: CliContext;
  readonly #trace: boolean;
  #timer: NodeJS.Timeout | undefined;

  constructor(context: CliContext, trace: boolean) {
    this.#context = context;
    this.#trace = trace;
  }

  start(run: RunHandle): void {
    this.#line('status', { ...run.status() });
    this.#timer = setInterval(() => this.#line('status', { ...run.status() }), STATUS_MS);
  }

  event({ kind, ...event }: RunEvent): void {
    if (kind === 'progress' || (kind === 'align' && !this.#trace)) return;
    this.#line(kind, event);
  }

  workerLine(worker: number, text: string): void {
    this.#line('worker-output', { worker, text });
  }

  note(text: string): void {
    this.#line('note', { text });
  }

  end({ result, totals, durationMs }: RunSummary): void {
    this.close();
    const { end, status, error } = result;
    this.#line('result', { end, durationMs, totals, status, error: errorOf(error) });
  }

  fail(error: unknown): void {
    this.close();
    this.#line('result', { end: 'failed', error: errorOf(error) });
  }

  close(): void {
    clearInterval(this.#timer);
  }

  #line(kind: string, content: object): void {
    this.#context.stdout.write(`${jsonText({ at: Date.now(), kind, ...content })}\n`);
  }
}

function errorOf(error: unknown): object | undefined {
  if (error === undefined) return undefined;
  return error instanceof Error
    ? { ...error, name: error.name, message: error.message }
    : { message: messageOf(error) };
}
