import { invariant } from '../record/invariant.ts';
import type { WindowSpec } from './window-spec.ts';

/**
 * Length of a pane in ms. Panes cut time so that each window is a whole number of panes: an event is added to one
 * pane, and a window is the merge of its panes. Tumbling: the window itself; sliding: gcd(size, slide).
 * Source: Li et al., "No Pane, No Gain", SIGMOD Record 2005.
 */
export function paneMs(spec: WindowSpec): number {
  return spec.kind === 'tumbling' ? spec.sizeMs : greatestCommonDivisor(spec.sizeMs, spec.slideMs);
}

/** Start of the pane that holds `timeMs`; right for times before 1970 and any offset. */
export function paneStart(timeMs: number, spec: WindowSpec): number {
  return alignDown(timeMs, paneMs(spec), spec.offsetMs);
}

/** Starts of all windows that hold the pane, ascending: one for tumbling windows, up to size / slide for sliding. */
export function windowStartsOfPane(paneStartMs: number, spec: WindowSpec): number[] {
  const starts: number[] = [];
  const last = alignDown(paneStartMs, spec.slideMs, spec.offsetMs);
  for (let start = last; start + spec.sizeMs > paneStartMs; start -= spec.slideMs) starts.push(start);
  return starts.reverse();
}

/** The largest offset + k × step that is not above `timeMs`. */
function alignDown(timeMs: number, step: number, offset: number): number {
  return offset + Math.floor((timeMs - offset) / step) * step;
}

function greatestCommonDivisor(a: number, b: number): number {
  invariant(Number.isSafeInteger(a) && a > 0 && Number.isSafeInteger(b) && b > 0, `no windows of ${a} ms each ${b} ms`);
  let [larger, smaller] = [a, b];
  while (smaller > 0) [larger, smaller] = [smaller, larger % smaller];
  return larger;
}
