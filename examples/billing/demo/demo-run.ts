import type { Job } from './job.ts';
import { type Kill, Killer } from './killer.ts';
import type { DemoOptions } from './options.ts';
import { Progress } from './progress.ts';
import type { RunEvent } from './run-event.ts';
import { SupervisorProcess } from './supervisor-process.ts';

export interface DemoRun {
  readonly durationMs: number;
  readonly kills: readonly Kill[];
  /** Completed ones. */
  readonly checkpoints: readonly { readonly durationMs: number; readonly bytes: number }[];
}

/** Hears what happens. */
export interface DemoListener {
  kill(kill: Kill): void;
  recovery(kill: Kill): void;
  progress(share: number): void;
}

/** A guess for a machine with two cores, before anything is known. */
const START_MS = 1500;
const EVENTS_PER_MS = 60;

/**
 * Runs the job to its end as a process that is started again, with the same command, whenever it was killed.
 *
 * Throws when it ends in any other way.
 */
export async function runWithKills(
  job: Job,
  options: Pick<DemoOptions, 'events' | 'kills' | 'seed' | 'workers' | 'parallelism'>,
  lines: number,
  listener: DemoListener,
): Promise<DemoRun> {
  const startedMs = Date.now();
  const progress = new Progress(lines);
  const checkpoints: { durationMs: number; bytes: number }[] = [];
  const killer = new Killer({
    ...{ kills: options.kills, seed: options.seed },
    progress: () => progress.share,
    expectedMs: START_MS + options.events / EVENTS_PER_MS,
    onKill: (kill) => listener.kill(kill),
    onRecovery: (kill) => listener.recovery(kill),
  });
  const onEvent = (event: RunEvent): void => {
    progress.note(event);
    killer.note(event);
    if (event.kind === 'status') listener.progress(progress.share);
    if (event.kind !== 'checkpoint' || event.status !== 'completed') return;
    checkpoints.push({ durationMs: event.durationMs ?? 0, bytes: event.bytes ?? 0 });
  };
  let current: SupervisorProcess | undefined;
  const interrupted = (): void => {
    current?.kill();
    process.exit(130);
  };
  process.once('SIGINT', interrupted);
  try {
    for (;;) {
      current = new SupervisorProcess(job.command(options), onEvent);
      killer.aim(current);
      const { pid } = current;
      const { code, signal, stderr } = await current.exited;
      if (code === 0) return { durationMs: Date.now() - startedMs, kills: killer.kills, checkpoints };
      if (killer.kills.some((kill) => kill.pid === pid)) continue;
      throw new Error(`tidemark run ended with ${signal ?? `exit code ${code}`}:\n${stderr}`);
    }
  } finally {
    killer.stop();
    process.off('SIGINT', interrupted);
  }
}
