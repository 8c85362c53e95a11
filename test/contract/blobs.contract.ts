import type { Blobs } from '../../lib/ports/blobs.ts';
import {
  bytesOf,
  failureOf,
  isAscending,
  type MakePorts,
  portsFixture,
  sameBytes,
} from '../support/ports-under-test.ts';

/** Names that leave a folder, fall together, or are folders and files at once. */
const HOSTILE = [
  'a',
  'A',
  'a/b',
  'a/b/c',
  'a.blob',
  'a.blob/b',
  'a/.blob',
  '..',
  '../up',
  './here',
  'a/../b',
  'a/.',
  '.hidden',
  '%2e%2e',
  '%2E%2E',
  'a b',
  'a\\b',
  'a:b',
  'a\0b',
  'con',
  'é',
  'e\u0301',
  '\u{1f30a}',
  '*?"<>|',
  '__proto__',
  '~',
  'x'.repeat(200),
];

/** What every family's blobs do (lib/ports/blobs.ts). A range is `[start, end)`; names are ordered by their UTF-8 bytes. */
export function blobsContract(family: string, makePorts: MakePorts): void {
  describe(`blobs, ${family}`, () => {
    const fixture = portsFixture(makePorts);
    const blobs = (): Blobs => fixture.ports.blobs;
    const missing = { code: 'TM_BLOB_MISSING', kind: 'corrupt' };

    test.each([0, 1, 5_000, 3_000_000])('do %i bytes come back as they were put?', async (sizeBytes) => {
      const name = fixture.name('state/op-1/whole');
      const bytes = bytesOf('0123456789', sizeBytes);

      await blobs().put(name, bytes);

      expect(sameBytes(await blobs().get(name), bytes)).toBe(true);
    });

    test('does the first put of a name win for ever?', async () => {
      const name = fixture.name('first');
      await blobs().put(name, bytesOf('first'));

      await blobs().put(name, bytesOf('second'));
      await blobs().put(name, bytesOf(''));

      expect(sameBytes(await blobs().get(name), bytesOf('first'))).toBe(true);
    });

    test('do 16 racing puts of a name leave one of them, whole, for ever?', async () => {
      const name = fixture.name('race/blob');
      await Promise.all(Array.from({ length: 16 }, (_, at) => blobs().put(name, bytesOf(`put ${at} `, 70_000))));

      const first = await blobs().get(name);
      await blobs().put(name, bytesOf('late', 70_000));

      const candidates = Array.from({ length: 16 }, (_, at) => bytesOf(`put ${at} `, 70_000));
      expect(candidates.filter((candidate) => sameBytes(candidate, first))).toHaveLength(1);
      expect(sameBytes(await blobs().get(name), first)).toBe(true);
    });

    test('does a range give these bytes, and what there is of them?', async () => {
      const name = fixture.name('range');
      await blobs().put(name, bytesOf('0123456789'));
      const range = async (start: number, end: number): Promise<string> =>
        Buffer.from(await blobs().get(name, { start, end })).toString();

      expect(await range(0, 10)).toBe('0123456789');
      expect(await range(0, 1)).toBe('0');
      expect(await range(3, 7)).toBe('3456');
      expect(await range(9, 10)).toBe('9');
      expect(await range(4, 4)).toBe('');
      expect(await range(8, 100)).toBe('89');
      expect(await range(10, 20)).toBe('');
    });

    test('does a name that is not there say so?', async () => {
      expect(await failureOf(blobs().get(fixture.name('nothing')))).toEqual(missing);
      expect(await failureOf(blobs().get(fixture.name('no/thing'), { start: 0, end: 1 }))).toEqual(missing);
    });

    test('are names that start with a prefix listed in order, and no others?', async () => {
      const base = fixture.name('list');
      const names = ['b', 'a', 'a/c', 'a/b/d', 'ab', 'c/x', 'c/y'].map((name) => `${base}/${name}`);
      for (const name of [...names, `${base}x`]) await blobs().put(name, bytesOf(name));

      expect(await blobs().list(`${base}/`)).toEqual([...names].sort());
      expect(await blobs().list(`${base}/a`)).toEqual(['a', 'a/b/d', 'a/c', 'ab'].map((name) => `${base}/${name}`));
      expect(await blobs().list(`${base}/a/`)).toEqual(['a/b/d', 'a/c'].map((name) => `${base}/${name}`));
      expect(await blobs().list(`${base}/c/x`)).toEqual([`${base}/c/x`]);
      expect(await blobs().list(`${base}/zzz/`)).toEqual([]);
      expect(await blobs().list('nowhere/at/all/')).toEqual([]);
    });

    test('does every hostile name keep its own bytes, inside?', async () => {
      const base = fixture.name('hostile');
      const names = HOSTILE.map((name) => `${base}/${name}`);
      await Promise.all(names.map((name) => blobs().put(name, bytesOf(name))));

      for (const name of names) expect(sameBytes(await blobs().get(name), bytesOf(name))).toBe(true);
      const listed = await blobs().list(`${base}/`);
      expect(new Set(listed)).toEqual(new Set(names));
      expect(isAscending(listed)).toBe(true);
    });

    test('are deleted blobs gone, others not, and missing ones ignored?', async () => {
      const base = fixture.name('delete');
      for (const name of ['a', 'b', 'c/d']) await blobs().put(`${base}/${name}`, bytesOf(name));

      await blobs().delete([`${base}/a`, `${base}/nothing`, `${base}/c/d`, `${base}/no/where`]);
      await blobs().delete([]);

      expect(await blobs().list(base)).toEqual([`${base}/b`]);
      expect(await failureOf(blobs().get(`${base}/c/d`))).toEqual(missing);
      expect(sameBytes(await blobs().get(`${base}/b`), bytesOf('b'))).toBe(true);
    });

    test('is a blob seen by whoever looks after its put was answered?', async () => {
      const base = fixture.name('fresh');
      for (let at = 0; at < 20; at += 1) {
        await blobs().put(`${base}/${at}/x`, bytesOf(String(at)));
        expect(await blobs().list(`${base}/${at}/`)).toEqual([`${base}/${at}/x`]);
        expect(Buffer.from(await blobs().get(`${base}/${at}/x`)).toString()).toBe(String(at));
      }
    });

    test.each(['', '/', 'a//b', '/a', 'a/', 'x'.repeat(2_000), '\ud800'])('is the name %j refused?', async (name) => {
      expect(await failureOf(blobs().put(name, bytesOf('x')))).toEqual({ code: 'TM_BLOB_NAME', kind: 'invalid' });
    });

    test('is everything still there after a restart?', async () => {
      const base = fixture.name('restart');
      await blobs().put(`${base}/kept`, bytesOf('kept', 10_000));
      await blobs().put(`${base}/gone`, bytesOf('gone'));
      await blobs().delete([`${base}/gone`]);

      if ((await fixture.reopen()) === undefined) return;

      expect(await blobs().list(`${base}/`)).toEqual([`${base}/kept`]);
      expect(sameBytes(await blobs().get(`${base}/kept`), bytesOf('kept', 10_000))).toBe(true);
    });
  });
}
