import type { Clock } from '../../ports/clock.ts';

/** The longest time that a timer of Node takes. */
const MAX_TIMER_MS = 2 ** 31 - 1;

/**
 * What waits for each promise that may cut sleeps short. One handler a promise, however many sleeps it is given to: a
 * handler can't be taken off a promise, and the promise of "this process stops" lives as long as the process.
 */
const sleepers = new WeakMap<Promise<unknown>, Set<() => void>>();

function sleepersOf(cancel: Promise<unknown>): Set<() => void> {
  let waiting = sleepers.get(cancel);
  if (waiting === undefined) {
    const all = new Set<() => void>();
    const wake = (): void => {
      for (const early of [...all]) early();
    };
    sleepers.set(cancel, all);
    cancel.then(wake, wake);
    waiting = all;
  }
  return waiting;
}

/** The clock of this machine. */
export const systemClock: Clock = {
  now: () => Date.now(),
  sleep(ms, cancel) {
    return new Promise((resolve) => {
      const waiting = cancel === undefined ? undefined : sleepersOf(cancel);
      const end = (whole: boolean): void => {
        clearTimeout(timer);
        waiting?.delete(early);
        resolve(whole);
      };
      const early = (): void => end(false);
      const timer = setTimeout(() => end(true), Math.min(Math.max(0, ms), MAX_TIMER_MS));
      waiting?.add(early);
    });
  },
};
