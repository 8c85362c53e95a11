/** What one unit of each meter costs, in micros: millionths of a dollar, so that money is always a whole number. */
export const UNIT_PRICE_MICROS = { compute: 1_250, storage: 35, requests: 4, traffic: 900 } as const;

export type Meter = keyof typeof UNIT_PRICE_MICROS;

export const METERS = Object.keys(UNIT_PRICE_MICROS) as readonly Meter[];

/** `$12.345678`. */
export function dollars(micros: number): string {
  return `$${Math.floor(micros / 1_000_000)}.${String(micros % 1_000_000).padStart(6, '0')}`;
}
