import { eventLine } from '../../../../lib/cli/views/event-line.ts';
import type { RunEvent } from '../../../../lib/engine/run-handle.ts';

const align = (step: 'barrier' | 'parked' | 'aligned', waitingFor: string[], parked: number): RunEvent => ({
  kind: 'align',
  subtask: 'customer/1',
  checkpoint: 3,
  step,
  from: step === 'aligned' ? '' : 'usage/0',
  waitingFor,
  parked,
});

describe('events as lines', () => {
  test.each([
    [align('barrier', ['usage/1'], 0), 'checkpoint 3: the barrier of usage/0 reached customer/1; it waits for usage/1'],
    [align('barrier', [], 0), 'checkpoint 3: the barrier of usage/0 reached customer/1; it has all barriers'],
    [
      align('parked', ['usage/1', 'usage/2'], 2),
      'checkpoint 3: customer/1 sets a message of usage/0 aside, it comes after the barrier; 2 messages set aside, it waits for usage/1, usage/2',
    ],
    [align('aligned', [], 0), 'checkpoint 3: customer/1 is aligned and cuts; nothing set aside'],
    [align('aligned', [], 1), 'checkpoint 3: customer/1 is aligned and cuts; 1 message set aside, which come next'],
  ])('is alignment told in words with --trace only?', (event, line) => {
    expect(eventLine(event, true)).toBe(line);
    expect(eventLine(event, false)).toBeUndefined();
  });

  test.each<[RunEvent, string]>([
    [
      { kind: 'worker-died', worker: 1, pid: 42, exitCode: null, signal: 'SIGKILL' },
      'worker 1 (process 42) died by SIGKILL; its subtasks go on in a new one',
    ],
    [
      { kind: 'worker-died', worker: 1, pid: 42, exitCode: 9, signal: null },
      'worker 1 (process 42) died with exit code 9; its subtasks go on in a new one',
    ],
    [{ kind: 'worker-recovered', worker: 1, durationMs: 1_500 }, 'worker 1 is back after 1.5 s'],
    [
      { kind: 'checkpoint', id: 7, status: 'aborted', reason: 'TIMEOUT' },
      'checkpoint 7 was aborted: TIMEOUT; the next one takes its output along',
    ],
    [{ kind: 'checkpoint', id: 7, status: 'escalated' }, 'checkpoint 7 goes on unaligned: its barriers took too long'],
    [{ kind: 'restore', attempt: 2, checkpoint: 5, step: 'chosen' }, 'attempt 2 begins from checkpoint 5'],
    [{ kind: 'restore', attempt: 3, checkpoint: 0, step: 'chosen' }, 'attempt 3 begins from the beginning'],
    [
      { kind: 'error', where: 'usage/0', code: 'TM_STORE_WRITE', message: 'full\u001b[2J' },
      'trouble in usage/0, trying again: TM_STORE_WRITE: full\\u001b[2J',
    ],
  ])('is %j worth a line?', (event, line) => {
    expect(eventLine(event, false)).toBe(line);
  });

  test.each<[RunEvent]>([
    [{ kind: 'checkpoint', id: 7, status: 'completed', durationMs: 5 }],
    [{ kind: 'restore', attempt: 1, checkpoint: 0, step: 'chosen' }],
    [{ kind: 'worker-started', worker: 0, pid: 1, subtasks: [] }],
    [{ kind: 'error', where: 'coordinator', code: 'TM_COORDINATOR', message: 'the run has ended' }],
  ])('is %j left to the status?', (event) => {
    expect(eventLine(event, false)).toBeUndefined();
  });
});
