import { resolveCheckpoint } from '../../../lib/api/options.ts';
import { refusal } from './refusal.ts';

describe('resolveCheckpoint', () => {
  test('what are the defaults?', () => {
    expect(resolveCheckpoint()).toEqual({
      everyMs: 60_000,
      mode: 'exactly-once',
      timeoutMs: 600_000,
      minPauseMs: 0,
      maxConcurrent: 1,
      tolerableFailures: 3,
      unaligned: false,
      alignedTimeoutMs: 30_000,
      retain: 3,
      onCancel: 'retain',
    });
  });

  test('is the time-out never shorter than the interval, unless it is given?', () => {
    expect(resolveCheckpoint({ every: { hours: 1 } }).timeoutMs).toBe(3_600_000);
    expect(resolveCheckpoint({ every: { hours: 1 }, timeout: { minutes: 5 } }).timeoutMs).toBe(300_000);
    expect(resolveCheckpoint({}, { every: { hours: 1 } }).timeoutMs).toBe(3_600_000);
  });

  test('does an override win, option by option?', () => {
    const settings = resolveCheckpoint(
      { every: { seconds: 10 }, retain: 5, unaligned: false, alignedTimeout: 'never' },
      { every: { seconds: 1 }, unaligned: true },
    );
    expect(settings).toMatchObject({ everyMs: 1000, retain: 5, unaligned: true, alignedTimeoutMs: Infinity });
  });

  test('can zeros and `false` be given where they mean something?', () => {
    const settings = resolveCheckpoint(
      { tolerableFailures: 3, minPause: { seconds: 5 }, unaligned: true },
      { tolerableFailures: 0, minPause: { seconds: 0 }, unaligned: false, alignedTimeout: {} },
    );
    expect(settings).toMatchObject({ tolerableFailures: 0, minPauseMs: 0, unaligned: false, alignedTimeoutMs: 0 });
  });

  test.each([
    ['every', { every: { seconds: 0 } }, 'TM_CHECKPOINT_VALUE'],
    ['every', { every: {} }, 'TM_CHECKPOINT_VALUE'],
    ['every', { every: { seconds: -1 } }, 'TM_DURATION'],
    ['every', { every: 60 }, 'TM_OPTION_VALUE'],
    ['timeout', { timeout: { seconds: 0 } }, 'TM_CHECKPOINT_VALUE'],
    ['retain', { retain: 0 }, 'TM_CHECKPOINT_VALUE'],
    ['maxConcurrent', { maxConcurrent: 1.5 }, 'TM_CHECKPOINT_VALUE'],
    ['tolerableFailures', { tolerableFailures: -1 }, 'TM_CHECKPOINT_VALUE'],
    ['mode', { mode: 'at-most-once' }, 'TM_OPTION_VALUE'],
    ['onCancel', { onCancel: 'keep' }, 'TM_OPTION_VALUE'],
    ['unaligned', { unaligned: 'yes' }, 'TM_OPTION_VALUE'],
    ['alignedTimeout', { alignedTimeout: 'always' }, 'TM_OPTION_VALUE'],
  ])('is a wrong %s refused by name: %j?', (name, options, code) => {
    for (const error of [
      refusal(() => resolveCheckpoint(options as never)),
      refusal(() => resolveCheckpoint({}, options as never)),
    ]) {
      expect(error.code).toBe(code);
      expect(error.message).toContain(name);
    }
  });

  test('is a misspelt option refused, with the one that was meant?', () => {
    const error = refusal(() => resolveCheckpoint({ minPuase: {} } as never));
    expect(error.code).toBe('TM_OPTION_UNKNOWN');
    expect(error.message).toContain("'minPuase'");
    expect(error.advice).toContain("Did you mean 'minPause'?");
  });

  test('is an option that resembles nothing refused with the list of options?', () => {
    const { advice } = refusal(() => resolveCheckpoint({ parallelism: 4 } as never));
    expect(advice).not.toContain('Did you mean');
    expect(advice).toContain('alignedTimeout, retain, onCancel');
  });

  test('are several checkpoints at once only possible when they are unaligned?', () => {
    expect(refusal(() => resolveCheckpoint({ maxConcurrent: 2 })).code).toBe('TM_CHECKPOINT_CONCURRENT');
    expect(
      refusal(() => resolveCheckpoint({ maxConcurrent: 2, unaligned: true }, { unaligned: false })).advice,
    ).toContain('unaligned: true');
    expect(resolveCheckpoint({ maxConcurrent: 2 }, { unaligned: true }).maxConcurrent).toBe(2);
  });

  test('is unaligned refused where nothing aligns?', () => {
    expect(refusal(() => resolveCheckpoint({ mode: 'at-least-once', unaligned: true })).code).toBe(
      'TM_CHECKPOINT_MODE',
    );
  });
});
