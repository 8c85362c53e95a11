import { fanOut } from '../../../../lib/core/operators/operator-host.ts';
import {
  eventTimeOperator,
  filterOperator,
  flatMapOperator,
  MAX_AHEAD_MS,
  mapOperator,
} from '../../../../lib/core/operators/stateless.ts';
import { OperatorBench, Outlet } from './operator-bench.ts';

function setUpTime(nowMs = 1000) {
  const host = new OperatorBench();
  host.nowMs = nowMs;
  const out = new Outlet();
  return { host, out, time: eventTimeOperator(host, 'when', (value) => value as number | Date, out) };
}

describe('map, filter and flatMap', () => {
  test('does each pass on what its function says, with the time it came with?', () => {
    const host = new OperatorBench();
    const out = new Outlet();
    const flat = flatMapOperator(host, 'flat', (n) => Array.from({ length: n as number }, () => n), out);
    const kept = filterOperator(host, 'keep', (n) => (n as number) !== 2, flat);
    const mapped = mapOperator(host, 'map', (n) => (n as number) - 1, kept);
    for (const n of [1, 2, 3, 4]) mapped.push(n, n * 10);
    expect(out.got).toEqual([1, 3, 3, 3]);
    expect(out.timesMs).toEqual([20, 40, 40, 40]);
  });

  test('is the operator whose function throws the one that is named?', () => {
    const host = new OperatorBench();
    const boom = () => {
      throw new Error('boom');
    };
    const failing = filterOperator(host, 'second', boom, new Outlet());
    expect(() => mapOperator(host, 'first', (n) => n, failing).push(1, 0)).toThrow('boom');
    expect(host.at).toBe('second');
  });

  test('does what a generator gave before it threw go on, for the pass to take back?', () => {
    const out = new Outlet();
    const operator = flatMapOperator(
      new OperatorBench(),
      'flat',
      function* () {
        yield 1;
        throw new Error('boom');
      },
      out,
    );
    expect(() => operator.push(0, 0)).toThrow('boom');
    expect(out.got).toEqual([1]);
  });
});

describe('fanOut', () => {
  test('does each target get each value, in order, and one target no detour?', () => {
    const outs = [new Outlet(), new Outlet()] as const;
    const both = fanOut(outs);
    both.push('a', 1);
    both.push('b', 2);
    expect(outs.map((out) => [out.got, out.timesMs])).toEqual([
      [
        ['a', 'b'],
        [1, 2],
      ],
      [
        ['a', 'b'],
        [1, 2],
      ],
    ]);
    expect(fanOut([outs[0]])).toBe(outs[0]);
  });
});

describe('event time', () => {
  test('may it be a number or a Date, before 1970 too, and is the highest one noted?', () => {
    const { time, out, host } = setUpTime();
    for (const value of [5, new Date(700), -3, 0]) time.push(value, 99);
    expect(out.timesMs).toEqual([5, 700, -3, 0]);
    expect(host.observedMs).toBe(700);
  });

  test.each([
    Number.NaN,
    Infinity,
    -Infinity,
    new Date(Number.NaN),
    -Number.MAX_VALUE,
    -8.64e15 - 1,
    undefined,
    null,
    '5',
  ])('is %p refused as a time, and nothing noted?', (value) => {
    const { time, out, host } = setUpTime();
    expect(() => time.push(value, 0)).toThrow();
    expect(out.got).toEqual([]);
    expect(host.observedMs).toBe(Number.MIN_SAFE_INTEGER);
  });

  test('is the refusal one with a code, and the earliest Date still a time?', () => {
    const { time, out } = setUpTime();
    expect(() => time.push(Number.NaN, 0)).toThrow(expect.objectContaining({ code: 'TM_EVENT_TIME_INVALID' }));
    time.push(-8.64e15, 0);
    expect(out.timesMs).toEqual([-8.64e15]);
  });

  test('is a day ahead of the clock allowed, and a millisecond more not?', () => {
    const { time, out, host } = setUpTime(1000);
    time.push(1000 + MAX_AHEAD_MS, 0);
    expect(() => time.push(1001 + MAX_AHEAD_MS, 0)).toThrow(
      expect.objectContaining({ code: 'TM_EVENT_TIME_FUTURE', kind: 'invalid' }),
    );
    expect(out.timesMs).toEqual([1000 + MAX_AHEAD_MS]);
    expect(host.observedMs).toBe(1000 + MAX_AHEAD_MS);
  });
});
