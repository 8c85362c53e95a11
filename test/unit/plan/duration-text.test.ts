import { durationText } from '../../../lib/plan/duration-text.ts';

describe('durationText', () => {
  test.each([
    [0, '0 s'],
    [250, '250 ms'],
    [1500, '1 s 500 ms'],
    [60_000, '1 min'],
    [5_400_000, '1 h 30 min'],
    [86_400_000, '24 h'],
    [172_800_000, '2 d'],
    [Number.POSITIVE_INFINITY, 'for ever'],
  ])('how are %d ms written?', (ms, text) => {
    expect(durationText(ms)).toBe(text);
  });
});
