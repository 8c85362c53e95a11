import { murmur3 } from '../../core/bytes/murmur3.ts';
import { TidemarkError } from '../../core/record/errors.ts';

/** A simulated process: it dies at once and keeps nothing. */
export interface Actor {
  readonly name: string;
  alive: boolean;
}

/** Where and how a run is disturbed. All rates are per port call, 0 to 1. */
export interface SimFaults {
  /** Kills the calling process at port call number `call` (1, 2, …), before or after the call takes effect. */
  readonly crashAt?: { readonly call: number; readonly when: 'before' | 'after' };
  readonly crashRate?: number;
  /** The call takes effect, its answer is lost: the caller gets `unavailable`. */
  readonly lostAnswerRate?: number;
  /** The call doesn't take effect: the caller gets `unavailable`. */
  readonly refusedRate?: number;
  /** A call of a process that has died meanwhile still takes effect. */
  readonly lateRate?: number;
  /** A process stands still for up to an hour before the call is sent. */
  readonly pauseRate?: number;
  /** Hints on the exchange: lost, doubled, overtaken. */
  readonly hintLossRate?: number;
  readonly hintDoubleRate?: number;
  readonly hintReorderRate?: number;
}

interface Event {
  readonly atMs: number;
  readonly order: number;
  readonly run: () => void;
}

/** Number of port calls, and of faults by kind. */
export interface SimCounts {
  calls: number;
  readonly faults: Record<string, number>;
}

/**
 * Virtual time and fate of a simulated run: one thread, one event after the other, each decided by the seed. A
 * decision is a hash of (seed, site, how often), so that leaving one fault out leaves the others as they were.
 */
export class SimWorld {
  nowMs = Date.UTC(2026, 0, 1);
  readonly counts: SimCounts = { calls: 0, faults: {} };
  onDeath: (actor: Actor) => void = () => undefined;
  /** Called with each port call; for traces and for interposed invariants. */
  onCall: (actor: Actor, site: string) => void = () => undefined;
  /** No faults from here on. */
  calm = false;
  readonly #seed: number;
  readonly #faults: SimFaults;
  readonly #events: Event[] = [];
  readonly #uses = new Map<string, number>();
  #order = 0;

  constructor(seed: number, faults: SimFaults) {
    this.#seed = seed;
    this.#faults = faults;
  }

  /** Uniform in [0, 1), by seed, site and how often the site was asked. */
  fraction(site: string): number {
    const use = (this.#uses.get(site) ?? 0) + 1;
    this.#uses.set(site, use);
    return murmur3(`${this.#seed}/${site}/${use}`) / 4_294_967_296;
  }

  chance(kind: keyof SimFaults & `${string}Rate`): boolean {
    const rate = this.#faults[kind] ?? 0;
    if (rate === 0 || this.calm || this.fraction(kind) >= rate) return false;
    this.counts.faults[kind] = (this.counts.faults[kind] ?? 0) + 1;
    return true;
  }

  schedule(delayMs: number, run: () => void): void {
    this.#push({ atMs: this.nowMs + delayMs, order: this.#order++, run });
  }

  /** A port call of an actor: takes time, may be disturbed, never answers a dead process. */
  call<T>(actor: Actor, site: string, apply: () => T): Promise<T> {
    return new Promise((resolve, reject) => {
      if (!actor.alive) return;
      const number = ++this.counts.calls;
      const { crashAt } = this.#faults;
      const crash =
        crashAt?.call === number
          ? crashAt.when
          : this.chance('crashRate')
            ? this.fraction('crash/when') < 0.5
              ? 'before'
              : 'after'
            : undefined;
      const pauseMs = this.chance('pauseRate') ? this.fraction('pause') ** 4 * 3_600_000 : 0;
      this.schedule(pauseMs + 0.05 + this.fraction(`latency/${actor.name}`) * 3, () => {
        if (!actor.alive) {
          if (this.chance('lateRate')) attempt(apply);
          return;
        }
        this.onCall(actor, site);
        if (crash === 'before') return this.kill(actor);
        if (crash === undefined && this.chance('refusedRate')) return reject(unavailable(site));
        const outcome = attempt(apply);
        if (crash === 'after') return this.kill(actor);
        if (this.chance('lostAnswerRate')) return reject(unavailable(site));
        if ('error' in outcome) reject(outcome.error);
        else resolve(outcome.value);
      });
    });
  }

  /** Waits in virtual time; false when `cancel` came first. */
  sleep(actor: Actor, ms: number, cancel?: Promise<unknown>): Promise<boolean> {
    return new Promise((resolve) => {
      this.schedule(ms, () => actor.alive && resolve(true));
      const wakeUp = () => actor.alive && resolve(false);
      void cancel?.then(wakeUp, wakeUp);
    });
  }

  kill(actor: Actor): void {
    if (!actor.alive) return;
    actor.alive = false;
    this.counts.faults['crash'] = (this.counts.faults['crash'] ?? 0) + 1;
    this.onDeath(actor);
  }

  /** Runs events until `done`. Throws when nothing is left to do, or after `maxCalls` port calls or a virtual month. */
  async run(done: () => boolean, maxCalls: number): Promise<void> {
    const endMs = this.nowMs + 30 * 86_400_000;
    while (!done()) {
      if (this.counts.calls > maxCalls || (this.nextMs ?? Number.POSITIVE_INFINITY) > endMs) {
        throw new TidemarkError(
          'TM_SIM_STUCK',
          'internal',
          `the simulated run does not end: ${this.counts.calls} calls, virtual time ${new Date(this.nowMs).toISOString()}`,
          'Run the seed again with a trace.',
        );
      }
      await this.step();
    }
  }

  /** When the next event is due; undefined when there is none. */
  get nextMs(): number | undefined {
    return this.#events[0]?.atMs;
  }

  /** Runs the next event and all that follows from it without a port call. */
  async step(): Promise<void> {
    const event = this.#pop();
    if (!event) return;
    this.nowMs = Math.max(this.nowMs, event.atMs);
    event.run();
    await new Promise<void>((resolve) => setImmediate(resolve));
  }

  #push(event: Event): void {
    const heap = this.#events;
    let at = heap.push(event) - 1;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (before(heap[parent] as Event, event)) break;
      heap[at] = heap[parent] as Event;
      at = parent;
    }
    heap[at] = event;
  }

  #pop(): Event | undefined {
    const heap = this.#events;
    const first = heap[0];
    const last = heap.pop();
    if (!first || !last || heap.length === 0) return first;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && before(heap[child + 1] as Event, heap[child] as Event)) child++;
      if (before(last, heap[child] as Event)) break;
      heap[at] = heap[child] as Event;
      at = child;
    }
    heap[at] = last;
    return first;
  }
}

function before(a: Event, b: Event): boolean {
  return a.atMs < b.atMs || (a.atMs === b.atMs && a.order < b.order);
}

function attempt<T>(apply: () => T): { value: T } | { error: unknown } {
  try {
    return { value: apply() };
  } catch (error) {
    return { error };
  }
}

function unavailable(site: string): TidemarkError {
  return new TidemarkError('TM_SIM_UNAVAILABLE', 'unavailable', `${site} gave no answer`, 'The caller tries again.');
}
