import fc from 'fast-check';
import { paneMs, paneStart, windowStartsOfPane } from '../../../../lib/core/time/window-assigner.ts';
import type { WindowSpec } from '../../../../lib/core/time/window-spec.ts';

const spec: fc.Arbitrary<WindowSpec> = fc
  .record({ slideMs: fc.integer({ min: 1, max: 40 }), more: fc.nat(60), offsetMs: fc.integer({ min: -100, max: 100 }) })
  .chain(({ slideMs, more, offsetMs }) =>
    fc.constantFrom<WindowSpec>(
      { kind: 'sliding', sizeMs: slideMs + more, slideMs, offsetMs },
      { kind: 'tumbling', sizeMs: slideMs, slideMs, offsetMs },
    ),
  );
const time = fc.integer({ min: -500, max: 500 });

/** All window starts that hold the event time, by trying every k. */
function windowsOf(timeMs: number, { sizeMs, slideMs, offsetMs }: WindowSpec): number[] {
  const starts: number[] = [];
  for (let k = -1500; k <= 1500; k += 1) {
    const start = offsetMs + k * slideMs;
    if (start <= timeMs && timeMs < start + sizeMs) starts.push(start);
  }
  return starts;
}

describe('windows by panes', () => {
  test('does an event get exactly the windows that brute force gives it?', () => {
    fc.assert(
      fc.property(spec, time, (windows, timeMs) => {
        expect(windowStartsOfPane(paneStart(timeMs, windows), windows)).toEqual(windowsOf(timeMs, windows));
      }),
      { numRuns: 1000 },
    );
  });

  test('is each window a whole number of panes, so that no pane is cut by an edge?', () => {
    fc.assert(
      fc.property(spec, time, (windows, timeMs) => {
        const pane = paneMs(windows);
        for (const start of windowsOf(timeMs, windows)) {
          expect(paneStart(start, windows)).toBe(start);
          expect(paneStart(start + windows.sizeMs, windows)).toBe(start + windows.sizeMs);
        }
        expect(windows.sizeMs % pane).toBe(0);
      }),
    );
  });
});
