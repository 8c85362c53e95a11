import { rule } from '../record/rule.ts';

/** What decides whether a checkpoint begins now. */
export interface RequestFacts {
  readonly nowMs: number;
  readonly everyMs: number;
  readonly minPauseMs: number;
  readonly maxConcurrent: number;
  readonly open: number;
  readonly lastBegunAtMs: number;
  readonly lastEndedAtMs: number;
  readonly dirty: boolean;
  /** A last checkpoint was asked for (end of input, stop): interval and pause don't count. */
  readonly now: boolean;
}

/** `begin`, or how many milliseconds to wait before asking again. */
export function decideRequest(facts: RequestFacts): 'begin' | number {
  if (facts.open >= facts.maxConcurrent) return facts.everyMs;
  if (facts.now) return 'begin';
  // A clock that stepped back must not stop checkpoints: waits are at most one interval.
  const interval = Math.min(facts.everyMs, facts.lastBegunAtMs + facts.everyMs - facts.nowMs);
  const pause = Math.min(facts.minPauseMs, facts.lastEndedAtMs + facts.minPauseMs - facts.nowMs);
  const waitMs = Math.max(interval, pause);
  if (waitMs > 0) return waitMs;
  return facts.dirty || !rule('dirtyCheck') ? 'begin' : facts.everyMs;
}
