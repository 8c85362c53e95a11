import {
  copyControl,
  countEntry,
  initialControl,
  type Manifest,
  newInChannel,
  stateBaseAt,
  type TaskControl,
} from '../../../../lib/core/journal/control.ts';
import { START_OF_TIME } from '../../../../lib/core/record/position.ts';

function control(): TaskControl {
  const made = initialControl(2, 3, ['a/0'], ['w/0']);
  made.splits['f'] = { position: '1', maxMs: 0, idleSinceMs: null, idle: false, closed: false };
  const message = { version: 1, part: 0, first: 1, last: 1, stamp: 0, watermark: 0, records: 1, bytes: 1 };
  made.in['a/0'] = { ...newInChannel(), parked: [message] };
  made.origin = { snapshot: 'old', segments: [[2, 5]] };
  made.originVersion = 8;
  return made;
}

describe('initialControl', () => {
  test('is a subtask before its first record at the start of time, with a channel to each neighbour?', () => {
    const made = initialControl(1, 4, ['a/0', 'a/1'], ['w/0']);
    expect(made).toMatchObject({ attempt: 1, stamp: 4, watermark: START_OF_TIME, out: { 'w/0': 0 }, lastCut: null });
    expect(made.in).toEqual({ 'a/0': newInChannel(), 'a/1': newInChannel() });
    expect(made.in['a/0']).not.toBe(made.in['a/1']);
  });
});

describe('copyControl', () => {
  test('does work on the copy leave the original as it was?', () => {
    const original = control();
    const copy = copyControl(original);
    expect(copy).toEqual(original);
    Object.assign(copy.in['a/0']?.parked[0] as object, { stamp: 9 });
    copy.in['a/0']?.parked.pop();
    Object.assign(copy.in['a/0'] as object, { received: 5 });
    Object.assign(copy.splits['f'] as object, { position: '2' });
    copy.out['w/0'] = 7;
    copy.counters.recordsIn = 7;
    countEntry(copy, { heads: 1, all: 1 });
    copy.stamp = 9;
    expect(original).toEqual(control());
  });
});

describe('stateBaseAt', () => {
  const manifest: Manifest = { version: 10, attempt: 2, snapshot: 'new', bytes: 1, stateBytes: 1 };
  const fromOrigin = (upTo: number) => ({
    snapshot: 'old',
    segments: [
      [2, 5],
      [8, upTo],
    ],
  });

  test.each<[string, Partial<Manifest> | undefined, number, unknown]>([
    ['from the manifest', {}, 12, { snapshot: 'new', segments: [[10, 12]] }],
    ['from a manifest of that very version', {}, 10, { snapshot: 'new', segments: [[10, 10]] }],
    ['from a manifest of the restore entry', { version: 8 }, 12, { snapshot: 'new', segments: [[8, 12]] }],
    ['from the origin when the manifest is newer', {}, 9, fromOrigin(9)],
    ['from the origin when the manifest is of another attempt', { attempt: 1 }, 12, fromOrigin(12)],
    ['from the origin when the manifest is from before the restore', { version: 7 }, 12, fromOrigin(12)],
    ['from the origin without a manifest', undefined, 12, fromOrigin(12)],
  ])('does a load begin %s?', (_where, changes, upTo, expected) => {
    expect(stateBaseAt(control(), upTo, changes && { ...manifest, ...changes })).toEqual(expected);
  });
});

describe('countEntry', () => {
  test('are bytes since the last cut summed?', () => {
    const counting = control();
    countEntry(counting, { heads: 1, all: 10 });
    countEntry(counting, { heads: 2, all: 20 });
    expect(counting.sinceCut).toEqual({ heads: 3, all: 30 });
  });
});
