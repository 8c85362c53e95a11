import fc from 'fast-check';
import { Dedupe } from '../../../../lib/core/operators/dedupe.ts';
import { OperatorBench, Outlet } from '../../../unit/core/operators/operator-bench.ts';

const step = fc.record({
  id: fc.constantFrom('a', 'b'),
  timeMs: fc.integer({ min: -60, max: 60 }),
  watermarkMs: fc.option(fc.integer({ min: -60, max: 60 })),
});

describe('Dedupe', () => {
  test('does each record on time get the answer that a list of all first ones gives?', () => {
    fc.assert(
      fc.property(fc.nat(30), fc.array(step, { maxLength: 40 }), (withinMs, steps) => {
        const host = new OperatorBench();
        const out = new Outlet();
        const dedupe = new Dedupe(host, 'once', withinMs, out);
        const firsts: { id: string; timeMs: number }[] = [];
        for (const { id, timeMs, watermarkMs } of steps) {
          // Records at or below the watermark are late: what they may be compared with is gone.
          if (timeMs > host.watermarkMs) {
            const isFirst = !firsts.some((one) => one.id === id && Math.abs(one.timeMs - timeMs) <= withinMs);
            if (isFirst) firsts.push({ id, timeMs });
            dedupe.push(id, undefined, { id, timeMs }, timeMs);
          }
          if (watermarkMs === null) continue;
          host.watermarkMs = Math.max(host.watermarkMs, watermarkMs);
          dedupe.onWatermark(host.watermarkMs);
          host.commit();
          dedupe.reload();
        }
        expect(out.got).toEqual(firsts);
      }),
      { numRuns: 500 },
    );
  });
});
