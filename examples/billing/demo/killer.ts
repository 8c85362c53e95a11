import { type RandomStream, randomStream } from '../random.ts';
import type { RunEvent } from './run-event.ts';
import type { SupervisorProcess } from './supervisor-process.ts';

export interface Kill {
  readonly victim: 'worker' | 'supervisor';
  readonly pid: number;
  readonly worker?: number;
  readonly atMs: number;
  /** How much of the input had been read, 0 to 1. */
  readonly progress: number;
  /** From the kill until everything that the victim ran is loaded again; none when it was killed again before. */
  recoveryMs?: number;
  interrupted?: boolean;
}

export interface KillerOptions {
  readonly kills: number;
  readonly seed: number;
  readonly progress: () => number;
  /** A first guess of how long a run takes. */
  readonly expectedMs: number;
  readonly onKill: (kill: Kill) => void;
  readonly onRecovery: (kill: Kill) => void;
}

/** The part of the run over which the kills are spread. */
const SPREAD = 0.9;
const SHORTEST_WAIT_MS = 80;

/** Kills the processes of a run one after the other: seeded victims and moments, spread over the run. */
export class Killer {
  readonly kills: Kill[] = [];
  readonly #options: KillerOptions;
  readonly #moments: RandomStream;
  readonly #choices: RandomStream;
  /** The victims to come. */
  readonly #victims: Kill['victim'][];
  readonly #startedMs = Date.now();
  #supervisor: SupervisorProcess | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: KillerOptions) {
    this.#options = options;
    this.#moments = randomStream(options.seed, 'moments');
    this.#choices = randomStream(options.seed, 'victims');
    this.#victims = Array.from({ length: options.kills }, (_, index) => (index % 3 === 1 ? 'supervisor' : 'worker'));
    for (let index = this.#victims.length - 1; index > 0; index--) {
      const other = this.#choices.whole(index + 1);
      const [one, two] = [this.#victims[index], this.#victims[other]] as [Kill['victim'], Kill['victim']];
      [this.#victims[index], this.#victims[other]] = [two, one];
    }
    this.#wait();
  }

  /** From now on it is the processes of this one that die. */
  aim(supervisor: SupervisorProcess): void {
    this.#supervisor = supervisor;
  }

  stop(): void {
    clearTimeout(this.#timer);
  }

  /** Notes who is back. */
  note(event: RunEvent): void {
    if (event.kind === 'worker-recovered') this.#recovered(event.at, ({ worker }) => worker === event.worker);
    else if (event.kind === 'loaded' && this.#supervisor?.isLoaded) {
      this.#recovered(event.at, ({ victim }) => victim === 'supervisor');
    }
  }

  #recovered(atMs: number, who: (kill: Kill) => boolean): void {
    for (const kill of this.kills.filter((down) => isDown(down) && down.atMs < atMs && who(down))) {
      kill.recoveryMs = atMs - kill.atMs;
      this.#options.onRecovery(kill);
    }
  }

  /** Until the next kill: what is left of the run, divided by what is left to kill. */
  #wait(): void {
    if (this.#victims.length === 0) return;
    const progress = this.#options.progress();
    const takenMs = Date.now() - this.#startedMs;
    const leftMs =
      progress > 0.02 ? (takenMs / progress) * Math.max(0, SPREAD - progress) : this.#options.expectedMs - takenMs;
    const shareMs = leftMs / this.#victims.length;
    const waitMs = Math.max(SHORTEST_WAIT_MS, shareMs) * (0.4 + this.#moments.fraction());
    this.#timer = setTimeout(() => this.#strike(), waitMs);
  }

  #strike(): void {
    const kill = this.#kill(this.#victims[0] as Kill['victim']);
    if (kill === undefined) {
      // Nobody there to kill: dead already, or not started yet.
      this.#timer = setTimeout(() => this.#strike(), 20);
      return;
    }
    this.#victims.shift();
    for (const before of this.kills.filter(isDown)) {
      // The clock starts anew.
      if (kill.victim === 'supervisor' || before.worker === kill.worker) before.interrupted = true;
    }
    this.kills.push(kill);
    this.#options.onKill(kill);
    this.#wait();
  }

  #kill(victim: Kill['victim']): Kill | undefined {
    const supervisor = this.#supervisor;
    if (supervisor?.pid === undefined) return undefined;
    const at = { atMs: Date.now(), progress: this.#options.progress() };
    if (victim === 'supervisor') {
      if (!supervisor.hasBegun || !supervisor.kill()) return undefined;
      this.#supervisor = undefined;
      return { victim, pid: supervisor.pid, ...at };
    }
    const workers = supervisor.workers.filter(({ pid }) => this.kills.every((kill) => kill.pid !== pid));
    const chosen = workers[this.#choices.whole(workers.length)];
    if (chosen === undefined || !isKilled(chosen.pid)) return undefined;
    return { victim, ...chosen, ...at };
  }
}

const isDown = (kill: Kill): boolean => kill.recoveryMs === undefined && kill.interrupted !== true;

/** False when there was no such process any more. */
function isKilled(pid: number): boolean {
  try {
    return process.kill(pid, 'SIGKILL');
  } catch {
    return false;
  }
}
