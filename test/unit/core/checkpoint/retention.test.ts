import type { CheckpointItem } from '../../../../lib/core/checkpoint/checkpoint-item.ts';
import { collectableUpTo, expirable, firstNeeded } from '../../../../lib/core/checkpoint/retention.ts';
import { ack, checkpoint, job, parked } from './cut-acks.ts';

const ids = (checkpoints: readonly CheckpointItem[]) => checkpoints.map(({ id }) => id);

describe('expirable', () => {
  test.each([
    [1, [1, 2, 3]],
    [3, [1]],
    [4, []],
    [9, []],
    [0, [1, 2, 3]],
  ])('are all but the newest %i expirable, and never the last one?', (retain, expected) => {
    expect(
      ids(
        expirable(
          [3, 1, 4, 2].map((id) => checkpoint(id)),
          job(),
          retain,
        ),
      ).sort(),
    ).toEqual(expected);
  });

  test('are only completed ones whose output is committed?', () => {
    const all = [
      checkpoint(1, { committed: false }),
      checkpoint(2, { status: 'ABORTED' }),
      checkpoint(3, { status: 'IN_PROGRESS' }),
      checkpoint(4, { status: 'EXPIRED' }),
      checkpoint(5),
      checkpoint(6),
    ];
    expect(ids(expirable(all, job(), 1))).toEqual([5]);
  });

  test('do abandoned ones not count among those that are kept?', () => {
    const all = [checkpoint(1), checkpoint(2), checkpoint(3, { abandoned: true }), checkpoint(4, { abandoned: true })];
    expect(ids(expirable(all, job(), 1))).toEqual([1, 3, 4]);
  });

  test('is the one that a restore is reading kept, whatever its age?', () => {
    const all = [checkpoint(1), checkpoint(2), checkpoint(3)];
    const restore = { stamp: 4, checkpoint: 1, allowOlder: true, code: job().code };
    expect(ids(expirable(all, job({ status: 'RESTORING', restore }), 1))).toEqual([2]);
  });

  test('is the one that the running attempt stands on kept, until the attempt has one of its own?', () => {
    const all = [checkpoint(1, { pinnedBy: 2 }), checkpoint(2, { pinnedBy: 1 }), checkpoint(3)];
    expect(ids(expirable(all, job({ attempt: 2, lastCompleted: 1 }), 1))).toEqual([2]);
    expect(ids(expirable(all, job({ attempt: 2, lastCompleted: 3 }), 1))).toEqual([1, 2]);
  });
});

describe('firstNeeded', () => {
  test('is it the oldest version of all segments, and none for a snapshot alone?', () => {
    expect(firstNeeded({ snapshot: null, segments: [[4, 9]] })).toBe(5);
    expect(
      firstNeeded({
        snapshot: 's',
        segments: [
          [7, 9],
          [2, 3],
        ],
      }),
    ).toBe(3);
    expect(firstNeeded({ snapshot: 's', segments: [] })).toBe(Number.MAX_SAFE_INTEGER);
  });
});

describe('collectableUpTo', () => {
  const head = { base: { snapshot: 's', segments: [[20, 30]] as const }, version: 30 };
  const cut = (version: number, after: number) => ({
    version,
    base: { snapshot: 's', segments: [[after, version]] as const },
  });

  test('without a kept checkpoint, is it below the head, its base and what is not committed?', () => {
    expect(collectableUpTo('a', [], head, 30)).toBe(20);
    expect(collectableUpTo('a', [], head, 12)).toBe(12);
    expect(collectableUpTo('a', [], { base: { snapshot: 's', segments: [] }, version: 30 }, 30)).toBe(29);
  });

  test('is it below the base of each kept checkpoint, the oldest decides?', () => {
    const kept = [[ack('a', cut(25, 20))], [ack('a', cut(15, 10))]];
    expect(collectableUpTo('a', kept, head, 30)).toBe(10);
  });

  test('is it below a kept cut, also when nothing of the journal is needed for its state?', () => {
    const own = ack('a', { version: 15, base: { snapshot: 's', segments: [] } });
    expect(collectableUpTo('a', [[own]], head, 30)).toBe(14);
  });

  test('is it below a message that a receiver had parked at a kept cut?', () => {
    const own = ack('a', { ...cut(18, 17), out: { b: 9 } });
    const receiver = ack('b', {
      in: { a: { received: 9, processed: 7, version: 16, parked: [parked(8), parked(9)] } },
    });
    expect(collectableUpTo('a', [[own, receiver]], head, 30)).toBe(7);
  });

  test('is it not above what a receiver had looked at, when more was sent to it at a kept cut?', () => {
    const own = ack('a', { ...cut(18, 17), out: { b: 9 } });
    const receiver = (received: number) => ack('b', { in: { a: { received, processed: received, version: 6 } } });
    expect(collectableUpTo('a', [[own, receiver(8)]], head, 30)).toBe(6);
    expect(collectableUpTo('a', [[own, receiver(9)]], head, 30)).toBe(17);
  });

  test('do parked messages of other senders not matter?', () => {
    const own = ack('a', cut(18, 17));
    const receiver = ack('b', { in: { c: { received: 1, parked: [parked(1)] } } });
    expect(collectableUpTo('a', [[own, receiver]], head, 30)).toBe(17);
  });

  test('is nothing collected when the subtask has no part in a kept checkpoint?', () => {
    expect(collectableUpTo('a', [[ack('a', cut(25, 20))], [ack('b', {})]], head, 30)).toBe(0);
  });

  test('is it never below zero?', () => {
    const own = ack('a', { version: 1, base: { snapshot: null, segments: [[0, 1]] } });
    const receiver = ack('b', { in: { a: { parked: [parked(0)] } } });
    expect(collectableUpTo('a', [[own, receiver]], head, 30)).toBe(0);
  });
});
