import {
  accumulate,
  isLate,
  WindowAggregate,
  type WindowSettings,
} from '../../../../lib/core/operators/window-aggregate.ts';
import { END_OF_TIME } from '../../../../lib/core/record/position.ts';
import type { WindowSpec } from '../../../../lib/core/time/window-spec.ts';
import { OperatorBench, Outlet } from './operator-bench.ts';

const tumbling: WindowSpec = { kind: 'tumbling', sizeMs: 100, slideMs: 100, offsetMs: 0 };
const sliding: WindowSpec = { kind: 'sliding', sizeMs: 100, slideMs: 40, offsetMs: 0 };
const sum: Pick<WindowSettings, 'init' | 'add' | 'merge'> = {
  init: () => 0,
  add: (total, value) => (total as number) + (value as number),
  merge: (left, right) => (left as number) + (right as number),
};
interface Result {
  readonly key: unknown;
  readonly window: { readonly start: Date; readonly end: Date };
  readonly value: unknown;
}

function setUp(changes: Partial<WindowSettings> = {}) {
  const host = new OperatorBench();
  const out = new Outlet();
  const settings: WindowSettings = {
    id: 'hourly',
    window: tumbling,
    allowedLatenessMs: 0,
    late: 'dead-letter',
    ...sum,
    ...changes,
  };
  const window = new WindowAggregate(host, settings, out);
  const advance = (watermarkMs: number): string[] => {
    const before = out.got.length;
    host.watermarkMs = watermarkMs;
    for (let due = window.due(watermarkMs); due; due = window.due(watermarkMs)) {
      for (const key of due.keys) due.fire(key);
      due.drop();
    }
    return (out.got.slice(before) as Result[]).map(
      ({ key, window: { start, end }, value }) =>
        `${key} ${start.getTime()}..${end.getTime()} ${JSON.stringify(value)}`,
    );
  };
  return { host, out, settings, window, advance };
}

