import { Process, type ProcessFunctions, type ProcessScope } from '../../../../lib/core/operators/process.ts';
import type { Key } from '../../../../lib/core/record/key.ts';
import { END_OF_TIME } from '../../../../lib/core/record/position.ts';
import { OperatorBench, Outlet } from './operator-bench.ts';

interface Handles {
  readonly total: { get(): unknown; set(value: unknown): void; clear(): void };
  readonly seen: { get(): unknown[]; add(value: unknown): void; set(values: unknown[]): void; clear(): void };
  readonly byDay: {
    get(key: Key): unknown;
    set(key: Key, value: unknown): void;
    has(key: Key): boolean;
    delete(key: Key): void;
    keys(): Key[];
    entries(): [Key, unknown][];
    clear(): void;
  };
}
type Step = (state: Handles, scope: ProcessScope) => void;

/** Each element is a function that runs with the scope: a test writes what happens where it happens. */
function setUp(onTimer?: (scope: ProcessScope) => void) {
  const host = new OperatorBench();
  const out = new Outlet();
  const functions: ProcessFunctions = {
    id: 'track',
    state: { total: { kind: 'value', initial: () => 0 }, seen: { kind: 'list' }, byDay: { kind: 'map' } },
    onElement: (step, scope) => (step as Step)(scope.state as unknown as Handles, scope),
    onTimer,
  };
  const open = () => new Process(host, functions, out);
  const process = open();
  const run = (key: string, step: Step, timeMs = 0) => process.onElement(key, step, timeMs);
  return { host, out, process, run, open };
}

/** What a pass does with due timers. */
function advance(process: Process, watermarkMs: number): void {
  for (let next = process.nextDueMs(); next !== undefined && next <= watermarkMs; next = process.nextDueMs()) {
    for (const timer of process.due(next, 10)) {
      if (process.take(timer.timeMs, timer.key)) process.fire(timer.timeMs, timer.key);
    }
  }
}

function setUpTimers() {
  const fired: string[] = [];
  const made = setUp((scope) => fired.push(`${scope.key}@${scope.timestampMs}`));
  const set = (key: string, ...timesMs: number[]) =>
    made.run(key, (_state, { timers }) => {
      for (const timeMs of timesMs) timers.set(timeMs);
    });
  return { ...made, fired, set };
}

describe('value state', () => {
  test('is it the initial value until it is set, and again when it is cleared or set to undefined?', () => {
    const { run, host } = setUp();
    const seen: unknown[] = [];
    const look: Step = ({ total }) => seen.push(total.get());
    run('sa', look);
    run('sa', ({ total }) => total.set(5));
    run('sa', look);
    host.commit();
    run('sa', look);
    run('sb', look);
    run('sa', ({ total }) => total.clear());
    run('sa', look);
    run('sa', ({ total }) => total.set(null));
    run('sa', look);
    run('sa', ({ total }) => total.set(undefined));
    run('sa', look);
    expect(seen).toEqual([0, 5, 5, 0, 0, null, 0]);
  });
});

describe('list state', () => {
  test('are values in the order they were added, across commits, one list for each key?', () => {
    const { run, host } = setUp();
    const lists: unknown[] = [];
    for (let index = 0; index < 12; index += 1) {
      run('sa', ({ seen }) => seen.add(index));
      if (index % 5 === 0) host.commit();
    }
    run('sb', ({ seen }) => seen.add('b'));
    run('sa', ({ seen }) => lists.push(seen.get()));
    run('sb', ({ seen }) => lists.push(seen.get()));
    run('sc', ({ seen }) => lists.push(seen.get()));
    expect(lists).toEqual([[0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11], ['b'], []]);
  });

  test('does set replace a longer list, and clear leave an empty one to add to?', () => {
    const { run, host } = setUp();
    const lists: unknown[] = [];
    run('sa', ({ seen }) => seen.set([1, 2, 3]));
    host.commit();
    run('sa', ({ seen }) => seen.set([{ four: 4 }]));
    run('sa', ({ seen }) => lists.push(seen.get()));
    host.commit();
    run('sa', ({ seen }) => lists.push(seen.get()));
    run('sa', ({ seen }) => {
      seen.clear();
      lists.push(seen.get());
      seen.add('first');
    });
    host.commit();
    run('sa', ({ seen }) => lists.push(seen.get()));
    expect(lists).toEqual([[{ four: 4 }], [{ four: 4 }], [], ['first']]);
    expect(host.state.size).toBe(1);
  });
});

describe('map state', () => {
  test('do keys of every kind come back as they were, in the order of their canonical form?', () => {
    const { run, host } = setUp();
    const looks: unknown[] = [];
    run('sa', ({ byDay }) => {
      for (const key of ['b', 2, 10, ['x', 1], true, 5n, 'a'] as Key[]) byDay.set(key, String(key));
      byDay.set(2, 'two');
    });
    host.commit();
    run('sa', ({ byDay }) => looks.push(byDay.entries(), byDay.keys()));
    run('sb', ({ byDay }) => looks.push(byDay.keys()));
    const entries = [
      [['x', 1], 'x,1'],
      [5n, '5'],
      [10, '10'],
      [2, 'two'],
      ['a', 'a'],
      ['b', 'b'],
      [true, 'true'],
    ];
    expect(looks).toEqual([entries, entries.map(([key]) => key), []]);
  });

  test('are a deleted entry and a cleared map gone at once and after the commit?', () => {
    const { run, host } = setUp();
    const looks: unknown[] = [];
    run('sa', ({ byDay }) => {
      byDay.set('x', 0);
      byDay.set('y', false);
    });
    host.commit();
    run('sa', ({ byDay }) => {
      looks.push(byDay.has('x'), byDay.get('y'));
      byDay.delete('x');
      looks.push(byDay.has('x'), byDay.get('x'), byDay.keys());
      byDay.clear();
      looks.push(byDay.keys());
    });
    host.commit();
    expect(looks).toEqual([true, false, false, undefined, ['y'], []]);
    expect(host.state.size).toBe(0);
  });
});

