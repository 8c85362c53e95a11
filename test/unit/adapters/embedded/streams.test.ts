import { embeddedStreams } from '../../../../lib/adapters/embedded/streams.ts';
import { bytesOf } from '../../../support/ports-under-test.ts';

const all = { maxRecords: 10_000, waitMs: 0 };
const batch = (count: number): Uint8Array[] => Array.from({ length: count }, (_, at) => bytesOf(String(at)));

/** Whether a promise is done by now. */
async function isDone(promise: Promise<unknown>): Promise<boolean> {
  let done = false;
  void promise.then(() => {
    done = true;
  });
  for (let turns = 0; turns < 5; turns += 1) await Promise.resolve();
  return done;
}

describe('streams in memory', () => {
  test('has a sender room while fewer than 64 records wait?', async () => {
    const streams = embeddedStreams(1);
    await streams.append('p', batch(63));
    expect(await isDone(streams.room('p'))).toBe(true);

    await streams.append('p', batch(2));
    const rooms = [streams.room('p'), streams.room('p')];
    expect(await isDone(Promise.race(rooms))).toBe(false);

    const [first, second] = await streams.read('p', undefined, all);
    await streams.read('p', first?.position, all);
    expect(await isDone(Promise.race(rooms))).toBe(false);
    await streams.read('p', second?.position, all);
    expect(await isDone(Promise.all(rooms))).toBe(true);
    expect(await isDone(streams.room('another'))).toBe(true);
  });

  test('are the oldest records dropped beyond 4,096?', async () => {
    const streams = embeddedStreams(1);
    await streams.append('p', batch(4_000));
    await streams.append('p', batch(100));

    const records = await streams.read('p', undefined, all);

    expect(records).toHaveLength(4_096);
    expect(Buffer.from(records[0]?.data ?? []).toString()).toBe('4');
  });

  test('do positions rise, in decimal digits, from one opening to the next?', async () => {
    const positions: string[] = [];
    for (const opening of [1, 2, 9, 10, 100]) {
      const streams = embeddedStreams(opening);
      await streams.append('p', batch(12));
      positions.push(...(await streams.read('p', undefined, all)).map(({ position }) => position));
    }

    expect(positions.filter((position) => !/^\d+$/.test(position))).toEqual([]);
    const numbers = positions.map(BigInt);
    expect(numbers.every((number, at) => at === 0 || number > (numbers[at - 1] ?? 0n))).toBe(true);
  });

  test('does a reader with a position of an earlier opening get everything?', async () => {
    const before = embeddedStreams(9);
    await before.append('p', batch(5));
    const last = (await before.read('p', undefined, all)).at(-1)?.position;

    const after = embeddedStreams(10);
    await after.append('p', batch(3));

    expect(await after.read('p', last, all)).toHaveLength(3);
  });

  test('does an append of nothing not wake a reader?', async () => {
    const streams = embeddedStreams(1);
    const waiting = streams.read('p', undefined, { maxRecords: 1, waitMs: 10_000 });

    await streams.append('p', []);
    expect(await isDone(waiting)).toBe(false);
    await streams.append('p', batch(2));

    expect(await waiting).toHaveLength(1);
  });
});
