/** A line of the input: a flight, by its scheduled departure. */
export interface FlightRecord {
  /** ISO 8601, UTC. */
  readonly departsAt: string;
  /** Minutes; negative when early. */
  readonly delay: number;
  /** Miles. */
  readonly distance: number;
  readonly origin: string;
  readonly destination: string;
}

/**
 * What a landing costs, in cents: $120, 8 cents a mile, and $5 for each quarter of an hour begun after the first one
 * that the flight is late, at most $200.
 */
export function landingFeeCents({ delay, distance }: Pick<FlightRecord, 'delay' | 'distance'>): number {
  const lateQuarters = Math.ceil(Math.max(0, delay - 15) / 15);
  return 12_000 + 8 * distance + Math.min(20_000, 500 * lateQuarters);
}