describe('timers', () => {
  test('do they fire by time, then by key, each with its own key and time?', () => {
    const { process, set, fired } = setUpTimers();
    set('sb', 20, 10);
    set('sa', 20, 30);
    advance(process, 20);
    expect(fired).toEqual(['b@10', 'a@20', 'b@20']);
    expect(process.nextDueMs()).toBe(30);
  });

  test('does a timer that was set twice fire once, also when it was set again after a commit?', () => {
    const { process, set, fired, host } = setUpTimers();
    set('sa', 10, 10);
    host.commit();
    set('sa', 10);
    advance(process, 100);
    host.commit();
    advance(process, END_OF_TIME);
    expect(fired).toEqual(['a@10']);
    expect(host.state.size).toBe(0);
  });

  test('does a cleared timer stay silent, also after a reload, and fire when it is set again?', () => {
    const { process, set, fired, host, run } = setUpTimers();
    set('sa', 10, 20);
    host.commit();
    run('sa', (_state, { timers }) => {
      timers.clear(10);
      timers.clear(20);
      timers.clear(99);
      timers.set(20);
    });
    host.commit();
    process.reload();
    advance(process, 100);
    expect(fired).toEqual(['a@20']);
  });

  test('is one that another timer of the same moment clears not fired any more?', () => {
    const fired: unknown[] = [];
    const { process, run } = setUp((scope) => {
      fired.push(scope.timestampMs);
      scope.timers.clear(20);
    });
    run('sa', (_state, { timers }) => {
      timers.set(10);
      timers.set(20);
    });
    advance(process, 100);
    expect(fired).toEqual([10]);
  });

  test('may a timer set the next one, which fires in the same advance when it is due?', () => {
    const fired: number[] = [];
    const { process, run } = setUp(({ timestampMs, timers }) => {
      fired.push(timestampMs);
      timers.set(timestampMs + 10);
    });
    run('sa', (_state, { timers }) => timers.set(0));
    advance(process, 25);
    expect(fired).toEqual([0, 10, 20]);
    expect(process.nextDueMs()).toBe(30);
  });

  test('are they there after a load, and gone after a rollback?', () => {
    const { process, set, fired, host, open } = setUpTimers();
    set('sa', 10);
    host.commit();
    set('sb', 5);
    host.state.rollback();
    const loaded = open();
    loaded.reload();
    process.reload();
    advance(loaded, 10);
    expect(fired).toEqual(['a@10']);
    expect(process.nextDueMs()).toBe(10);
  });

  test('is a timer that was taken gone even if its function fails?', () => {
    const { process, set, host } = setUpTimers();
    set('sa', 10);
    host.commit();
    host.setCareful(true);
    const [timer] = process.due(10, 1);
    expect(process.take(timer?.timeMs as number, 'sa')).toBe(true);
    host.state.keepRecord();
    host.state.dropRecord();
    host.commit();
    process.reload();
    expect(process.nextDueMs()).toBeUndefined();
    expect(process.take(10, 'sa')).toBe(false);
  });

  test.each([Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 2 ** 53, new Date(5), '5'])(
    'is a timer for %p refused, and no other timer disturbed?',
    (timeMs) => {
      const { process, set, fired } = setUpTimers();
      set('sa', 1000);
      expect(() => set('sb', timeMs as number)).toThrow(
        expect.objectContaining({ code: 'TM_TIMER_TIME', kind: 'invalid' }),
      );
      advance(process, 999);
      expect(fired).toEqual([]);
    },
  );

  test('are a negative and a fractional time exact across a load?', () => {
    const { set, fired, host, open } = setUpTimers();
    set('sa', -1.5, 0.1 + 0.2);
    host.commit();
    const loaded = open();
    loaded.reload();
    advance(loaded, 1);
    expect(fired).toEqual(['a@-1.5', `a@${0.1 + 0.2}`]);
  });
});

describe('what a process sends', () => {
  test('does it carry the time of the element or timer, and is the operator named again afterwards?', () => {
    const { process, out, host, run } = setUp((scope) => scope.emit(`timer ${scope.key}`));
    host.watermarkMs = 7;
    const at: unknown[] = [];
    run(
      'sa',
      (_state, scope) => {
        scope.emit(scope.watermarkMs);
        host.at = 'downstream';
        scope.emit('more');
        at.push(host.at);
        scope.timers.set(50);
      },
      42,
    );
    advance(process, 50);
    expect(out.got).toEqual([7, 'more', 'timer a']);
    expect(out.timesMs).toEqual([42, 42, 50]);
    expect(at).toEqual(['track']);
  });
});
