import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Order } from './fixtures/orders.ts';

/** A row that the pipeline `orders` should show, as JSON. */
export interface Expected {
  /** Rows of one-minute sums as JSON, sorted. */
  readonly rows: readonly string[];
  /** Codes of dead letters, sorted. */
  readonly letters: readonly string[];
  readonly lines: number;
}

const START_MS = Date.UTC(2026, 0, 1);
const FILES = 5;

/** Writes `count` lines of orders into files, a few of them doubled, malformed or refused, and says what is right. */
export async function writeOrders(directory: string, count: number, seed = 1): Promise<Expected> {
  const random = mulberry(seed);
  const lines: string[][] = Array.from({ length: FILES }, () => []);
  const all: Order[] = [];
  const letters: string[] = [];
  for (let index = 0; index < count; index++) {
    const order: Order = {
      id: `order-${index}`,
      customer: `customer-${Math.floor(random() * 40)}`,
      cents: Math.floor(random() * 10_000),
      ts: START_MS + index * 40 + Math.floor(random() * 4000),
    };
    const put = (line: string) => lines[Math.floor(random() * FILES)]?.push(line);
    const luck = random();
    if (luck < 0.0005) {
      put('{"id": "torn');
      letters.push('TM_RECORD_SYNTAX');
    } else if (luck < 0.001) {
      put(JSON.stringify({ ...order, cents: -1 }));
      letters.push('TM_USER_CODE');
    } else {
      put(JSON.stringify(order));
      all.push(order);
      // A sender that tries again: the same order once more, perhaps in another file.
      if (luck > 0.98) put(JSON.stringify(order));
    }
  }
  await mkdir(directory, { recursive: true });
  for (const [index, own] of lines.entries()) {
    await writeFile(path.join(directory, `part-${index}.ndjson`), own.map((line) => `${line}\n`).join(''));
  }
  const written = lines.reduce((sum, own) => sum + own.length, 0);
  return { rows: sumsOf(all), letters: letters.sort(), lines: written };
}

/** The whole pipeline as a loop. */
function sumsOf(all: readonly Order[]): string[] {
  const sums = new Map<string, { customer: string; minute: string; count: number; cents: number }>();
  for (const { customer, cents, ts } of all) {
    const minute = new Date(Math.floor(ts / 60_000) * 60_000).toISOString();
    const sum = sums.get(`${customer} ${minute}`) ?? { customer, minute, count: 0, cents: 0 };
    sum.count += 1;
    sum.cents += cents;
    sums.set(`${customer} ${minute}`, sum);
  }
  return [...sums.values()].map((sum) => JSON.stringify(sum)).sort();
}

/** Random numbers in [0, 1) from a seed (mulberry32, public domain, by Tommy Ettinger). */
function mulberry(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
