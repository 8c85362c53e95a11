import {
  alignmentTarget,
  mayProcess,
  noteBarrier,
  parkedLoad,
  takeCut,
  waitingFor,
} from '../../../../lib/core/channels/barrier-aligner.ts';
import {
  type InChannel,
  initialControl,
  type ParkedMessage,
  type TaskControl,
} from '../../../../lib/core/journal/control.ts';

/** A subtask after cut `stamp`, with the barriers of its channels. */
function control(stamp: number, barriers: Record<string, number>): TaskControl {
  const made = initialControl(1, stamp, Object.keys(barriers), ['down/0']);
  for (const [from, barrier] of Object.entries(barriers)) channel(made, from).barrier = barrier;
  return made;
}
const channel = (of: TaskControl, from: string): InChannel => of.in[from] as InChannel;
const barriersOf = (of: TaskControl) =>
  Object.fromEntries(Object.entries(of.in).map(([from, one]) => [from, one.barrier]));

describe('alignmentTarget', () => {
  test.each<[string, number, Record<string, number>, number]>([
    ['no barrier', 4, { a: 0, b: 0 }, 0],
    ['one barrier', 4, { a: 5, b: 0 }, 5],
    ['two barriers of one checkpoint', 4, { a: 5, b: 5 }, 5],
    ['barriers of two checkpoints', 4, { a: 5, b: 7 }, 7],
    ['only the barrier of the last cut', 5, { a: 5, b: 0 }, 0],
    ['no channels', 5, {}, 0],
  ])('what is aligned for with %s?', (_what, stamp, barriers, expected) => {
    expect(alignmentTarget(control(stamp, barriers))).toBe(expected);
  });
});

describe('mayProcess', () => {
  test.each(['aligned', 'unaligned'] as const)(
    'is what comes after the cut that is aligned for held back? (%s)',
    (mode) => {
      const aligning = control(4, { a: 5, b: 0 });
      expect([4, 5, 6].map((stamp) => mayProcess(aligning, stamp, mode))).toEqual([true, false, false]);
    },
  );

  test('does at-least-once hold nothing back?', () => {
    expect(mayProcess(control(4, { a: 5, b: 0 }), 5, 'at-least-once')).toBe(true);
  });

  test('is everything free when nothing is aligned for?', () => {
    expect(mayProcess(control(5, { a: 0, b: 0 }), 5, 'aligned')).toBe(true);
  });
});

describe('waitingFor', () => {
  test('are it the channels whose barrier is lower, and not those that are further already?', () => {
    const aligning = control(4, { a: 6, b: 5, c: 0, d: 7 });
    expect(waitingFor(aligning, 6)).toEqual(['b', 'c']);
    expect(waitingFor(aligning, 8)).toEqual(['a', 'b', 'c', 'd']);
    expect(waitingFor(control(4, {}), 6)).toEqual([]);
  });
});

describe('noteBarrier', () => {
  test.each([
    ['the first barrier', 4, 0, 5, true, 5],
    ['a newer one', 4, 5, 6, true, 6],
    ['the same again', 4, 5, 5, false, 5],
    ['an older one', 4, 6, 5, false, 6],
    ['that of the own cut', 4, 0, 4, false, 0],
    ['one from before the own cut', 4, 0, 3, false, 0],
  ])('is %s news, and what stands afterwards?', (_what, stamp, before, barrier, isNews, after) => {
    const noting = control(stamp, { a: before });
    expect(noteBarrier(noting, channel(noting, 'a'), barrier)).toBe(isNews);
    expect(barriersOf(noting)).toEqual({ a: after });
  });
});

describe('takeCut', () => {
  test('are the barriers that it answers gone, and higher ones kept, which are aligned for next?', () => {
    const cutting = control(4, { a: 5, b: 7, c: 0, d: 4 });
    takeCut(cutting, 5, 12);
    expect(barriersOf(cutting)).toEqual({ a: 0, b: 7, c: 0, d: 0 });
    expect([cutting.stamp, alignmentTarget(cutting), waitingFor(cutting, 7)]).toEqual([5, 7, ['a', 'c', 'd']]);
  });

  test('does the cut name its version, the cut before and what it cost, and is the cost counted anew?', () => {
    const cutting = control(4, { a: 5 });
    cutting.originVersion = 3;
    cutting.sinceCut = { heads: 10, all: 100 };
    takeCut(cutting, 5, 12);
    expect(cutting.lastCut).toEqual({ checkpoint: 5, cost: { heads: 10, all: 100 }, version: 12, previousVersion: 3 });
    expect(cutting.sinceCut).toEqual({ heads: 0, all: 0 });
    takeCut(cutting, 8, 20);
    expect(cutting.lastCut).toEqual({ checkpoint: 8, cost: { heads: 0, all: 0 }, version: 20, previousVersion: 12 });
  });

  test('are parked messages and seqs as they were?', () => {
    const cutting = control(4, { a: 5 });
    const parked = [{ stamp: 5, bytes: 1 } as ParkedMessage];
    Object.assign(channel(cutting, 'a'), { received: 9, processed: 8, parked });
    takeCut(cutting, 5, 12);
    expect(channel(cutting, 'a')).toMatchObject({ received: 9, processed: 8, parked, barrier: 0 });
  });
});

describe('parkedLoad', () => {
  test('are messages and bytes of all channels counted?', () => {
    const loaded = control(1, { a: 0, b: 0 });
    expect(parkedLoad(loaded)).toEqual({ messages: 0, bytes: 0 });
    channel(loaded, 'a').parked = [{ bytes: 5 }, { bytes: 7 }] as ParkedMessage[];
    channel(loaded, 'b').parked = [{ bytes: 100 }] as ParkedMessage[];
    expect(parkedLoad(loaded)).toEqual({ messages: 3, bytes: 112 });
  });
});
