import { JsonView } from '../../../../lib/cli/views/json-view.ts';
import { LiveView } from '../../../../lib/cli/views/live-view.ts';
import { PlainView } from '../../../../lib/cli/views/plain-view.ts';
import type { RunSummary } from '../../../../lib/cli/views/summary-lines.ts';
import { TidemarkError } from '../../../../lib/core/record/errors.ts';
import type { RunEvent, RunHandle } from '../../../../lib/engine/run-handle.ts';
import type { RunStatus } from '../../../../lib/engine/run-status.ts';
import { KeptOutput, keptContext } from '../fake-context.ts';

const STATUS: RunStatus = {
  pipeline: 'billing',
  state: 'running',
  startedAtMs: 0,
  stages: [],
  deadLetters: 0,
  late: 0,
  checkpoint: undefined,
  lastCheckpoint: undefined,
  completed: 3,
  aborted: 0,
  restarts: 0,
  longestRecoveryMs: undefined,
  etaMs: undefined,
};

const RUN = { status: () => STATUS } as RunHandle;
const ABORTED: RunEvent = { kind: 'checkpoint', id: 7, status: 'aborted', reason: 'TIMEOUT' };
const PROGRESS: RunEvent = {
  kind: 'progress',
  subtask: 'usage/0',
  recordsIn: 1,
  recordsOut: 0,
  late: 0,
  deadLetters: 0,
  watermark: 0,
  version: 1,
  finished: false,
};

const summary = (some: Partial<RunSummary> = {}): RunSummary => ({
  result: { end: 'stopped', status: { ...STATUS, state: 'stopped' } },
  directory: '/d',
  durationMs: 12_345,
  totals: { recordsIn: { usage: 1_000 }, rowsOut: { invoices: 20 }, late: 0, deadLetters: 3, duplicates: 4 },
  ...some,
});

const CLEAR = '\r\u001b[4A\u001b[J';

describe('a run in a terminal', () => {
  test('is the block drawn over, lines above it, and the cursor given back?', () => {
    // Prepare
    const stdout = new KeptOutput(true);
    const view = new LiveView({ ...keptContext(), env: { NO_COLOR: '1' }, stdout }, false);

    // Act
    view.event(ABORTED);
    view.start(RUN);
    view.note('Stopping');
    view.workerLine(1, 'said \u001b[2J');
    view.event(PROGRESS);
    view.end(summary());

    // Assess
    const [before = '', ...blocks] = stdout.text.split(CLEAR);
    expect(before).toContain(
      'checkpoint 7 was aborted: TIMEOUT; the next one takes its output along\n\u001b[?25lbilling',
    );
    expect(blocks).toHaveLength(3);
    expect(blocks[0]).toMatch(/^Stopping\nbilling {2}running/);
    expect(blocks[1]).toMatch(/^worker 1: said \\u001b\[2J\nbilling {2}running/);
    expect(blocks[2]).toMatch(/^billing {2}running/);
    expect(blocks[2]).toContain('\n\u001b[?25hstopped after 12 s; the next run goes on from here\n');
  });

  test('is the terminal left as it was when the run cannot start?', () => {
    const stdout = new KeptOutput(true);
    const view = new LiveView({ ...keptContext(), stdout }, false);
    view.fail();
    expect(stdout.text).toBe('');
  });
});

describe('a run in a log', () => {
  beforeEach(() => jest.useFakeTimers({ now: 60_000 }));
  afterEach(() => jest.useRealTimers());

  test('is there a line every two seconds, events, and a summary?', () => {
    // Prepare
    const context = keptContext();
    const view = new PlainView(context, false);

    // Act
    view.start(RUN);
    jest.advanceTimersByTime(4_000);
    view.event(ABORTED);
    view.workerLine(0, 'hello');
    view.end(summary());
    jest.advanceTimersByTime(10_000);

    // Assess
    expect(context.stderr.text).toBe('worker 0: hello\n');
    expect(context.stdout.text.split('\n')).toEqual([
      '1 min 2 s running, in 0 (0/s), out 0',
      '1 min 4 s running, in 0 (0/s), out 0',
      'checkpoint 7 was aborted: TIMEOUT; the next one takes its output along',
      'stopped after 12 s; the next run goes on from here',
      '  records in, usage   1,000',
      '  rows out, invoices  20',
      '  late, dropped       0',
      '  dead letters        3  (tidemark dead-letters --dir /d)',
      '  duplicates dropped  4',
      '  checkpoints         3 in this run',
      '',
    ]);
  });
});

describe('a run as JSON', () => {
  beforeEach(() => jest.useFakeTimers({ now: 60_000 }));
  afterEach(() => jest.useRealTimers());

  test('is every line an object, progress summed up in a status each second?', () => {
    // Prepare
    const context = keptContext();
    const view = new JsonView(context, false);
    const error = new TidemarkError('TM_X', 'unavailable', 'it failed', 'Try again.');

    // Act
    view.event({ kind: 'worker-started', worker: 0, pid: 42, subtasks: ['usage/0'] });
    view.start(RUN);
    view.event(PROGRESS);
    view.event({ kind: 'align', subtask: 'a', checkpoint: 1, step: 'barrier', from: 'b', waitingFor: [], parked: 0 });
    jest.advanceTimersByTime(1_000);
    view.note('Stopping');
    view.workerLine(0, 'hello');
    view.end(summary({ result: { end: 'failed', status: STATUS, error }, totals: undefined }));

    // Assess
    const lines = context.stdout.text
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(lines).toMatchObject([
      { at: 60_000, kind: 'worker-started', worker: 0, pid: 42 },
      { kind: 'status', pipeline: 'billing', completed: 3 },
      { at: 61_000, kind: 'status' },
      { kind: 'note', text: 'Stopping' },
      { kind: 'worker-output', worker: 0, text: 'hello' },
      { kind: 'result', end: 'failed', error: { code: 'TM_X', message: 'it failed', advice: 'Try again.' } },
    ]);
    expect(lines).toHaveLength(6);
  });

  test('is a failed start a result too?', () => {
    const context = keptContext();
    new JsonView(context, false).fail(new Error('no'));
    expect(JSON.parse(context.stdout.text)).toMatchObject({ kind: 'result', end: 'failed', error: { message: 'no' } });
  });
});
