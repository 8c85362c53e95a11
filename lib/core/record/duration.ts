import { TidemarkError } from './errors.ts';

/** A length of time; the fields add up. Non-negative and finite. `{ minutes: 1, seconds: 30 }` is 90 s. */
export interface Duration {
  readonly days?: number;
  readonly hours?: number;
  readonly minutes?: number;
  readonly seconds?: number;
  readonly milliseconds?: number;
}

const UNIT_MS = { days: 86_400_000, hours: 3_600_000, minutes: 60_000, seconds: 1000, milliseconds: 1 } as const;

/** Milliseconds of a duration. Throws `TM_DURATION` for unknown fields, negative or non-finite numbers. */
export function durationMs(duration: Duration, name: string): number {
  let total = 0;
  for (const [unit, amount] of Object.entries(duration)) {
    const factor = (UNIT_MS as Record<string, number>)[unit];
    if (factor === undefined || typeof amount !== 'number' || !Number.isFinite(amount) || amount < 0) {
      throw new TidemarkError(
        'TM_DURATION',
        'invalid',
        `${name} is not a duration: ${unit}=${String(amount)}`,
        'Write an object such as { seconds: 30 } with non-negative numbers; units: days, hours, minutes, seconds, milliseconds.',
      );
    }
    total += amount * factor;
  }
  return total;
}
