import { type Duration, durationMs } from '../core/record/duration.ts';
import type { WindowSpec } from '../core/time/window-spec.ts';
import { checkOptions } from './option-check.ts';

/** `[start, end)` in event time. */
export interface TimeWindow {
  readonly start: Date;
  readonly end: Date;
}

/** What a window emits, once: the key, the window and what was accumulated. */
export interface WindowResult<out K, out A> {
  readonly key: K;
  readonly window: TimeWindow;
  readonly value: A;
}

/** Options of `.window(…)`. */
export interface WindowOptions {
  /** A window fires, once, when the watermark has passed its end by this much. Default: none. */
  readonly allowedLateness?: Duration;
  /** A record that comes after its window has fired: `drop` counts it, `dead-letter` also keeps it. */
  readonly late: 'drop' | 'dead-letter';
}

/** Windows of equal size, side by side: each event belongs to one. `offset` moves their beginnings from 1970-01-01 UTC. */
export function tumbling(size: Duration, options: { readonly offset?: Duration } = {}): WindowSpec {
  checkOptions('tumbling(…)', options, ['offset']);
  const sizeMs = durationMs(size, 'size of tumbling(…)');
  const offsetMs = durationMs(options.offset ?? {}, 'offset of tumbling(…)');
  return Object.freeze({ kind: 'tumbling', sizeMs, slideMs: sizeMs, offsetMs });
}

/** Windows of `size`, a new one `every` so often (at most `size`): each event belongs to about size / every of them. */
export function sliding(size: Duration, options: { readonly every: Duration; readonly offset?: Duration }): WindowSpec {
  checkOptions('sliding(…)', options, ['every', 'offset']);
  return Object.freeze({
    kind: 'sliding',
    sizeMs: durationMs(size, 'size of sliding(…)'),
    slideMs: durationMs(options.every, 'every of sliding(…)'),
    offsetMs: durationMs(options.offset ?? {}, 'offset of sliding(…)'),
  });
}
