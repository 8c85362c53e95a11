import type { StandardSchema } from '../../lib/index.ts';
import type { FlightRecord } from './fee.ts';

/** A flight, checked: `departsAt` in milliseconds since 1970. */
export interface Flight extends Omit<FlightRecord, 'departsAt'> {
  readonly departsAt: number;
}

const refused = (path: string, message: string) => ({ issues: [{ message, path: [path] }] });
const isAirport = (value: unknown): value is string => typeof value === 'string' && /^[A-Z]{3}$/.test(value);

/** Checks a line at the door. */
export const flight: StandardSchema<FlightRecord, Flight> = {
  '~standard': {
    version: 1,
    vendor: 'tidemark-example',
    validate(input) {
      if (typeof input !== 'object' || input === null) return refused('', 'is no object');
      const { departsAt, delay, distance, origin, destination } = input as Partial<Record<keyof FlightRecord, unknown>>;
      const departsAtMs = typeof departsAt === 'string' ? Date.parse(departsAt) : Number.NaN;
      if (Number.isNaN(departsAtMs)) return refused('departsAt', 'must be a date and time in ISO 8601');
      if (typeof delay !== 'number' || !Number.isSafeInteger(delay)) return refused('delay', 'must be whole minutes');
      if (typeof distance !== 'number' || !Number.isSafeInteger(distance) || distance < 0) {
        return refused('distance', 'must be whole miles');
      }
      if (!isAirport(origin)) return refused('origin', 'must be an airport code');
      if (!isAirport(destination)) return refused('destination', 'must be an airport code');
      return { value: { departsAt: departsAtMs, delay, distance, origin, destination } };
    },
  },
};
