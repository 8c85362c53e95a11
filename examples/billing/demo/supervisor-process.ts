import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { type RunEvent, runEventOf } from './run-event.ts';

export interface SupervisorExit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  /** The last of what it wrote to stderr. */
  readonly stderr: string;
}

/** A `tidemark run --json` as a process of its own. */
export class SupervisorProcess {
  readonly exited: Promise<SupervisorExit>;
  readonly #child: ChildProcess;
  readonly #workers = new Map<number, number>();
  readonly #loading = new Set<string>();
  /** True once it has told anything. */
  hasBegun = false;
  /** True once every subtask of every worker is loaded. */
  isLoaded = false;
  #stderr = '';

  constructor(command: readonly string[], onEvent: (event: RunEvent) => void) {
    const child = spawn(process.execPath, command, { stdio: ['ignore', 'pipe', 'pipe'] });
    this.#child = child;
    createInterface({ input: child.stdout }).on('line', (line) => {
      const event = runEventOf(line);
      if (event === undefined) return;
      this.hasBegun = true;
      this.#note(event);
      onEvent(event);
    });
    child.stderr.on('data', (text) => {
      this.#stderr = `${this.#stderr}${text}`.slice(-4000);
    });
    this.exited = new Promise((resolve, reject) => {
      child.once('error', reject);
      // `close` comes after the last line.
      child.once('close', (code, signal) => resolve({ code, signal, stderr: this.#stderr }));
    });
  }

  /** Process ids of its workers, as far as it has told; one may have died a moment ago. */
  get workers(): readonly { readonly worker: number; readonly pid: number }[] {
    return [...this.#workers].map(([worker, pid]) => ({ worker, pid }));
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  kill(): boolean {
    return this.#child.kill('SIGKILL');
  }

  #note(event: RunEvent): void {
    if (event.kind === 'worker-started') {
      this.#workers.set(event.worker, event.pid);
      if (!this.isLoaded) for (const subtask of event.subtasks) this.#loading.add(subtask);
    } else if (event.kind === 'worker-died') {
      if (this.#workers.get(event.worker) === event.pid) this.#workers.delete(event.worker);
    } else if (event.kind === 'loaded') {
      this.#loading.delete(event.subtask);
      if (this.#loading.size === 0) this.isLoaded = true;
    }
  }
}
