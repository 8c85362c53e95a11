import { TidemarkError } from '../record/errors.ts';
import type { Collector, OperatorHost } from './operator-host.ts';

export function mapOperator(
  host: OperatorHost,
  id: string,
  map: (value: unknown) => unknown,
  next: Collector,
): Collector {
  return {
    push(value, timestampMs) {
      host.at = id;
      next.push(map(value), timestampMs);
    },
  };
}

export function filterOperator(
  host: OperatorHost,
  id: string,
  keep: (value: unknown) => boolean,
  next: Collector,
): Collector {
  return {
    push(value, timestampMs) {
      host.at = id;
      if (keep(value)) next.push(value, timestampMs);
    },
  };
}

export function flatMapOperator(
  host: OperatorHost,
  id: string,
  flatMap: (value: unknown) => Iterable<unknown>,
  next: Collector,
): Collector {
  return {
    push(value, timestampMs) {
      host.at = id;
      for (const item of flatMap(value)) next.push(item, timestampMs);
    },
  };
}

/** How far ahead of the clock an event time may lie before the record is refused: a watermark never comes back. */
export const MAX_AHEAD_MS = 86_400_000;

/** The range of a Date: windows beyond it have no bounds that could be written down. */
const MAX_TIME_MS = 8.64e15;

/** Assigns event time. A time that is not one, or more than a day ahead of the clock, is refused. */
export function eventTimeOperator(
  host: OperatorHost,
  id: string,
  // biome-ignore lint/style/noRestrictedGlobals: a Date is what the user's function may return; no clock is read.
  timestamp: (value: unknown) => number | Date,
  next: Collector,
): Collector {
  return {
    push(value) {
      host.at = id;
      const time = timestamp(value);
      const timeMs = typeof time === 'number' ? time : time.getTime();
      if (!(Math.abs(timeMs) <= MAX_TIME_MS)) {
        throw new TidemarkError(
          'TM_EVENT_TIME_INVALID',
          'invalid',
          'the event time is not a time',
          'Return milliseconds since 1970 or a valid Date from eventTime.',
        );
      }
      if (timeMs > host.nowMs + MAX_AHEAD_MS) {
        throw new TidemarkError(
          'TM_EVENT_TIME_FUTURE',
          'invalid',
          `the event time ${timeMs} is more than a day ahead of the clock`,
          'Check the unit (milliseconds) and the clock of the sender; the record is in the dead letters.',
        );
      }
      if (timeMs > host.observedMs) host.observedMs = timeMs;
      next.push(value, timeMs);
    },
  };
}
