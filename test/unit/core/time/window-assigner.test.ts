import { paneMs, paneStart, windowStartsOfPane } from '../../../../lib/core/time/window-assigner.ts';
import type { WindowSpec } from '../../../../lib/core/time/window-spec.ts';

const tumbling = (sizeMs: number, offsetMs = 0): WindowSpec => ({
  kind: 'tumbling',
  sizeMs,
  slideMs: sizeMs,
  offsetMs,
});
const sliding = (sizeMs: number, slideMs: number, offsetMs = 0): WindowSpec => ({
  kind: 'sliding',
  sizeMs,
  slideMs,
  offsetMs,
});

describe('panes', () => {
  test.each([
    ['tumbling', tumbling(60), 60],
    ['sliding by a divisor', sliding(60, 20), 20],
    ['sliding by no divisor', sliding(60, 25), 5],
    ['sliding without overlap', sliding(60, 60), 60],
  ])('is the pane of %s windows as long as it can be?', (_name, spec, expected) => {
    expect(paneMs(spec)).toBe(expected);
  });

  test('are windows that never end refused?', () => {
    expect(() => paneMs(sliding(60, 0))).toThrow('no windows of 60 ms each 0 ms');
    expect(() => paneMs(sliding(1.5, 1))).toThrow('no windows');
  });

  test.each([
    [0, 0],
    [59, 0],
    [60, 60],
    [-1, -60],
    [-60, -60],
    [-61, -120],
  ])('does time %i fall into the pane that begins at %i?', (time, start) => {
    expect(paneStart(time, tumbling(60))).toBe(start);
    expect(paneStart(time + 7, tumbling(60, 7))).toBe(start + 7);
    expect(paneStart(time - 7, tumbling(60, -7))).toBe(start - 7);
  });
});

describe('windowStartsOfPane', () => {
  test('is it the one window of a tumbling pane?', () => {
    expect(windowStartsOfPane(-60, tumbling(60))).toEqual([-60]);
  });

  test('are they all windows that hold a sliding pane, ascending, below zero too?', () => {
    expect(windowStartsOfPane(40, sliding(60, 20))).toEqual([0, 20, 40]);
    expect(windowStartsOfPane(0, sliding(60, 20))).toEqual([-40, -20, 0]);
    expect(windowStartsOfPane(-5, sliding(60, 25, 3))).toEqual([-47, -22]);
  });
});
