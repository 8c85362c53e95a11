import { END_OF_TIME, START_OF_TIME } from '../record/position.ts';

/** What one split contributes to the watermark: plain data, journaled with the split's position. */
export interface SplitWatermark {
  /** Largest event time seen in ms; `START_OF_TIME` before the first record. */
  readonly maxMs: number;
  /** Clock time in ms since which nothing came; null while records come. */
  readonly idleSinceMs: number | null;
  /** True when it has been quiet for so long that others don't wait for it. */
  readonly idle: boolean;
}

/** A split nothing was read from yet. */
export const UNSEEN_SPLIT: SplitWatermark = { maxMs: START_OF_TIME, idleSinceMs: null, idle: false };

/** After a record with event time `eventMs` (or a batch with that largest time): no longer idle. */
export function observe(split: SplitWatermark, eventMs: number): SplitWatermark {
  if (eventMs <= split.maxMs && split.idleSinceMs === null && !split.idle) return split;
  return { maxMs: Math.max(split.maxMs, eventMs), idleSinceMs: null, idle: false };
}

/**
 * After a read at clock time `nowMs` that found nothing: idle from `idleAfterMs` after the first such read on;
 * never with `idleAfterMs` undefined. A clock that steps back delays idleness only.
 */
export function observeQuiet(split: SplitWatermark, nowMs: number, idleAfterMs: number | undefined): SplitWatermark {
  if (idleAfterMs === undefined || split.idle) return split;
  const idleSinceMs = split.idleSinceMs ?? nowMs;
  const idle = nowMs - idleSinceMs >= idleAfterMs;
  return idle || split.idleSinceMs === null ? { maxMs: split.maxMs, idleSinceMs, idle } : split;
}

/**
 * The watermark of a subtask: no record with time <= it is expected any more. The minimum over splits that are neither
 * closed nor idle of largest time - `outOfOrdernessMs` - 1 (Flink's BoundedOutOfOrdernessWatermarks).
 *
 * - `START_OF_TIME` when one of these has seen nothing;
 * - `END_OF_TIME` when all splits are closed, also when there are none: the caller holds it back until the source
 *   is complete;
 * - undefined when all open splits are idle: the caller asks its clock, see {@link idleWatermark}.
 *
 * It may be below an earlier one (a split woke up): the caller keeps the larger.
 */
export function watermarkOf(
  splits: Iterable<SplitWatermark & { readonly closed?: boolean }>,
  outOfOrdernessMs: number,
): number | undefined {
  let smallestMs = END_OF_TIME;
  let open = 0;
  let idle = 0;
  for (const split of splits) {
    if (split.closed === true) continue;
    open += 1;
    if (split.idle) idle += 1;
    else smallestMs = Math.min(smallestMs, split.maxMs);
  }
  if (open === 0) return END_OF_TIME;
  if (open === idle) return undefined;
  return smallestMs === START_OF_TIME ? START_OF_TIME : Math.max(START_OF_TIME, smallestMs - outOfOrdernessMs - 1);
}

/**
 * The watermark while all open splits are idle: it follows the clock minus the out-of-orderness and never goes back
 * behind `currentMs`. The chosen value is journaled, so that a replay does not ask the clock again.
 */
export function idleWatermark(nowMs: number, outOfOrdernessMs: number, currentMs: number = START_OF_TIME): number {
  return Math.max(currentMs, nowMs - outOfOrdernessMs);
}
