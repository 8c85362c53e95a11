import { type ChildProcess, spawn } from 'node:child_process';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { processStart } from '../../lib/adapters/embedded/directory-lock.ts';
import type { RunOptions, RunStatus } from '../../lib/engine/index.ts';
import { ENGINE, type Place } from './orders-run.ts';

/** How a supervisor process ended its run; `end` is undefined when it was killed before. */
export interface SupervisorEnd {
  readonly end: string | undefined;
  readonly code?: string;
  readonly message?: string;
  readonly status?: RunStatus;
  /** All worker processes that it had started. */
  readonly workers: readonly number[];
  readonly stderr: string;
}

/** A process that runs a pipeline with the built engine. */
export interface SupervisorProcess {
  readonly child: ChildProcess;
  /** Resolves when a checkpoint is committed. */
  readonly firstCommit: Promise<void>;
  readonly ended: Promise<SupervisorEnd>;
}

export function superviseOrders(place: Place, module: string, options: Partial<RunOptions>): SupervisorProcess {
  const script = path.join(__dirname, 'fixtures/supervise.mjs');
  const whole = { directory: place.state, parallelism: 2, ...options };
  const parameters = [ENGINE, module, 'orders', JSON.stringify(place.bindings), JSON.stringify(whole)];
  const child = spawn(process.execPath, [script, ...parameters], { stdio: ['ignore', 'pipe', 'pipe'], detached: true });
  const workers: number[] = [];
  let stderr = '';
  let committed: () => void = () => undefined;
  const firstCommit = new Promise<void>((resolve) => {
    committed = resolve;
  });
  let last: Partial<SupervisorEnd> = {};
  createInterface({ input: child.stdout }).on('line', (line) => {
    const event = JSON.parse(line) as { kind: string; pid: number };
    if (event.kind === 'worker-started') workers.push(event.pid);
    else if (event.kind === 'checkpoint') committed();
    else last = event as unknown as SupervisorEnd;
  });
  child.stderr.on('data', (text) => {
    stderr += text;
  });
  const ended = new Promise<SupervisorEnd>((resolve) => {
    child.on('close', () => resolve({ end: undefined, ...last, workers, stderr }));
  });
  return { child, firstCommit, ended };
}

/** Waits until none of the processes lives. Gives those that do after ten seconds. */
export async function survivorsOf(pids: readonly number[]): Promise<number[]> {
  let alive: number[] = [...pids];
  for (let tries = 0; tries < 200 && alive.length > 0; tries++) {
    const starts = await Promise.all(alive.map(processStart));
    alive = alive.filter((_, index) => starts[index] !== undefined);
    if (alive.length > 0) await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return alive;
}
