import { cp, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { open } from 'lmdb';
import { embeddedPorts } from '../../../../lib/adapters/embedded/ports.ts';
import { type EmbeddedStore, openStore, openStoreReadOnly } from '../../../../lib/adapters/embedded/store.ts';
import type { TidemarkError } from '../../../../lib/core/record/errors.ts';
import type { JournalAppend } from '../../../../lib/ports/journal.ts';
import { SILENT } from '../../../support/embedded-ports.ts';
import { failureOf } from '../../../support/ports-under-test.ts';

describe('store', () => {
  let directory: string;
  const stores: EmbeddedStore[] = [];
  const opened = async (...args: Parameters<typeof openStore>): Promise<EmbeddedStore> => {
    const store = await openStore(...args);
    stores.push(store);
    return store;
  };

  beforeEach(async () => {
    directory = await mkdtemp(path.join(tmpdir(), 'tidemark-store-'));
  });

  afterEach(async () => {
    await Promise.all(stores.splice(0).map((store) => store.close()));
    await rm(directory, { recursive: true, force: true });
  });

  const notOurs = { code: 'TM_STORE_DIRECTORY', kind: 'invalid' };

  describe('opening', () => {
    test('is a store made where there is nothing, with parents, for this user only?', async () => {
      const place = path.join(directory, 'a/b/c');

      const store = await opened(place);

      expect(store.opening).toBe(1);
      expect(store.directory).toBe(place);
      expect((await stat(path.join(place, 'store/data.mdb'))).mode & 0o077).toBe(0);
    });

    test('does each opening for writing have the next number?', async () => {
      for (const opening of [1, 2, 3]) {
        const store = await openStore(directory);
        expect(store.opening).toBe(opening);
        await store.close();
      }
      const reader = await openStoreReadOnly(directory);
      expect(reader.opening).toBe(0);
      await reader.close();
      expect((await opened(directory)).opening).toBe(4);
    });

    test('is a store of another format refused, and not changed?', async () => {
      // Prepare
      await (await openStore(directory)).close();
      const options = { encoding: 'binary', keyEncoding: 'binary' } as const;
      const raw = open<Uint8Array, Uint8Array>({
        path: path.join(directory, 'store'),
        overlappingSync: false,
        ...options,
      });
      await raw.openDB<Uint8Array, Uint8Array>('tidemark', options).put(Buffer.from('format'), Buffer.from('2'));
      await raw.close();

      // Act
      const failure = await openStore(directory).catch((error: unknown) => error as TidemarkError);

      // Assess
      expect(failure).toMatchObject({ code: 'TM_STORE_FORMAT', kind: 'invalid' });
      expect((failure as TidemarkError).message).toContain('format 2');
      expect((failure as TidemarkError).advice).toContain('savepoint');
      expect(await failureOf(openStoreReadOnly(directory))).toEqual({ code: 'TM_STORE_FORMAT', kind: 'invalid' });
    });

    test('is the database of another program refused, and not changed?', async () => {
      const raw = open<string, string>({ path: path.join(directory, 'store'), overlappingSync: false });
      await raw.openDB<string, string>('theirs', {}).put('a', 'b');
      await raw.close();

      expect(await failureOf(openStore(directory))).toEqual(notOurs);
      expect(await failureOf(openStoreReadOnly(directory))).toEqual(notOurs);

      const again = open<string, string>({ path: path.join(directory, 'store'), overlappingSync: false });
      expect([...again.getKeys()]).toEqual(['theirs']);
      await again.close();
    });

    test('are other things in its place refused?', async () => {
      const file = path.join(directory, 'file');
      await writeFile(file, 'x');
      const foreign = path.join(directory, 'foreign');
      await mkdir(path.join(foreign, 'store'), { recursive: true });
      await writeFile(path.join(foreign, 'store/notes.txt'), 'x');
      const occupied = path.join(directory, 'occupied');
      await mkdir(occupied);
      await writeFile(path.join(occupied, 'store'), 'x');

      for (const place of [file, path.join(file, 'below'), foreign, occupied]) {
        expect(await failureOf(openStore(place))).toEqual(notOurs);
        expect(await failureOf(openStoreReadOnly(place))).toEqual(notOurs);
      }
      expect(await readdir(path.join(foreign, 'store'))).toEqual(['notes.txt']);
    });

    test('is a file that is no database refused?', async () => {
      await mkdir(path.join(directory, 'store'));
      await writeFile(path.join(directory, 'store/data.mdb'), Buffer.alloc(100_000, 'garbage'));

      expect(await failureOf(openStore(directory))).toEqual(notOurs);
      expect((await readFile(path.join(directory, 'store/data.mdb'))).subarray(0, 7).toString()).toBe('garbage');
    });

    test('does a reader make nothing where there is no store?', async () => {
      expect(await failureOf(openStoreReadOnly(path.join(directory, 'nothing')))).toEqual(notOurs);
      expect(await failureOf(openStoreReadOnly(directory))).toEqual(notOurs);
      expect(await readdir(directory)).toEqual([]);
    });

    test('is what a crash left half written removed?', async () => {
      await (await openStore(directory)).close();
      await mkdir(path.join(directory, 'blobs/.writing'), { recursive: true });
      await writeFile(path.join(directory, 'blobs/.writing/abc'), 'half');

      await opened(directory);

      expect(await readdir(path.join(directory, 'blobs'))).toEqual([]);
    });
  });

  describe('ownership', () => {
    test('is the first owner refused once a second has opened the store, with its name?', async () => {
      const first = embeddedPorts(await opened(directory, { owner: 'first' }), SILENT);
      await first.items.write([{ key: 'a', value: 1 }]);

      const second = embeddedPorts(await opened(directory, { owner: 'second' }), SILENT);

      const failure = (await first.items
        .write([{ key: 'a', value: 2 }])
        .catch((error: unknown) => error)) as TidemarkError;
      expect(failure).toMatchObject({ code: 'TM_STORE_FENCED', kind: 'fenced' });
      expect(failure.message).toContain(`second (process ${process.pid}`);
      const entry = { version: 1, attempt: 1, nonce: 'n', head: new Uint8Array(5_000), parts: [] };
      const fenced = { code: 'TM_STORE_FENCED', kind: 'fenced' };
      expect(await failureOf(first.journal.append('s', entry))).toEqual(fenced);
      expect(await failureOf(first.journal.collect('s', 1))).toEqual(fenced);
      expect(await second.journal.append('s', entry)).toBe('appended');
      expect((await second.items.read('a'))?.value).toBe(1);
    });
  });

  describe('closing', () => {
    test('are writes under way answered, and later calls refused?', async () => {
      const store = await openStore(directory);
      const { items, journal } = embeddedPorts(store, SILENT);
      const writes = Array.from({ length: 20 }, (_, at) => items.write([{ key: `k${at}`, value: at }]));

      await Promise.all([store.close(), store.close()]);

      expect(await Promise.all(writes)).toEqual(Array.from({ length: 20 }, () => 'applied'));
      const closed = { code: 'TM_STORE_CLOSED', kind: 'unavailable' };
      expect(await failureOf(items.read('k1'))).toEqual(closed);
      expect(await failureOf(items.list(''))).toEqual(closed);
      expect(await failureOf(items.write([{ key: 'x', value: 1 }]))).toEqual(closed);
      expect(await failureOf(journal.last('s'))).toEqual(closed);
      const reader = await openStoreReadOnly(directory);
      expect(await embeddedPorts(reader, SILENT).items.list('k')).toHaveLength(20);
      await reader.close();
    });
  });

  describe('space', () => {
    test('is a write refused on a full disk, while deleting goes on?', async () => {
      // Prepare
      await (async () => {
        const store = await openStore(directory);
        const { items, journal } = embeddedPorts(store, SILENT);
        await items.write([{ key: 'old', value: 1 }]);
        for (const version of [1, 2, 3]) {
          await journal.append('s', { version, attempt: 1, nonce: 'n', head: new Uint8Array(10), parts: [] });
        }
        await store.close();
      })();

      // Act: a disk never has this much space.
      const { items, journal, blobs } = embeddedPorts(await opened(directory, { keepFreeBytes: 2 ** 60 }), SILENT);

      // Assess
      const full = { code: 'TM_STORE_FULL', kind: 'unavailable' };
      const large = { version: 4, attempt: 1, nonce: 'n', head: new Uint8Array(10_000), parts: [] };
      expect(await failureOf(items.write([{ key: 'new', value: 1 }]))).toEqual(full);
      expect(await failureOf(journal.append('s', large))).toEqual(full);
      expect(await failureOf(journal.append('s', { ...large, head: new Uint8Array(10) }))).toEqual(full);
      expect(await items.write([{ key: 'old', value: null }])).toBe('applied');
      expect(await items.write([{ key: 'old', ifRevision: 0 }])).toBe('applied');
      await journal.collect('s', 2);
      expect((await journal.read('s', 0, 10)).map(({ version }) => version)).toEqual([3]);
      await blobs.delete(['nothing']);
    });

    test('do segments go when nothing in them is needed, and only then?', async () => {
      // Prepare
      const folder = path.join(directory, 'journal');
      const store = await opened(directory, { segmentBytes: 30_000 });
      const { journal } = embeddedPorts(store, SILENT);
      const append = async (subtask: string, version: number): Promise<void> => {
        const parts = [Buffer.alloc(9_000, `${subtask}${version}`)];
        const outcome = await journal.append(subtask, {
          version,
          attempt: 1,
          nonce: 'n',
          head: new Uint8Array(10),
          parts,
        });
        expect(outcome).toBe('appended');
      };
      for (let version = 1; version <= 8; version += 1) {
        await append('a', version);
        await append('b', version);
      }
      const before = await readdir(folder);

      // Act
      await journal.collect('a', 8);
      const afterA = await readdir(folder);
      await journal.collect('b', 5);
      const afterB = await readdir(folder);
      await journal.collect('b', 8);

      // Assess
      expect(before).toHaveLength(4);
      expect(afterA).toEqual(before);
      expect(afterB).toHaveLength(2);
      expect(await readdir(folder)).toHaveLength(1);
      expect(
        Buffer.from(await journal.readPart('a', 8, 0))
          .subarray(0, 2)
          .toString(),
      ).toBe('a8');
      expect(
        Buffer.from(await journal.readPart('b', 8, 0))
          .subarray(0, 2)
          .toString(),
      ).toBe('b8');
    });

    test('are segments of earlier openings looked through before any goes?', async () => {
      // Prepare
      const folder = path.join(directory, 'journal');
      const first = await openStore(directory, { segmentBytes: 20_000 });
      const entry = (version: number): Parameters<typeof journal.append>[1] => ({
        version,
        attempt: 1,
        nonce: 'n',
        head: new Uint8Array(15_000),
        parts: [],
      });
      const { journal } = embeddedPorts(first, SILENT);
      for (const subtask of ['idle', 'busy']) {
        for (const version of [1, 2, 3]) await journal.append(subtask, entry(version));
      }
      await first.close();
      await writeFile(path.join(folder, '1-99.log'), 'no record names this one');
      await writeFile(path.join(folder, 'notes.txt'), 'not ours');

      // Act
      const second = embeddedPorts(await opened(directory), SILENT);
      await second.journal.append('busy', entry(4));
      await second.journal.collect('busy', 3);

      // Assess
      const names = await readdir(folder);
      expect(names).toContain('notes.txt');
      expect(names).not.toContain('1-99.log');
      expect(names).toContain('2-1.log');
      const idle = await second.journal.read('idle', 0, 10);
      expect(idle.map(({ version, head }) => [version, head.byteLength])).toEqual(
        [1, 2, 3].map((version) => [version, 15_000]),
      );
      expect((await second.journal.last('busy'))?.head.byteLength).toBe(15_000);
    });

    test('does a collection leave the segment alone that is being made at that moment?', async () => {
      const entry = (version: number, sizeBytes: number): JournalAppend => ({
        version,
        attempt: 1,
        nonce: 'n',
        head: Buffer.alloc(sizeBytes, version),
        parts: [],
      });
      for (let round = 1; round <= 30; round += 1) {
        // Prepare: the first collection of an opening looks at all files.
        const store = await openStore(directory, { segmentBytes: 1 });
        const { journal } = embeddedPorts(store, SILENT);
        await journal.append('collected', entry(round, 10));

        // Act
        const appends = (async () => {
          for (let version = 1; version <= 4; version += 1) await journal.append(`s-${round}`, entry(version, 2_000));
        })();
        for (let turn = 0; turn < round % 6; turn += 1) await nextTurn();
        await journal.collect('collected', round);
        await appends;

        // Assess
        const heads = (await journal.read(`s-${round}`, 0, 10)).map(({ head }) => head);
        expect(heads.map((head) => [head.byteLength, head[0]])).toEqual(
          [1, 2, 3, 4].map((version) => [2_000, version]),
        );
        await store.close();
      }
    });

    test('does a payload file that somebody removed or cut short say so?', async () => {
      const store = await openStore(directory);
      const ports = embeddedPorts(store, SILENT);
      await ports.journal.append('s', {
        version: 1,
        attempt: 1,
        nonce: 'n',
        head: new Uint8Array(5_000),
        parts: [new Uint8Array(5_000)],
      });
      await store.close();
      const file = path.join(directory, 'journal/1-1.log');
      const whole = await readFile(file);
      await writeFile(file, whole.subarray(0, 7_000));
      const cut = embeddedPorts(await opened(directory), SILENT);
      expect((await cut.journal.last('s'))?.head.byteLength).toBe(5_000);
      expect(await failureOf(cut.journal.readPart('s', 1, 0))).toEqual({ code: 'TM_JOURNAL_PART', kind: 'corrupt' });

      await rm(file);
      await stores.pop()?.close();
      const gone = embeddedPorts(await opened(directory), SILENT);

      expect(await failureOf(gone.journal.last('s'))).toEqual({ code: 'TM_JOURNAL_PAYLOAD', kind: 'corrupt' });
      expect(await failureOf(gone.journal.readPart('s', 1, 0))).toEqual({ code: 'TM_JOURNAL_PART', kind: 'corrupt' });
    });

    test('is a copy of the whole directory a store?', async () => {
      const store = await openStore(directory);
      const { journal } = embeddedPorts(store, SILENT);
      await journal.append('s', { version: 1, attempt: 1, nonce: 'n', head: new Uint8Array(5_000), parts: [] });
      await store.close();
      const copy = path.join(directory, 'copy');
      for (const folder of ['store', 'journal']) {
        await cp(path.join(directory, folder), path.join(copy, folder), { recursive: true });
      }

      const opening = embeddedPorts(await opened(copy), SILENT);

      expect((await opening.journal.last('s'))?.head.byteLength).toBe(5_000);
    });
  });

  test('are entries beyond one transaction of collect all collected?', async () => {
    const { journal } = embeddedPorts(await opened(directory), SILENT);
    // Appends of many subtasks share commits; of one they can't.
    const fill = async (subtask: string): Promise<void> => {
      for (let version = 1; version <= 60; version += 1) {
        await journal.append(subtask, { version, attempt: 1, nonce: 'n', head: new Uint8Array(), parts: [] });
      }
    };
    await Promise.all(['a', 'b', 'c'].map(fill));
    const store = stores.at(-1);
    await store?.write(1, ({ heads }) => {
      // The record of entry 60, as that of 61 to 1,200.
      const [newest] = heads.getRange({ start: Buffer.from('b\x01'), reverse: true, limit: 1 });
      if (newest === undefined) throw new Error('nothing to copy');
      for (let version = 61; version <= 1_200; version += 1) {
        const key = Buffer.from(newest.key);
        key.writeUInt32BE(version, key.length - 4);
        void heads.put(key, newest.value);
      }
    });

    await journal.collect('b', 1_150);

    const versions = (await journal.read('b', 0, 2_000)).map(({ version }) => version);
    expect(versions).toEqual(Array.from({ length: 50 }, (_, at) => 1_151 + at));
    expect(await journal.read('a', 0, 100)).toHaveLength(60);
    expect(await journal.read('c', 0, 100)).toHaveLength(60);
  });
});
