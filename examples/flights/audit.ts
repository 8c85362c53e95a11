import { readFileSync } from 'node:fs';

/** A row as it should be. */
interface Fees {
  landings: number;
  feeCents: number;
}

export interface FlightsAudit {
  readonly ok: boolean;
  readonly flights: number;
  /** Airports times days. */
  readonly rows: number;
  readonly lost: number;
  readonly duplicated: number;
  readonly wrong: number;
}

/** The fees by `airport day`, calculated line by line: own code, nothing of the library or the pipeline. */
export function feesOf(partitions: readonly string[]): Map<string, Fees> {
  const expected = new Map<string, Fees>();
  for (const file of partitions) {
    for (const line of readFileSync(file, 'utf8').split('\n')) {
      if (line === '') continue;
      const { departsAt, delay, distance, destination } = JSON.parse(line);
      const key = `${destination} ${String(departsAt).slice(0, 10)}`;
      const fees = expected.get(key) ?? { landings: 0, feeCents: 0 };
      fees.landings += 1;
      fees.feeCents += 12000 + 8 * distance;
      if (delay > 15) fees.feeCents += Math.min(20000, Math.ceil((delay - 15) / 15) * 500);
      expected.set(key, fees);
    }
  }
  return expected;
}

/** Compares the rows that a run wrote with what they should be. */
export function auditFlights(expected: ReadonlyMap<string, Fees>, rows: Iterable<unknown>): FlightsAudit {
  const found = new Set<string>();
  let [flights, count, duplicated, wrong] = [0, 0, 0, 0];
  for (const row of rows) {
    const { airport, day, landings, feeCents } = row as Readonly<Record<string, unknown>>;
    const key = `${airport} ${day}`;
    const right = expected.get(key);
    count += 1;
    flights += Number(landings);
    if (found.has(key)) duplicated += 1;
    else if (right?.landings !== landings || right?.feeCents !== feeCents) wrong += 1;
    found.add(key);
  }
  const lost = [...expected.keys()].filter((key) => !found.has(key)).length;
  return { ok: lost + duplicated + wrong === 0, flights, rows: count, lost, duplicated, wrong };
}
