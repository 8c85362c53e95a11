import { decideRequest, type RequestFacts } from '../../../../lib/core/checkpoint/request-decider.ts';

const facts: RequestFacts = {
  nowMs: 100_000,
  everyMs: 60_000,
  minPauseMs: 0,
  maxConcurrent: 1,
  open: 0,
  lastBegunAtMs: 40_000,
  lastEndedAtMs: 41_000,
  dirty: true,
  now: false,
};

describe('decideRequest', () => {
  test.each<[string, Partial<RequestFacts>, 'begin' | number]>([
    ['begin when the interval is exactly over', {}, 'begin'],
    ['wait a last millisecond', { nowMs: 99_999 }, 1],
    ['begin long after', { nowMs: 1e9 }, 'begin'],
    ['wait an interval when nothing was done', { dirty: false }, 60_000],
    ['wait the pause out after one that took long', { minPauseMs: 10_000, lastEndedAtMs: 95_000 }, 5_000],
    ['begin when the pause is exactly over', { minPauseMs: 10_000, lastEndedAtMs: 90_000 }, 'begin'],
    ['wait for the longer of interval and pause', { minPauseMs: 3_000, lastEndedAtMs: 98_000, nowMs: 99_000 }, 2_000],
    ['wait while one is open', { open: 1 }, 60_000],
    ['begin a second one where two may be open', { open: 1, maxConcurrent: 2 }, 'begin'],
    ['wait while two are open', { open: 2, maxConcurrent: 2 }, 60_000],
    [
      'begin at once when asked, whatever interval, pause and work',
      { now: true, nowMs: 41_000, minPauseMs: 5_000, dirty: false },
      'begin',
    ],
    ['wait while one is open, even when asked', { now: true, open: 1 }, 60_000],
    ['wait one interval at most when the clock stepped back a day', { nowMs: 100_000 - 86_400_000 }, 60_000],
    ['wait one pause at most when the clock stepped back', { everyMs: 1_000, minPauseMs: 10_000, nowMs: -1e9 }, 10_000],
    ['begin when the clock stepped forward', { nowMs: 1e13 }, 'begin'],
  ])('does it %s?', (_what, changes, expected) => {
    expect(decideRequest({ ...facts, ...changes })).toBe(expected);
  });
});
