import { resolveCheckpoint } from '../../../../lib/api/options.ts';
import { CHECKPOINT_NAMES, checkpointArguments } from '../../../../lib/cli/arguments/checkpoint-argument.ts';

describe('--checkpoint', () => {
  test('does every option reach the settings?', () => {
    // Act
    const options = checkpointArguments([
      'every=5s',
      'mode=exactly-once,timeout=2m',
      'minPause=500ms',
      'maxConcurrent=2',
      'tolerableFailures=0',
      'unaligned=true',
      'alignedTimeout=never',
      'retain=5',
      'onCancel=delete',
    ]);

    // Assess
    expect(Object.keys(options).sort()).toEqual([...CHECKPOINT_NAMES].sort());
    expect(resolveCheckpoint({}, options)).toEqual({
      everyMs: 5_000,
      mode: 'exactly-once',
      timeoutMs: 120_000,
      minPauseMs: 500,
      maxConcurrent: 2,
      tolerableFailures: 0,
      unaligned: true,
      alignedTimeoutMs: Number.POSITIVE_INFINITY,
      retain: 5,
      onCancel: 'delete',
    });
  });

  test('does the last one win?', () => {
    expect(checkpointArguments(['retain=2', 'retain=7'])).toEqual({ retain: 7 });
  });

  test('is an unknown option refused with the one that was meant?', () => {
    expect(() => checkpointArguments(['evry=5s'])).toThrow(
      expect.objectContaining({ code: 'TM_CLI_CHECKPOINT', advice: expect.stringContaining("Did you mean 'every'?") }),
    );
  });

  test.each([
    ['every', 'TM_CLI_CHECKPOINT'],
    ['=5s', 'TM_CLI_CHECKPOINT'],
    ['toString=5s', 'TM_CLI_CHECKPOINT'],
    ['every=soon', 'TM_CLI_VALUE'],
    ['mode=exactly', 'TM_CLI_VALUE'],
    ['unaligned=yes', 'TM_CLI_VALUE'],
    ['retain=0', 'TM_CLI_VALUE'],
    ['retain=1.5', 'TM_CLI_VALUE'],
  ])('is %s refused?', (text, code) => {
    expect(() => checkpointArguments([text])).toThrow(expect.objectContaining({ code, kind: 'invalid' }));
  });
});
