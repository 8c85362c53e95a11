import { durationArgument } from '../../../../lib/cli/arguments/duration-argument.ts';
import { durationMs } from '../../../../lib/core/record/duration.ts';

describe('durations on the command line', () => {
  test.each([
    ['500ms', 500],
    ['5s', 5_000],
    ['2m', 120_000],
    ['2min', 120_000],
    ['1h', 3_600_000],
    ['1d', 86_400_000],
    ['1m30s', 90_000],
    ['1.5h', 5_400_000],
    [' 1 h 30 m ', 5_400_000],
    ['0s', 0],
  ])('is %s understood?', (text, expectedMs) => {
    expect(durationMs(durationArgument('every', text), 'every')).toBe(expectedMs);
  });

  test.each(['', 's', '5x', '5s!', '-5s', '5 s x', 'never', '1e3s', '.5s'])('is %p refused?', (text) => {
    expect(() => durationArgument('--checkpoint every', text)).toThrow(
      expect.objectContaining({ code: 'TM_CLI_VALUE', kind: 'invalid', advice: expect.stringContaining('5s') }),
    );
  });

  test('does a bare number ask for its unit?', () => {
    expect(() => durationArgument('every', '5')).toThrow(
      expect.objectContaining({ advice: expect.stringContaining('Say the unit: 5s or 5ms') }),
    );
  });
});
