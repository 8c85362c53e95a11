import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { type GenerateOptions, generate } from '../../../examples/billing/generate.ts';
import { temporaryDirectory } from '../../support/temporary-directory.ts';

const MINUTE_MS = 60_000;
const DAY_MS = 1440 * MINUTE_MS;

interface Line {
  readonly eventId: string;
  readonly customerId: string;
  readonly usedAt: string;
}

describe('the generator of the billing example', () => {
  let place: Awaited<ReturnType<typeof temporaryDirectory>>;
  let folders = 0;

  beforeAll(async () => {
    place = await temporaryDirectory();
  });

  afterAll(() => place.remove());

  /** The lines of each partition. */
  function written(options: Partial<GenerateOptions>) {
    const directory = path.join(place.directory, String(folders++));
    const summary = generate({ directory, events: 5000, ...options });
    const names = readdirSync(directory).sort();
    const partitions = names.map((name) => readFileSync(path.join(directory, name), 'utf8').trimEnd().split('\n'));
    return { summary, partitions, lines: partitions.flat() };
  }

  const parsed = (lines: readonly string[]): Line[] =>
    lines.flatMap((line) => {
      try {
        const { quantity, ...event } = JSON.parse(line);
        return Number.isInteger(quantity) && quantity > 0 && !Number.isNaN(Date.parse(event.usedAt)) ? [event] : [];
      } catch {
        return [];
      }
    });

  test('does the same seed give the same bytes, and another one others?', () => {
    expect(written({ seed: 3 })).toEqual(written({ seed: 3 }));
    expect(written({ seed: 4 }).lines).not.toEqual(written({ seed: 3 }).lines);
  });

  test('do other options leave the events as they are?', () => {
    const eventsOf = (options: Partial<GenerateOptions>) =>
      [...new Set(written({ late: 0, malformed: 0, ...options }).lines)].sort();

    const right = eventsOf({});
    expect(right).toHaveLength(5000);
    expect(eventsOf({ partitions: 3 })).toEqual(right);
    expect(eventsOf({ duplicateShare: 0.5 })).toEqual(right);
  });

  test('are some events sent twice, some of them to another partition?', () => {
    const { summary, partitions, lines } = written({ malformed: 0 });
    const placesOf = new Map<string, number[]>();
    partitions.forEach((own, index) => {
      for (const line of own) placesOf.set(line, [...(placesOf.get(line) ?? []), index]);
    });
    const twice = [...placesOf.values()].filter(({ length }) => length === 2);

    expect(summary.duplicates).toBe(twice.length);
    expect(lines).toHaveLength(5000 + twice.length);
    expect(twice.length).toBeGreaterThan(100);
    expect(twice.filter(([one, other]) => one !== other).length).toBeGreaterThan(20);
    expect(twice.filter(([one, other]) => one === other).length).toBeGreaterThan(20);
  });

  test('are events out of order within 5 minutes, besides those that are days late?', () => {
    const { partitions } = written({ duplicateShare: 0 });
    let late = 0;
    let outOfOrder = 0;
    for (const own of partitions) {
      let newestMs = 0;
      for (const { usedAt } of parsed(own)) {
        const behindMs = newestMs - Date.parse(usedAt);
        if (behindMs > 2 * DAY_MS) late += 1;
        else {
          expect(behindMs).toBeLessThan(5 * MINUTE_MS);
          if (behindMs > 0) outOfOrder += 1;
          newestMs = Math.max(newestMs, Date.parse(usedAt));
        }
      }
    }

    expect(late).toBe(3);
    expect(outOfOrder).toBeGreaterThan(100);
  });

  test('do some customers use far more than others?', () => {
    const counts = new Map<string, number>();
    for (const { customerId } of parsed(written({ events: 20_000 }).lines)) {
      counts.set(customerId, (counts.get(customerId) ?? 0) + 1);
    }
    const sorted = [...counts.values()].sort((a, b) => b - a);

    expect(sorted.length).toBeGreaterThan(400);
    expect(sorted[0]).toBeGreaterThan(100 * (sorted.at(-1) ?? 0));
  });
});
