import type { RunHandle } from '../../engine/index.ts';
import type { CliContext } from '../context.ts';
import type { RunView } from '../views/run-view.ts';

/** Exit code of a process that was ended in the middle: 128 + SIGINT. */
const INTERRUPTED = 130;

/**
 * What Ctrl-C does to a run: once, a last checkpoint and the end; twice, the end at once; a third time, or before the
 * run is set up, this process is left as it is. Every one of them is safe.
 */
export class Interrupts {
  readonly #context: CliContext;
  readonly #view: RunView;
  readonly #end: () => void;
  #run: RunHandle | undefined;
  #count = 0;

  constructor(context: CliContext, view: RunView) {
    this.#context = context;
    this.#view = view;
    this.#end = context.onInterrupt(() => this.#interrupt());
  }

  /** The run is set up; an interrupt that came before stops it now. */
  runs(run: RunHandle): void {
    this.#run = run;
    if (this.#count > 0) this.#stop(run);
  }

  close(): void {
    this.#end();
  }

  #interrupt(): void {
    this.#count += 1;
    const run = this.#run;
    if (run !== undefined && this.#count <= 2) this.#stop(run);
    else if (this.#count > 1) {
      this.#view.close();
      this.#context.exitNow(INTERRUPTED);
    } else this.#view.note('Stopping as soon as the run is set up. Ctrl-C again ends it here.');
  }

  #stop(run: RunHandle): void {
    const now = this.#count > 1;
    this.#view.note(
      now
        ? 'Stopping at once; the next run repeats what was under way.'
        : 'Stopping: waiting for a last checkpoint. Ctrl-C again stops at once.',
    );
    // `done` has the result, and never rejects.
    run.stop({ now }).catch(() => undefined);
  }
}
