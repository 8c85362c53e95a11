import { Dedupe } from '../../../../lib/core/operators/dedupe.ts';
import { OperatorBench, Outlet } from './operator-bench.ts';

function setUp(withinMs: number) {
  const host = new OperatorBench();
  const out = new Outlet();
  return { host, out, dedupe: new Dedupe(host, 'once', withinMs, out) };
}

/** Times that are let through when records of one id come at `timesMs`. */
function passed(withinMs: number, timesMs: readonly number[]): number[] {
  const { dedupe, out } = setUp(withinMs);
  for (const timeMs of timesMs) dedupe.push('a', undefined, timeMs, timeMs);
  return out.timesMs;
}

describe('Dedupe', () => {
  test.each([
    ['exactly within of it', 100, [1000, 1100], [1000]],
    ['one millisecond further', 100, [1000, 1101], [1000, 1101]],
    ['exactly within before it', 100, [1000, 900], [1000]],
    ['one millisecond further before it', 100, [1000, 899], [1000, 899]],
    ['at the same time, within nothing', 0, [5, 5, 6], [5, 6]],
    ['on both sides of 1970', 100, [-50, 50, 51], [-50, 51]],
    ['before 1970', 7, [-1000, -993, -992, -1007, -1008], [-1000, -992, -1008]],
    ['after the duplicate of a first one', 100, [0, 90, 180], [0, 180]],
  ])('what becomes of a record %s?', (_where, withinMs, timesMs, expected) => {
    expect(passed(withinMs, timesMs)).toEqual(expected);
  });

  test.each([1, 2, 3, 4, 5, 7, 100])('is the bound the same wherever the bucket edges are? (within %i)', (withinMs) => {
    for (let firstMs = -2 * withinMs - 3; firstMs <= 2 * withinMs + 3; firstMs += 1) {
      for (const sign of [-1, 1]) {
        expect(passed(withinMs, [firstMs, firstMs + sign * withinMs])).toEqual([firstMs]);
        expect(passed(withinMs, [firstMs, firstMs + sign * (withinMs + 1)])).toHaveLength(2);
      }
    }
  });

  test('are ids of different keys kept apart, also when key and id together read alike?', () => {
    const { dedupe, out, host } = setUp(100);
    for (const [scope, id] of [
      ['sa', 'b'],
      ['sas', 'b'],
      ['sa', 'sb'],
      ['s', 'asb'],
      ['sa', 'b'],
    ] as const)
      dedupe.push(id, scope, `${scope}+${id}`, 0);
    expect(out.got).toEqual(['sa+b', 'sas+b', 'sa+sb', 's+asb']);
    expect(host.counters.duplicates).toBe(1);
  });

  test('are a number and its text different ids, and equal tuples the same?', () => {
    const { dedupe, out } = setUp(100);
    for (const id of [1, '1', ['a', 1], ['a', 1], ['a', '1']] as const) dedupe.push(id, undefined, id, 0);
    expect(out.got).toEqual([1, '1', ['a', 1], ['a', '1']]);
  });

  test('are ids still known after a commit and a reload?', () => {
    const { dedupe, out, host } = setUp(100);
    dedupe.push('a', undefined, 'first', 0);
    host.commit();
    const loaded = new Dedupe(host, 'once', 100, out);
    loaded.reload();
    loaded.push('a', undefined, 'again', 100);
    expect(out.got).toEqual(['first']);
  });

  test('is a first record forgotten when its batch is rolled back?', () => {
    const { dedupe, out, host } = setUp(100);
    dedupe.push('a', undefined, 'lost', 0);
    host.state.rollback();
    dedupe.reload();
    dedupe.push('a', undefined, 'again', 0);
    expect(out.got).toEqual(['lost', 'again']);
  });

  test('does a bucket go when no record on time can need it, and not a millisecond before?', () => {
    // Prepare: within 100 gives buckets of 25; the id at 124 is in [100, 125), and 224 is its last duplicate.
    const { dedupe, out, host } = setUp(100);
    dedupe.push('a', undefined, 'first', 124);
    host.commit();
    // Act
    dedupe.onWatermark(224);
    dedupe.push('a', undefined, 'kept', 224);
    dedupe.onWatermark(225);
    host.commit();
    // Assess
    expect(out.got).toEqual(['first']);
    expect(host.state.size).toBe(0);
    expect(host.state.table('once').namespaces()).toEqual([]);
  });

  test('do only the buckets go that the watermark has passed, oldest first?', () => {
    const { dedupe, host } = setUp(100);
    for (const timeMs of [300, 0, 25, -25]) dedupe.push(`id${timeMs}`, undefined, timeMs, timeMs);
    host.commit();
    dedupe.onWatermark(149);
    host.commit();
    expect(host.state.table('once').namespaces().sort()).toEqual(['25', '300']);
  });

  test('is the operator named before the next one runs, so that a dead letter has its address?', () => {
    const { dedupe, host } = setUp(1);
    dedupe.push('a', undefined, 'a', 0);
    expect(host.at).toBe('once');
  });
});
