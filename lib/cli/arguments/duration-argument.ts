import type { Duration } from '../../core/record/duration.ts';
import { usageError } from './usage-error.ts';

const UNITS = { ms: 'milliseconds', s: 'seconds', m: 'minutes', min: 'minutes', h: 'hours', d: 'days' } as const;

/** `500ms`, `5s`, `1.5h`, `1m30s` as a duration. Throws `TM_CLI_VALUE` (invalid). */
export function durationArgument(name: string, text: string): Duration {
  const parts = [...text.trim().matchAll(/(\d+(?:\.\d+)?)\s*(ms|min|s|m|h|d)\s*/gy)];
  const duration: { -readonly [Unit in keyof Duration]: number } = {};
  for (const [, amount, unit] of parts) {
    const field = UNITS[unit as keyof typeof UNITS];
    duration[field] = (duration[field] ?? 0) + Number(amount);
  }
  if (parts.length > 0 && parts.map(([part]) => part).join('') === text.trim()) return duration;
  const unit = /^[0-9.]+$/.test(text.trim()) ? `Say the unit: ${text.trim()}s or ${text.trim()}ms. ` : '';
  throw usageError(
    'TM_CLI_VALUE',
    `${name} is '${text}'`,
    `${unit}Write a duration such as 500ms, 5s, 2m, 1h or 1m30s.`,
  );
}
