import { bytesText, countText, instantText, plural, timeText } from '../../../../lib/cli/views/quantity-text.ts';

describe('quantities', () => {
  test.each([
    [0, '0'],
    [999, '999'],
    [1000, '1,000'],
    [1234567, '1,234,567'],
    [12.6, '13'],
  ])('how does the count %p read?', (count, text) => {
    expect(countText(count)).toBe(text);
  });

  test.each([
    [0, '0 B'],
    [999, '999 B'],
    [1000, '1.00 kB'],
    [9_999, '10.0 kB'],
    [99_950, '100 kB'],
    [999_499, '999 kB'],
    [999_500, '1.00 MB'],
    [1_234_567_890, '1.23 GB'],
    [5e15, '5000 TB'],
  ])('how do %p bytes read?', (bytes, text) => {
    expect(bytesText(bytes)).toBe(text);
  });

  test.each([
    [-5, '0 ms'],
    [0.4, '0 ms'],
    [999, '999 ms'],
    [999.6, '1.0 s'],
    [1_234, '1.2 s'],
    [9_960, '10 s'],
    [59_600, '1 min'],
    [185_000, '3 min 5 s'],
    [3_600_000, '1 h'],
    [7_620_000, '2 h 7 min'],
    [172_800_000, '2 d'],
    [356_400_000, '4 d 3 h'],
  ])('how do %p milliseconds read?', (ms, text) => {
    expect(timeText(ms)).toBe(text);
  });

  test('how does a moment read, also one that no date can hold?', () => {
    expect(instantText(1_700_000_000_000)).toBe('2023-11-14 22:13:20Z');
    expect(instantText(1_700_000_000_250)).toBe('2023-11-14 22:13:20.250Z');
    expect(instantText(Number.MAX_SAFE_INTEGER)).toBe('9007199254740991');
  });

  test('has only one thing no s?', () => {
    expect([plural(0, 'row'), plural(1, 'row'), plural(1200, 'row')]).toEqual(['0 rows', '1 row', '1,200 rows']);
  });
});
