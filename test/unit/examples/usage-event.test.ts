import { malformedLine } from '../../../examples/billing/malformed-line.ts';
import { randomStream } from '../../../examples/billing/random.ts';
import { usageEvent } from '../../../examples/billing/usage-event.ts';

const { validate } = usageEvent['~standard'];
const RIGHT = { eventId: 'e1', customerId: 'ann', meter: 'compute', quantity: 3, usedAt: '2026-01-01T00:10:00.000Z' };

test('is a right record let in, with its time in milliseconds and nothing else?', () => {
  const value = { ...RIGHT, usedAt: Date.UTC(2026, 0, 1, 0, 10) };
  expect(validate({ ...RIGHT, more: 1 })).toEqual({ value });
});

test.each([
  null,
  'text',
  [RIGHT],
  { ...RIGHT, eventId: '' },
  { ...RIGHT, eventId: 'e'.repeat(65) },
  { ...RIGHT, customerId: 7 },
  { ...RIGHT, meter: 'magic' },
  { ...RIGHT, meter: 'toString' },
  { ...RIGHT, quantity: '3' },
  { ...RIGHT, quantity: -1 },
  { ...RIGHT, quantity: 0.5 },
  { ...RIGHT, usedAt: 'yesterday' },
  { ...RIGHT, usedAt: 1 },
])('is %j refused?', (record) => {
  expect(validate(record)).toEqual({ issues: [expect.objectContaining({ message: expect.any(String) })] });
});

test('is every line that the generator breaks refused?', () => {
  for (let count = 0; count < 20; count++) {
    const line = malformedLine(count, JSON.stringify(RIGHT));
    let record: unknown;
    try {
      record = JSON.parse(line);
    } catch {
      continue;
    }
    expect(validate(record)).toHaveProperty('issues');
  }
});

test('are random numbers spread evenly, and different for each purpose and seed?', () => {
  const numbers = (seed: number, purpose: string) => {
    const random = randomStream(seed, purpose);
    return Array.from({ length: 10_000 }, () => random.fraction());
  };
  const [one, same, otherPurpose, otherSeed] = [numbers(1, 'a'), numbers(1, 'a'), numbers(1, 'b'), numbers(2, 'a')];
  const mean = one.reduce((sum, number) => sum + number, 0) / one.length;

  expect(same).toEqual(one);
  expect(new Set([...one, ...otherPurpose, ...otherSeed]).size).toBeGreaterThan(29_990);
  expect(Math.abs(mean - 0.5)).toBeLessThan(0.02);
});
