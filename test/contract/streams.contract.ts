import type { StreamRecord, Streams } from '../../lib/ports/streams.ts';
import { bytesOf, type MakePorts, portsFixture } from '../support/ports-under-test.ts';

/**
 * What every family's streams do when nothing is lost, doubled or reordered (lib/ports/streams.ts): an adapter that
 * is told to misbehave is tested by what runs on it.
 */
export function streamsContract(family: string, makePorts: MakePorts): void {
  describe(`streams, ${family}`, () => {
    const fixture = portsFixture(makePorts);
    const streams = (): Streams => fixture.ports.streams;
    const all = { maxRecords: 10_000, waitMs: 0 };
    const texts = (records: readonly StreamRecord[]): string[] =>
      records.map(({ data }) => Buffer.from(data).toString());

    test('is a partition that nobody appended to empty?', async () => {
      expect(await streams().read(fixture.name('empty'), undefined, all)).toEqual([]);
    });

    test('do records come in order, after a position, at most as many as asked for?', async () => {
      const partition = fixture.name('order');
      await streams().append(partition, [bytesOf('a'), bytesOf('b')]);
      await streams().append(partition, [bytesOf('c')]);
      await streams().append(partition, []);
      await streams().append(partition, [bytesOf('d'), bytesOf('')]);

      const first = await streams().read(partition, undefined, { maxRecords: 2, waitMs: 0 });
      const second = await streams().read(partition, first.at(-1)?.position, { maxRecords: 2, waitMs: 0 });
      const third = await streams().read(partition, second.at(-1)?.position, all);
      const fourth = await streams().read(partition, third.at(-1)?.position, all);

      expect([first, second, third, fourth].map(texts)).toEqual([['a', 'b'], ['c', 'd'], [''], []]);
      expect(new Set([...first, ...second, ...third].map(({ position }) => position)).size).toBe(5);
    });

    test('can be read again from a position that was not confirmed yet?', async () => {
      const partition = fixture.name('again');
      await streams().append(partition, [bytesOf('a'), bytesOf('b'), bytesOf('c')]);

      const first = await streams().read(partition, undefined, all);
      const again = await streams().read(partition, undefined, all);
      const rest = await streams().read(partition, first[0]?.position, all);
      const restAgain = await streams().read(partition, first[0]?.position, all);

      expect(again).toEqual(first);
      expect(texts(rest)).toEqual(['b', 'c']);
      expect(restAgain).toEqual(rest);
    });

    test('are partitions apart from each other?', async () => {
      const partition = fixture.name('apart');
      await streams().append(`${partition}/1`, [bytesOf('one')]);
      await streams().append(`${partition}/2`, [bytesOf('two')]);

      const [one] = await streams().read(`${partition}/1`, undefined, all);
      await streams().read(`${partition}/1`, one?.position, all);

      expect(texts(await streams().read(`${partition}/2`, undefined, all))).toEqual(['two']);
      expect(await streams().read(partition, undefined, all)).toEqual([]);
    });

    test('does a read wait for the first record, and no longer?', async () => {
      const partition = fixture.name('wait');
      const clock = fixture.ports.clock;
      const before = clock.now();

      const waiting = streams().read(partition, undefined, { maxRecords: 10, waitMs: 60_000 });
      await fixture.drive(clock.sleep(20));
      await streams().append(partition, [bytesOf('a'), bytesOf('b')]);

      expect(texts(await fixture.drive(waiting))).toEqual(['a', 'b']);
      expect(clock.now() - before).toBeLessThan(30_000);
    });

    test('does a read that waits in vain give nothing, after its time?', async () => {
      const partition = fixture.name('vain');
      const clock = fixture.ports.clock;
      const before = clock.now();

      const records = await fixture.drive(streams().read(partition, undefined, { maxRecords: 10, waitMs: 60 }));

      expect(records).toEqual([]);
      expect(clock.now() - before).toBeGreaterThanOrEqual(55);
    });

    test('does a read that names the newest position wait for the one after it?', async () => {
      const partition = fixture.name('newest');
      await streams().append(partition, [bytesOf('a')]);
      const [first] = await streams().read(partition, undefined, all);

      const waiting = streams().read(partition, first?.position, { maxRecords: 10, waitMs: 60_000 });
      await streams().append(partition, [bytesOf('b')]);

      expect(texts(await fixture.drive(waiting))).toEqual(['b']);
    });

    test('do many appends at once all arrive?', async () => {
      const partition = fixture.name('many');
      await Promise.all(Array.from({ length: 40 }, (_, at) => streams().append(partition, [bytesOf(String(at))])));

      const records = await streams().read(partition, undefined, all);

      expect(
        texts(records)
          .map(Number)
          .sort((a, b) => a - b),
      ).toEqual(Array.from({ length: 40 }, (_, at) => at));
    });

    test('has a sender room at first, and again once the reader has caught up?', async () => {
      const partition = fixture.name('room');
      await fixture.drive(streams().room(partition));
      for (let at = 0; at < 200; at += 1) await streams().append(partition, [bytesOf(String(at))]);

      const room = streams().room(partition);
      let after: string | undefined;
      for (;;) {
        const records = await streams().read(partition, after, { maxRecords: 50, waitMs: 0 });
        if (records.length === 0) break;
        after = records.at(-1)?.position;
      }

      await fixture.drive(room);
    });

    test('does a reader that comes back after a restart get what is appended then?', async () => {
      const partition = fixture.name('restart');
      await streams().append(partition, [bytesOf('before')]);
      const [before] = await streams().read(partition, undefined, all);

      if ((await fixture.reopen()) === undefined) return;
      await streams().append(partition, [bytesOf('after')]);

      const records = await streams().read(partition, before?.position, all);
      expect(texts(records).at(-1)).toBe('after');
    });
  });
}