describe('WindowAggregate', () => {
  test('does a window fire its keys in order, with its bounds, at its last millisecond?', () => {
    const { window, advance, out, host } = setUp();
    window.addRecord('sb', 1, 199);
    window.addRecord('sa', 2, 100);
    window.addRecord('sb', 3, 100);
    window.addRecord('sa', 9, 200);
    expect(advance(199)).toEqual(['a 100..200 2', 'b 100..200 4']);
    expect(out.timesMs).toEqual([199, 199]);
    expect(host.at).toBe('hourly');
  });

  test.each([0, 1, 50])('does it fire at end + lateness - 1, and not a millisecond before? (lateness %i)', (late) => {
    const { window, advance } = setUp({ allowedLatenessMs: late });
    window.addRecord('sa', 1, 0);
    expect(window.nextDueMs()).toBe(100 + late - 1);
    expect(window.holdBackMs).toBe(late);
    expect(advance(100 + late - 2)).toEqual([]);
    expect(advance(100 + late - 1)).toEqual(['a 0..100 1']);
    expect(window.nextDueMs()).toBeUndefined();
  });

  test.each([0, 1, 50])('is a record late from the very watermark that fires? (lateness %i)', (lateness) => {
    const { window, advance, host } = setUp({ allowedLatenessMs: lateness });
    host.watermarkMs = 100 + lateness - 2;
    window.addRecord('sa', 1, 99);
    expect(advance(100 + lateness - 1)).toEqual(['a 0..100 1']);
    window.addRecord('sa', 2, 99);
    expect(host.letters).toHaveLength(1);
    expect(advance(END_OF_TIME)).toEqual([]);
  });

  test('is a late record refused even when its window never was?', () => {
    const { window, advance, host } = setUp();
    advance(99);
    window.addRecord('sa', 1, 0);
    expect(host.letters).toHaveLength(1);
    expect(window.nextDueMs()).toBeUndefined();
    expect(host.state.changes()).toEqual([]);
  });

  test('does a window fire once, whatever comes for it and however often the watermark does?', () => {
    const { window, advance, host } = setUp({ late: 'drop', allowedLatenessMs: 10 });
    window.addRecord('sa', 1, 0);
    expect(advance(105)).toEqual([]);
    window.addRecord('sa', 2, 0);
    expect(advance(109)).toEqual(['a 0..100 3']);
    window.addRecord('sa', 4, 0);
    window.addPartial('sa', 0, 8, 5);
    expect(advance(109)).toEqual([]);
    expect(advance(END_OF_TIME)).toEqual([]);
    expect(host.counters.lateDropped).toBe(6);
    expect(host.letters).toEqual([]);
  });

  test('does a late letter say where the record came from, and a late partial how many it stands for?', () => {
    const { window, advance, host } = setUp();
    advance(99);
    window.addRecord('sa', 7, 0, { split: 'f', first: '12' });
    window.addPartial('sa', 0, 30, 3, { split: 'f', first: '13', last: '19' });
    window.addRecord('sa', 8, 0);
    const letter = {
      operator: 'hourly',
      code: 'TM_RECORD_LATE',
      message: 'the record came after its window had fired',
    };
    expect(host.letters).toEqual([
      { ...letter, count: 1, record: 7, split: 'f', position: '12' },
      { ...letter, count: 3, record: 30, split: 'f', position: '13', lastPosition: '19' },
      { ...letter, count: 1, record: 8 },
    ]);
  });

  test('does a record go into each window that holds it, and only into those still open?', () => {
    const { window, advance, host } = setUp({ window: sliding });
    window.addRecord('sa', 1, 85);
    expect(advance(99)).toEqual(['a 0..100 1']);
    window.addRecord('sa', 2, 85);
    expect(host.letters).toEqual([]);
    expect(advance(END_OF_TIME)).toEqual(['a 40..140 3', 'a 80..180 3']);
  });

  test('is a partial added to each window of its pane, from an accumulator of its own?', () => {
    const merge = (left: unknown, right: unknown) => {
      (left as number[]).push(...(right as number[]));
      return left;
    };
    const { window, advance } = setUp({ window: sliding, init: () => [], merge });
    window.addPartial('sa', 80, [1], 1);
    window.addPartial('sa', 60, [2], 1);
    window.addPartial('sa', 120, [3], 1);
    expect(advance(END_OF_TIME)).toEqual(['a 0..100 [1,2]', 'a 40..140 [1,2,3]', 'a 80..180 [1,3]', 'a 120..220 [3]']);
  });

  test('do windows stay apart when the function keeps the first record as the accumulator and changes it?', () => {
    // Prepare
    const add = (first: unknown, value: unknown) => {
      if (first === undefined) return value;
      (first as { n: number }).n += (value as { n: number }).n;
      return first;
    };
    const { window, advance } = setUp({ window: sliding, init: () => undefined, add, merge: undefined });
    const records = [{ n: 1 }, { n: 2 }, { n: 4 }];
    // Act
    for (const record of records) window.addRecord('sa', record, 85);
    // Assess
    expect(advance(END_OF_TIME)).toEqual(['a 0..100 {"n":7}', 'a 40..140 {"n":7}', 'a 80..180 {"n":7}']);
    expect(records).toEqual([{ n: 1 }, { n: 2 }, { n: 4 }]);
  });

  test('are records combined without a merge function?', () => {
    const { window, advance } = setUp({ merge: undefined });
    window.addRecord('sa', 1, 0);
    window.addRecord('sa', 2, 1);
    expect(advance(99)).toEqual(['a 0..100 3']);
  });

  test('do records and partials meet in one window, across commits and a reload?', () => {
    const { window, advance, host, settings, out } = setUp();
    window.addRecord('sa', 1, 0);
    host.commit();
    window.addPartial('sa', 0, 10, 4);
    host.commit();
    const loaded = new WindowAggregate(host, settings, out);
    loaded.reload();
    expect(loaded.nextDueMs()).toBe(99);
    loaded.addRecord('sa', 100, 50);
    window.reload();
    expect(advance(99)).toEqual(['a 0..100 111']);
  });

  test('are windows before 1970 and with an offset where they should be?', () => {
    const { window, advance } = setUp({ window: { ...tumbling, offsetMs: 30 } });
    window.addRecord('n-1', 1, -71);
    window.addRecord('n-1', 2, -70);
    window.addRecord('n-1', 4, 29);
    window.addRecord('n-1', 8, 30);
    expect(advance(END_OF_TIME)).toEqual(['-1 -170..-70 1', '-1 -70..30 6', '-1 30..130 8']);
  });

  test('do due windows come oldest first, one at a time?', () => {
    const { window, host } = setUp();
    for (const timeMs of [250, 50, 150]) window.addRecord('sa', timeMs, timeMs);
    host.watermarkMs = 500;
    const first = window.due(500);
    expect(window.nextDueMs()).toBe(99);
    first?.drop();
    expect(window.nextDueMs()).toBe(199);
    expect(window.due(198)).toBeUndefined();
  });

  test('is nothing of a window left in the state once it has fired?', () => {
    const { window, advance, host } = setUp();
    window.addRecord('sa', 1, 0);
    host.commit();
    advance(99);
    host.commit();
    expect(host.state.size).toBe(0);
    expect([...host.state.snapshot()]).toEqual([]);
  });

  test('is a window without a living key passed over, as after a record that was rolled back?', () => {
    const { window, advance, host } = setUp();
    host.setCareful(true);
    window.addRecord('sa', 1, 0);
    host.state.dropRecord();
    expect(advance(99)).toEqual([]);
    expect(window.nextDueMs()).toBeUndefined();
  });
});

describe('isLate', () => {
  test('is a pane late when the last of its windows is, and not before?', () => {
    const { settings } = setUp({ window: sliding, allowedLatenessMs: 5 });
    expect(isLate(settings, 80, 183)).toBe(false);
    expect(isLate(settings, 80, 184)).toBe(true);
    expect(isLate(settings, 100, 184)).toBe(true);
    expect(isLate(settings, 120, 184)).toBe(false);
  });
});

describe('accumulate', () => {
  test('does a first value begin with init, and a later one with what there is?', () => {
    const { settings } = setUp({ init: () => 100 });
    expect(accumulate(settings, undefined, 1)).toBe(101);
    expect(accumulate(settings, 0, 1)).toBe(1);
  });

  test('is a function that may change and return its accumulator given it without a copy?', () => {
    const { settings } = setUp({ add: (all) => all });
    const all = { n: 1 };
    expect(accumulate(settings, all, { n: 2 })).toBe(all);
  });
});
