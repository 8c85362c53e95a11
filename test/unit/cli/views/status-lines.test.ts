import picocolors from 'picocolors';
import { statusLine, statusLines } from '../../../../lib/cli/views/status-lines.ts';
import type { RunStatus, StageStatus } from '../../../../lib/engine/run-status.ts';

const colors = picocolors.createColors(false);

const stage = (id: string, some: Partial<StageStatus> = {}): StageStatus => ({
  id,
  kind: 'keyed',
  parallelism: 2,
  recordsIn: 0,
  recordsOut: 0,
  recordsPerSecond: 0,
  watermarkMs: undefined,
  finished: 0,
  bytesIn: undefined,
  bytesLeft: undefined,
  ...some,
});

const START = 1_700_000_000_000;
const NOW = START + 12_000;

const status = (some: Partial<RunStatus> = {}): RunStatus => ({
  pipeline: 'billing',
  state: 'running',
  startedAtMs: START,
  stages: [
    stage('usage', {
      kind: 'source',
      recordsIn: 1_234_567,
      recordsPerSecond: 98_765,
      watermarkMs: Date.UTC(2020, 0, 1),
      bytesIn: 1,
      bytesLeft: 12_345_678,
    }),
    stage('customer', { recordsOut: 1_234, watermarkMs: NOW - 42_000 }),
  ],
  deadLetters: 0,
  late: 0,
  checkpoint: { id: 7, ageMs: 300 },
  lastCheckpoint: { id: 6, durationMs: 120, bytes: 45_000, atMs: NOW - 5_000 },
  completed: 6,
  aborted: 0,
  restarts: 0,
  longestRecoveryMs: undefined,
  etaMs: 80_000,
  ...some,
});

const block = (some: Partial<RunStatus> = {}, maxStages = 10) =>
  statusLines(status(some), { nowMs: NOW, colors, maxStages });

describe('the block of a run', () => {
  test('does it show stages, rates, lag, watermark, checkpoints and what is left?', () => {
    expect(block()).toEqual([
      'billing  running  12 s, about 1 min 20 s left',
      '  stage     records in      rate  rows out  watermark',
      '  usage      1,234,567  98,765/s         -  2020-01-01 00:00:00Z                12.3 MB left',
      '  customer           -         -     1,234  2023-11-14 22:12:50Z (42 s behind)',
      'checkpoint  7 under way for 300 ms; last: 6, took 120 ms, 45.0 kB, 5.0 s ago; 6 completed',
      'late 0  dead letters 0  worker restarts 0',
    ]);
  });

  test('does it say that nothing has happened yet?', () => {
    const lines = block({ checkpoint: undefined, lastCheckpoint: undefined, completed: 0, etaMs: undefined });
    expect(lines[0]).toBe('billing  running  12 s');
    expect(lines.at(-2)).toBe('checkpoint  none yet');
  });

  test('does it show what went wrong?', () => {
    const lines = block({ late: 3, deadLetters: 1_200, restarts: 2, longestRecoveryMs: 420, aborted: 1 });
    expect(lines.at(-1)).toBe('late 3  dead letters 1,200  worker restarts 2 (longest recovery 420 ms)');
    expect(lines.at(-2)).toContain('1 aborted');
  });

  test('is it shorter in a small terminal?', () => {
    expect(block({}, 1).slice(1, 4)).toEqual([
      '  stage  records in      rate  rows out  watermark',
      '  usage   1,234,567  98,765/s         -  2020-01-01 00:00:00Z  12.3 MB left',
      '  … 1 more stage',
    ]);
  });

  test('does it show the end of bounded input?', () => {
    const stages = [stage('usage', { kind: 'source', recordsIn: 5, finished: 2, bytesLeft: 0 })];
    const lines = block({ state: 'finished', stages });
    expect(lines[0]).toBe('billing  finished  12 s');
    expect(lines[2]).toMatch(/usage +5 +0\/s +- {2}end +2 of 2 finished/);
  });
});

describe('the line of a run', () => {
  test('does one line say it all?', () => {
    expect(statusLine(status({ late: 3, deadLetters: 4, aborted: 1, restarts: 2 }), NOW)).toBe(
      '12 s running, in 1,234,567 (98,765/s), out 1,234, 12.3 MB left, watermark 2020-01-01 00:00:00Z, ' +
        'checkpoint 7 for 300 ms, last checkpoint 6 (120 ms, 45.0 kB), late 3, dead letters 4, aborted checkpoints 1, ' +
        'worker restarts 2, about 1 min 20 s to go',
    );
  });

  test('does it leave out what there is not?', () => {
    const stages = [stage('usage', { kind: 'source' })];
    expect(
      statusLine(status({ stages, checkpoint: undefined, lastCheckpoint: undefined, etaMs: undefined }), NOW),
    ).toBe('12 s running, in 0 (0/s), out 0');
  });
});
