import { graphOf } from '../../lib/api/definition.ts';
import { END_OF_TIME } from '../../lib/core/record/position.ts';
import { StatusBoard } from '../../lib/engine/status-board.ts';
import { planPipeline } from '../../lib/plan/planner.ts';
import type { TelemetryEvent } from '../../lib/ports/telemetry.ts';
import { orders } from './fixtures/orders.ts';

const plan = planPipeline(graphOf(orders), { parallelism: 1, partitions: 2 });

function progress(subtask: string, counts: Partial<Extract<TelemetryEvent, { kind: 'progress' }>>): TelemetryEvent {
  const zeros = { recordsIn: 0, recordsOut: 0, late: 0, deadLetters: 0, watermark: 0, version: 1, finished: false };
  return { kind: 'progress', subtask, ...zeros, ...counts };
}

describe('the status of a run', () => {
  test('are counters of subtasks summed, and is the watermark the lowest one?', () => {
    const board = new StatusBoard(plan, 1000);
    board.note(progress('orders/0', { recordsIn: 100, late: 1, watermark: 70, bytesIn: 10, bytesLeft: 50 }), 1100);
    board.note(progress('orders/0', { recordsIn: 130, late: 2, watermark: 90, bytesIn: 10, bytesLeft: 40 }), 1200);
    board.note(progress('orders/1', { recordsIn: 50, deadLetters: 3, watermark: 80, bytesIn: 5, bytesLeft: 60 }), 1200);
    board.note(progress('once/0', { watermark: END_OF_TIME, finished: true }), 1200);

    const { stages, late, deadLetters } = board.status(1200);

    expect({ late, deadLetters }).toEqual({ late: 2, deadLetters: 3 });
    expect(stages[0]).toMatchObject({ id: 'orders', recordsIn: 180, watermarkMs: 80, bytesIn: 25, bytesLeft: 100 });
    expect(stages[1]).toMatchObject({ id: 'once', finished: 1, watermarkMs: undefined, bytesLeft: undefined });
  });

  test('does a rate follow the last two seconds, and the estimate the bytes?', () => {
    const board = new StatusBoard(plan, 0);
    for (let second = 0; second <= 10; second++) {
      board.note(
        progress('orders/0', { recordsIn: 1000 * second, bytesIn: 500, bytesLeft: 5000 - 500 * second }),
        second * 1000,
      );
    }
    const running = board.status(10_000);
    const stuck = board.status(20_000);

    expect(running.stages[0]?.recordsPerSecond).toBeCloseTo(1000);
    expect(running.etaMs).toBe(0);
    expect(stuck.stages[0]?.recordsPerSecond).toBe(0);
    expect(stuck.etaMs).toBeUndefined();
  });

  test('does a checkpoint go from under way to done?', () => {
    const board = new StatusBoard(plan, 0);
    board.note({ kind: 'checkpoint', id: 4, status: 'begun' }, 100);
    const underWay = board.status(150);
    board.note({ kind: 'checkpoint', id: 4, status: 'completed', durationMs: 80, bytes: 12 }, 180);
    board.note({ kind: 'checkpoint', id: 5, status: 'begun' }, 200);
    board.note({ kind: 'checkpoint', id: 5, status: 'aborted', reason: 'TIMEOUT' }, 220);
    const after = board.status(300);

    expect(underWay.checkpoint).toEqual({ id: 4, ageMs: 50 });
    expect(after).toMatchObject({ checkpoint: undefined, completed: 1, aborted: 1 });
    expect(after.lastCheckpoint).toEqual({ id: 4, durationMs: 80, bytes: 12, atMs: 180 });
  });

  test('are deaths counted, and is the longest recovery kept?', () => {
    const board = new StatusBoard(plan, 0);
    for (const durationMs of [40, 90, 20]) {
      board.note({ kind: 'worker-died', worker: 0, pid: 7, exitCode: null, signal: 'SIGKILL' }, 0);
      board.note({ kind: 'worker-recovered', worker: 0, durationMs }, 0);
    }

    expect(board.status(0)).toMatchObject({ restarts: 3, longestRecoveryMs: 90 });
  });
});
