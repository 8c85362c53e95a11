import fc from 'fast-check';
import { PartialAggregate } from '../../../../lib/core/operators/partial-aggregate.ts';
import { WindowAggregate, type WindowSettings } from '../../../../lib/core/operators/window-aggregate.ts';
import { END_OF_TIME } from '../../../../lib/core/record/position.ts';
import type { WindowSpec } from '../../../../lib/core/time/window-spec.ts';
import { OperatorBench, Outlet } from '../../../unit/core/operators/operator-bench.ts';

interface Total {
  sum: number;
  count: number;
}
const functions = {
  init: (): unknown => ({ sum: 0, count: 0 }),
  // Both change what they are given, as users' functions may.
  add: (total: unknown, value: unknown): unknown => {
    (total as Total).sum += value as number;
    (total as Total).count += 1;
    return total;
  },
  merge: (left: unknown, right: unknown): unknown => {
    (left as Total).sum += (right as Total).sum;
    (left as Total).count += (right as Total).count;
    return left;
  },
};
const spec: fc.Arbitrary<WindowSpec> = fc
  .record({ slideMs: fc.integer({ min: 1, max: 20 }), more: fc.nat(40), offsetMs: fc.integer({ min: -20, max: 20 }) })
  .chain(({ slideMs, more, offsetMs }) =>
    fc.constantFrom<WindowSpec>(
      { kind: 'sliding', sizeMs: slideMs + more, slideMs, offsetMs },
      { kind: 'tumbling', sizeMs: slideMs, slideMs, offsetMs },
    ),
  );
const record = fc.record({
  key: fc.constantFrom('sa', 'sb'),
  value: fc.integer({ min: -9, max: 9 }),
  timeMs: fc.integer({ min: -60, max: 60 }),
});
const batch = fc.record({
  records: fc.array(record, { maxLength: 12 }),
  watermarkMs: fc.integer({ min: -60, max: 80 }),
  careful: fc.boolean(),
});

function receiver(settings: WindowSettings) {
  const host = new OperatorBench();
  const out = new Outlet();
  const window = new WindowAggregate(host, settings, out);
  const advance = (watermarkMs: number) => {
    host.watermarkMs = Math.max(host.watermarkMs, watermarkMs);
    for (let due = window.due(host.watermarkMs); due; due = window.due(host.watermarkMs)) {
      for (const key of due.keys) due.fire(key);
      due.drop();
    }
    host.commit();
  };
  return { host, out, window, advance };
}

describe('PartialAggregate', () => {
  test('do partials of several senders and batches give what the records alone would, late ones included?', () => {
    const property = fc.property(
      spec,
      fc.integer({ min: 0, max: 20 }),
      fc.array(batch, { maxLength: 8 }),
      (window, allowedLatenessMs, batches) => {
        // Prepare
        const settings: WindowSettings = { id: 'w', window, allowedLatenessMs, late: 'drop', ...functions };
        const whole = receiver({ ...settings, merge: undefined });
        const parted = receiver(settings);
        const sender = new OperatorBench();
        const combiner = new PartialAggregate(sender, settings, {
          partial: (...partial) => parted.window.addPartial(...partial),
          record: (...late) => parted.window.addRecord(...late),
        });
        // Act
        for (const { records, watermarkMs, careful } of batches) {
          sender.setCareful(careful);
          for (const { key, value, timeMs } of records) {
            combiner.add(key, value, timeMs);
            whole.window.addRecord(key, value, timeMs);
          }
          combiner.flush();
          sender.watermarkMs = Math.max(sender.watermarkMs, watermarkMs);
          for (const side of [whole, parted]) side.advance(watermarkMs);
        }
        for (const side of [whole, parted]) side.advance(END_OF_TIME);
        // Assess
        expect(parted.out.got).toEqual(whole.out.got);
        expect(parted.out.timesMs).toEqual(whole.out.timesMs);
        expect(parted.host.counters).toEqual(whole.host.counters);
      },
    );
    fc.assert(property, { numRuns: 500 });
  });
});

describe('WindowAggregate', () => {
  test('is each window the sum of its records by brute force, fired once, in order of time and key?', () => {
    const property = fc.property(spec, fc.array(record, { maxLength: 30 }), (window, records) => {
      const {
        window: aggregate,
        out,
        advance,
      } = receiver({ id: 'w', window, allowedLatenessMs: 0, late: 'drop', ...functions });
      for (const { key, value, timeMs } of records) aggregate.addRecord(key, value, timeMs);
      advance(END_OF_TIME);
      const expected: unknown[] = [];
      for (let k = -200; k <= 200; k += 1) {
        const start = window.offsetMs + k * window.slideMs;
        const end = start + window.sizeMs;
        for (const key of ['sa', 'sb']) {
          const own = records.filter((one) => one.key === key && start <= one.timeMs && one.timeMs < end);
          if (own.length === 0) continue;
          const value = { sum: own.reduce((sum, one) => sum + one.value, 0), count: own.length };
          expected.push({ key: key.slice(1), window: { start: new Date(start), end: new Date(end) }, value });
        }
      }
      expect(out.got).toEqual(expected);
    });
    fc.assert(property, { numRuns: 300 });
  });
});
