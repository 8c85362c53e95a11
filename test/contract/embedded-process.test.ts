import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { embeddedPorts } from '../../lib/adapters/embedded/ports.ts';
import { openStore, openStoreReadOnly } from '../../lib/adapters/embedded/store.ts';
import type { Ports } from '../../lib/ports/ports.ts';
import { ChildStore } from '../support/child-store.ts';
import { SILENT } from '../support/embedded-ports.ts';
import { failureOf, sameBytes } from '../support/ports-under-test.ts';
import { partOf } from '../support/store-process.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

describe('the embedded family among processes', () => {
  let place: Awaited<ReturnType<typeof temporaryDirectory>>;
  const children: ChildStore[] = [];
  const child = (...args: ConstructorParameters<typeof ChildStore>): ChildStore => {
    const started = new ChildStore(...args);
    children.push(started);
    return started;
  };

  beforeEach(async () => {
    place = await temporaryDirectory();
  });

  afterEach(async () => {
    for (const started of children.splice(0)) if (started.process.exitCode === null) started.process.kill('SIGKILL');
    await place.remove();
  });

  /** The newest version of each subtask that a child has told as acknowledged. */
  const acknowledged = (told: readonly (readonly unknown[])[]): Map<string, number> => {
    const newest = new Map<string, number>();
    for (const [what, subtask, version] of told) {
      if (what === 'appended') newest.set(subtask as string, version as number);
    }
    return newest;
  };

  const checkJournal = async ({ journal }: Ports, subtask: string, atLeast: number): Promise<void> => {
    const entries = await journal.read(subtask, 0, 100_000);
    const first = entries[0]?.version ?? 0;
    expect(entries.map(({ version }) => version)).toEqual(entries.map((_, at) => first + at));
    expect(entries.at(-1)?.version).toBeGreaterThanOrEqual(atLeast);
    for (const { version, head, partBytes } of entries) {
      expect(Buffer.from(head).toString()).toBe(`head of ${version}`);
      expect(partBytes).toHaveLength(2);
      for (const part of [0, 1]) {
        expect(sameBytes(await journal.readPart(subtask, version, part), partOf(subtask, version + part))).toBe(true);
      }
    }
  };

  test('is all that was acknowledged there after kill -9, at once, again and again?', async () => {
    for (let round = 0; round < 5; round += 1) {
      // Prepare
      const writer = child('append', place.directory);
      await writer.tells(30);
      await sleep(Math.random() * 300);

      // Act
      await writer.kill();
      const store = await openStore(place.directory);

      // Assess
      const ports = embeddedPorts(store, SILENT);
      const newest = acknowledged(writer.told);
      expect(newest.size).toBe(4);
      for (const [subtask, version] of newest) await checkJournal(ports, subtask, version);
      const counted = writer.told.filter(([what]) => what === 'counted').at(-1)?.[1] as number;
      expect((await ports.items.read('counter'))?.value).toBeGreaterThanOrEqual(counted);
      expect(Buffer.from(await ports.blobs.get(`blob/${counted}`)).toString()).toBe(`blob ${counted}`);
      expect(writer.told.every(([what]) => what !== 'taken')).toBe(true);
      await store.close();
    }
  });

  test('is the space of collected payloads given back, also what killed owners left?', async () => {
    // Prepare
    const writer = child('append', place.directory);
    await writer.tells(400);
    await writer.kill();
    const files = async (): Promise<string[]> => readdir(path.join(place.directory, 'journal'));
    const before = await files();
    const store = await openStore(place.directory);
    const ports = embeddedPorts(store, SILENT);

    // Act
    for (const subtask of acknowledged(writer.told).keys()) await ports.journal.collect(subtask, 1_000_000);

    // Assess
    expect(before.length).toBeGreaterThan(2);
    expect((await files()).length).toBeLessThan(before.length);
    for (const subtask of acknowledged(writer.told).keys()) await checkJournal(ports, subtask, 1);
    await store.close();
  });

  test('is an owner refused that was paused while another took over?', async () => {
    // Prepare
    const first = child('obey', place.directory);
    await first.tells(1);
    expect(await first.ask('append', 'stage-0', 1)).toEqual(['append', 'appended']);
    first.process.kill('SIGSTOP');

    // Act
    const store = await openStore(place.directory, { owner: 'the second' });
    const ports = embeddedPorts(store, SILENT);
    await ports.items.write([{ key: 'job', value: 'second' }]);
    first.process.kill('SIGCONT');

    // Assess
    expect(await first.ask('append', 'stage-0', 2)).toEqual(['append', 'TM_STORE_FENCED']);
    expect(await first.ask('put', 'job', 1)).toEqual(['put', 'TM_STORE_FENCED']);
    expect((await ports.journal.last('stage-0'))?.version).toBe(1);
    expect((await ports.items.read('job'))?.value).toBe('second');
    const entry = { version: 2, attempt: 1, nonce: 'n', head: Buffer.from('head of 2'), parts: [] };
    expect(await ports.journal.append('stage-0', entry)).toBe('appended');
    await store.close();
  });

  test('can a reader follow while the owner writes, and never write?', async () => {
    // Prepare
    const writer = child('append', place.directory);
    await writer.tells(10);

    // Act
    const reader = await openStoreReadOnly(place.directory);
    const ports = embeddedPorts(reader, SILENT);
    const seen: number[] = [];
    for (let look = 0; look < 10; look += 1) {
      await writer.tells(writer.told.length + 50);
      const newest = acknowledged(writer.told).get('stage-1') ?? 0;
      await sleep(1);
      const last = (await ports.journal.last('stage-1'))?.version ?? 0;
      expect(last).toBeGreaterThanOrEqual(newest);
      seen.push(last);
    }

    // Assess
    expect(seen).toEqual([...seen].sort((a, b) => a - b));
    expect(seen.at(-1)).toBeGreaterThan(seen[0] ?? 0);
    expect(await ports.items.list('')).toHaveLength(1);
    const readOnly = { code: 'TM_STORE_READ_ONLY', kind: 'invalid' };
    expect(await failureOf(ports.items.write([{ key: 'counter', value: 0 }]))).toEqual(readOnly);
    const entry = { version: 1, attempt: 1, nonce: 'n', head: new Uint8Array(10_000), parts: [] };
    expect(await failureOf(ports.journal.append('new', entry))).toEqual(readOnly);
    const before = writer.told.length;
    await writer.tells(before + 20);
    await reader.close();
    await writer.kill();
  });

  test('is a write that the disk refuses an error, after which a restart finds all that was acknowledged?', async () => {
    // Prepare
    const starved = child('obey', place.directory, 2_048);
    await starved.tells(1);

    // Act
    const refused = await starved.ask('fill');
    await starved.tells(4);

    // Assess
    const kept = refused?.[2] as number;
    expect(refused?.slice(0, 2)).toEqual(['refused', 'TM_STORE_WRITE']);
    expect(kept).toBeGreaterThan(5);
    expect(starved.told.slice(2)).toEqual([
      ['again', 'TM_STORE_WRITE'],
      ['kept', kept],
    ]);
    await starved.kill();
    const store = await openStore(place.directory);
    const { items } = embeddedPorts(store, SILENT);
    expect((await items.list('item/')).length).toBeGreaterThanOrEqual(kept);
    expect(await items.write([{ key: 'more', value: 1 }])).toBe('applied');
    await store.close();
  });
});
