import type { Clock } from '../../ports/clock.ts';

/** The longest time that a timer of Node takes. */
const MAX_TIMER_MS = 2 ** 31 - 1;

/** What sleeps until a promise settles at the latest. */
interface Sleepers {
  settled: boolean;
  readonly wake: Set<() => void>;
}

/**
 * One handler a promise, however many sleeps it is given to: a handler can't be taken off a promise, and the promise
 * of "this process stops" lives as long as the process.
 */
const sleepers = new WeakMap<Promise<unknown>, Sleepers>();

function sleepersOf(cancel: Promise<unknown>): Sleepers {
  const known = sleepers.get(cancel);
  if (known !== undefined) return known;
  const waiting: Sleepers = { settled: false, wake: new Set() };
  sleepers.set(cancel, waiting);
  const settle = (): void => {
    waiting.settled = true;
    for (const wake of [...waiting.wake]) wake();
  };
  cancel.then(settle, settle);
  return waiting;
}

/** The clock of this machine. */
export const systemClock: Clock = {
  now: () => Date.now(),
  sleep(ms, cancel) {
    const waiting = cancel === undefined ? undefined : sleepersOf(cancel);
    if (waiting?.settled === true) return Promise.resolve(false);
    return new Promise((resolve) => {
      const end = (whole: boolean): void => {
        clearTimeout(timer);
        waiting?.wake.delete(early);
        resolve(whole);
      };
      const early = (): void => end(false);
      const timer = setTimeout(() => end(true), Math.min(Math.max(0, ms), MAX_TIMER_MS));
      waiting?.wake.add(early);
    });
  },
};
