import { END_OF_TIME, START_OF_TIME } from '../../../../lib/core/record/position.ts';
import {
  idleWatermark,
  observe,
  observeQuiet,
  UNSEEN_SPLIT,
  watermarkOf,
} from '../../../../lib/core/time/watermark.ts';

const seen = (maxMs: number) => observe(UNSEEN_SPLIT, maxMs);
const idle = (maxMs: number) => ({ ...seen(maxMs), idleSinceMs: 0, idle: true });
const closed = (maxMs: number) => ({ ...seen(maxMs), closed: true });

describe('observe', () => {
  test('does the largest time stay, and does a record end idleness?', () => {
    expect(observe(seen(10), 5)).toEqual({ maxMs: 10, idleSinceMs: null, idle: false });
    expect(observe(idle(10), 5)).toEqual({ maxMs: 10, idleSinceMs: null, idle: false });
    expect(observe(seen(-10), -5).maxMs).toBe(-5);
  });
});

describe('observeQuiet', () => {
  test('is a split idle only after the whole time, counted from the first quiet read?', () => {
    const first = observeQuiet(seen(10), 1000, 60);
    expect(first).toEqual({ maxMs: 10, idleSinceMs: 1000, idle: false });
    const second = observeQuiet(first, 1059, 60);
    expect(second).toEqual(first);
    expect(observeQuiet(second, 1060, 60)).toEqual({ maxMs: 10, idleSinceMs: 1000, idle: true });
    expect(observeQuiet(observe(second, 1), 1060, 60).idleSinceMs).toBe(1060);
  });

  test('is it never idle without a time, and at once with 0?', () => {
    expect(observeQuiet(seen(10), 1e12, undefined)).toEqual(seen(10));
    expect(observeQuiet(seen(10), 1e12, 0).idle).toBe(true);
  });
});

describe('watermarkOf', () => {
  test('is it the slowest split minus the out-of-orderness, and one less, since the bound may still come?', () => {
    expect(watermarkOf([seen(100), seen(50)], 10)).toBe(39);
    expect(watermarkOf([seen(0)], 0)).toBe(-1);
  });

  test('does a split that has seen nothing hold it at the start?', () => {
    expect(watermarkOf([seen(100), UNSEEN_SPLIT], 10)).toBe(START_OF_TIME);
    expect(watermarkOf([seen(START_OF_TIME + 5)], 10)).toBe(START_OF_TIME);
  });

  test('do idle and closed splits not hold it?', () => {
    expect(watermarkOf([seen(100), idle(5), closed(1), { ...UNSEEN_SPLIT, closed: true }], 10)).toBe(89);
  });

  test('is it the end when all are closed, and the question of the clock when the open ones are idle?', () => {
    expect(watermarkOf([closed(5), closed(7)], 10)).toBe(END_OF_TIME);
    expect(watermarkOf([], 10)).toBe(END_OF_TIME);
    expect(watermarkOf([idle(5), closed(7)], 10)).toBeUndefined();
  });
});

describe('idleWatermark', () => {
  test('does it follow the clock and never go back?', () => {
    expect(idleWatermark(1000, 10)).toBe(990);
    expect(idleWatermark(1000, 10, 2000)).toBe(2000);
  });
});
