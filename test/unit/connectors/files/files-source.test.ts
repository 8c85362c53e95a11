import {
  appendFileSync,
  mkdirSync,
  mkdtempSync,
  renameSync,
  rmSync,
  truncateSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { open } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type FilesSourceOptions, filesSource } from '../../../../lib/connectors/files/files-source.ts';
import type { SourceBatch, SourceReader } from '../../../../lib/ports/source.ts';

const root = mkdtempSync(path.join(tmpdir(), 'tidemark-files-source-'));
afterAll(() => rmSync(root, { recursive: true }));

let folder: string;
let folders = 0;
beforeEach(() => {
  folders += 1;
  folder = path.join(root, String(folders));
  mkdirSync(folder);
});

const write = (name: string, text: string): string => {
  const file = path.join(folder, name);
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, text);
  return file;
};
const source = (pattern: string | string[] = '*.ndjson', options: FilesSourceOptions = {}): Promise<SourceReader> =>
  filesSource(pattern, { baseDir: folder, ...options }).open();

interface Read {
  readonly values: unknown[];
  readonly positions: string[];
  readonly codes: string[];
  readonly batches: SourceBatch[];
}

async function readOn(reader: SourceReader, split: string, maxBytes: number, from?: string): Promise<Read> {
  const all: Read = { values: [], positions: [], codes: [], batches: [] };
  for (let position = from; ; ) {
    const batch = await reader.read(split, position, maxBytes);
    all.batches.push(batch);
    all.values.push(...batch.values);
    batch.values.forEach((_, index) => void all.positions.push(batch.positionOf(index)));
    for (const { code, position: at } of batch.refused) all.codes.push(`${code}@${at}`);
    position = batch.next;
    if (batch.state !== 'more') return all;
    expect(batch.bytes).toBeGreaterThan(0);
  }
}

describe('filesSource', () => {
  test('does it read all files as splits ordered by name, to their end, and say that there are no more?', async () => {
    write('b/2.ndjson', '3\n');
    write('a.ndjson', '1\n2');
    write('a.txt', 'no');
    const binding = filesSource('**/*.ndjson', { baseDir: folder });
    expect([binding.guarantee, binding.description]).toEqual(['exactly-once', 'files **/*.ndjson']);
    const reader = await binding.open();
    expect(await reader.splits()).toEqual([{ id: 'a.ndjson' }, { id: 'b/2.ndjson' }]);
    expect(await reader.complete()).toBe(true);
    const batch = await reader.read('a.ndjson', undefined, 1000);
    expect(batch).toMatchObject({ values: [1, 2], refused: [], next: '3', bytes: 3, bytesLeft: 0, state: 'closed' });
    expect(await reader.read('a.ndjson', '3', 1000)).toMatchObject({
      values: [],
      next: '3',
      bytes: 0,
      state: 'closed',
    });
    await reader.close();
  });

  test('is a file that two patterns match one split, and are two files of one name refused?', async () => {
    write('x/a.ndjson', '1\n');
    write('y/a.ndjson', '2\n');
    expect(await (await source(['x/*.ndjson', 'x/a*'])).splits()).toEqual([{ id: 'a.ndjson' }]);
    await expect(source(['x/*', 'y/*'])).rejects.toMatchObject({ code: 'TM_SOURCE_AMBIGUOUS', kind: 'invalid' });
  });

  test('does it say what it looked for, and where, when nothing matches?', async () => {
    await expect(source(['*.ndjson', 'sub/x'])).rejects.toMatchObject({
      code: 'TM_SOURCE_EMPTY',
      kind: 'invalid',
      message: expect.stringContaining(`"*.ndjson", "sub/x", looked for in ${folder}, ${folder}/sub/x`),
    });
  });

  test('is an empty file closed at once?', async () => {
    write('a.ndjson', '');
    const batch = await (await source()).read('a.ndjson', undefined, 1000);
    expect(batch).toMatchObject({ values: [], next: '0', state: 'closed' });
  });

  test.each([1, 2, 7, 16, 64, 1000])('are all records read once in reads of %i bytes?', async (maxBytes) => {
    write('a.ndjson', '{"a":1}\r\n\n"é€😀"\n{bad}\n2\n"last, without an end"');
    const read = await readOn(await source(), 'a.ndjson', maxBytes);
    expect(read.values).toEqual([{ a: 1 }, 'é€😀', 2, 'last, without an end']);
    expect(read.positions).toEqual(['0', '10', '28', '30']);
    expect(read.codes).toEqual(['TM_RECORD_SYNTAX@22']);
  });

  test('does a read stay near what was asked for?', async () => {
    write('a.ndjson', '12345678\n'.repeat(1000));
    const { batches } = await readOn(await source(), 'a.ndjson', 100);
    expect(Math.max(...batches.map(({ bytes }) => bytes))).toBeLessThanOrEqual(100);
  });

  test('is a file read up to the size that it had when the source was opened?', async () => {
    const file = write('a.ndjson', '1\n2\n');
    const reader = await source();
    appendFileSync(file, '3\n');
    write('b.ndjson', '4\n');
    expect((await readOn(reader, 'a.ndjson', 3)).values).toEqual([1, 2]);
    expect(await reader.splits()).toEqual([{ id: 'a.ndjson' }]);
  });
});

describe('filesSource, with lines beyond the limit', () => {
  const limits = { maxRecordBytes: 100 };

  test.each([1, 50, 101, 102, 103, 300, 5000])(
    'are they refused once and their neighbours read, in reads of %i bytes?',
    async (maxBytes) => {
      const long = (bytes: number): string => `"${'x'.repeat(bytes - 2)}"`;
      const texts = [long(100), `${long(100)}\r`, long(101), '1', long(1000), long(5000), '', '2', long(101)];
      write('a.ndjson', texts.join('\n'));
      const read = await readOn(await source('*.ndjson', limits), 'a.ndjson', maxBytes);
      expect(read.values.map((value) => String(value).length)).toEqual([98, 98, 1, 1]);
      expect(read.codes).toEqual([203, 307, 1308, 6312].map((at) => `TM_RECORD_TOO_LONG@${at}`));
    },
  );

  test('can reading go on within a line that was refused, and is its beginning shown?', async () => {
    write('a.ndjson', `"${'x'.repeat(5000)}"\n1\n`);
    const reader = await source('*.ndjson', limits);
    const first = await reader.read('a.ndjson', undefined, 10);
    expect(first).toMatchObject({ values: [], bytes: 102, next: '102', state: 'more' });
    expect(first.refused).toEqual([
      {
        at: 0,
        position: '0',
        code: 'TM_RECORD_TOO_LONG',
        message: expect.stringContaining('100'),
        preview: expect.stringMatching(/^"x{101}$/),
      },
    ]);
    for (let again = 0; again < 2; again += 1) {
      expect(await readOn(reader, 'a.ndjson', 64, first.next)).toMatchObject({
        values: [1],
        positions: ['5003'],
        codes: [],
      });
    }
  });

  test('is a line of more than 2 GiB skipped in bounded memory?', async () => {
    // Prepare: a file with a hole takes no room.
    const file = write('a.ndjson', '1\n');
    const handle = await open(file, 'r+');
    const bytes = 2 ** 31 + 12_345;
    await handle.write('\n2\n', bytes);
    await handle.close();
    // Act
    const reader = await source('*.ndjson');
    const before = process.memoryUsage().rss;
    let peak = before;
    const seen: unknown[] = [];
    let refusals = 0;
    for (let position: string | undefined, state = 'more'; state === 'more'; ) {
      const batch = await reader.read('a.ndjson', position, 4 << 20);
      seen.push(...batch.values);
      refusals += batch.refused.length;
      ({ next: position, state } = batch);
      peak = Math.max(peak, process.memoryUsage().rss);
    }
    // Assess
    expect(seen).toEqual([1, 2]);
    expect(refusals).toBe(1);
    expect(peak - before).toBeLessThan(400e6);
  });
});

describe('filesSource, when files change under it', () => {
  test('are a file that is gone, cut or replaced told apart, with a next step?', async () => {
    const file = write('a.ndjson', '1\n2\n3\n');
    const reader = await source();
    const { next } = await reader.read('a.ndjson', undefined, 4);
    expect(next).toBe('4');

    truncateSync(file, 5);
    await expect(reader.read('a.ndjson', next, 10)).rejects.toMatchObject({
      code: 'TM_SOURCE_SHRUNK',
      kind: 'corrupt',
    });

    renameSync(file, `${file}.old`);
    await expect(reader.read('a.ndjson', next, 10)).rejects.toMatchObject({
      code: 'TM_SOURCE_GONE',
      kind: 'unavailable',
    });

    writeFileSync(file, '1\n2\n3\n');
    await expect(reader.read('a.ndjson', next, 10)).rejects.toMatchObject({
      code: 'TM_SOURCE_REPLACED',
      kind: 'corrupt',
    });
  });

  test('is a position of an earlier run beyond the end of the file refused?', async () => {
    write('a.ndjson', '1\n');
    const reader = await source();
    await expect(reader.read('a.ndjson', '3', 10)).rejects.toMatchObject({ code: 'TM_SOURCE_SHRUNK' });
    await expect(reader.read('a.ndjson', '-1', 10)).rejects.toMatchObject({ code: 'TM_SOURCE_POSITION' });
    await expect(reader.read('a.ndjson', '1e1', 10)).rejects.toMatchObject({ code: 'TM_SOURCE_POSITION' });
  });

  test('is a split of an earlier run whose file was not found this time named?', async () => {
    write('a.ndjson', '1\n');
    await expect((await source()).read('b.ndjson', '2', 10)).rejects.toMatchObject({ code: 'TM_SOURCE_GONE' });
  });
});

describe('filesSource, following', () => {
  const follow = { follow: true };

  test('is a line waited for until it has its end, and is it never closed?', async () => {
    const file = write('a.ndjson', '1\n{"a":');
    const reader = await source('*.ndjson', follow);
    expect(await reader.complete()).toBe(false);
    const first = await reader.read('a.ndjson', undefined, 100);
    expect(first).toMatchObject({ values: [1], next: '2', bytesLeft: 5, state: 'caught-up' });
    expect(await reader.read('a.ndjson', '2', 100)).toMatchObject({
      values: [],
      refused: [],
      next: '2',
      state: 'caught-up',
    });
    expect(await reader.read('a.ndjson', '2', 2)).toMatchObject({ values: [], next: '2', state: 'caught-up' });
    appendFileSync(file, '2}\n3\n');
    expect(await reader.read('a.ndjson', '2', 2)).toMatchObject({ values: [{ a: 2 }], next: '10', state: 'more' });
    expect(await reader.read('a.ndjson', '10', 100)).toMatchObject({ values: [3], next: '12', state: 'caught-up' });
    expect(await reader.read('a.ndjson', '12', 100)).toMatchObject({ values: [], next: '12', state: 'caught-up' });
  });

  test('is a growing line refused as soon as it is too long, and skipped when its end comes?', async () => {
    const file = write('a.ndjson', 'x'.repeat(150));
    const reader = await source('*.ndjson', { ...follow, maxRecordBytes: 100 });
    const first = await reader.read('a.ndjson', undefined, 1000);
    expect(first).toMatchObject({ refused: [{ code: 'TM_RECORD_TOO_LONG' }], next: '150', state: 'caught-up' });
    appendFileSync(file, 'xx');
    expect(await reader.read('a.ndjson', '150', 1000)).toMatchObject({
      values: [],
      refused: [],
      next: '152',
      state: 'caught-up',
    });
    appendFileSync(file, 'xx\n7\n');
    expect(await reader.read('a.ndjson', '152', 1000)).toMatchObject({ values: [7], refused: [], state: 'caught-up' });
  });

  test('do new files become splits, and do those that vanish stay splits?', async () => {
    const first = write('b.ndjson', '');
    const reader = await source('*.ndjson', follow);
    write('a.ndjson', '1\n');
    expect(await reader.splits()).toEqual([{ id: 'a.ndjson' }, { id: 'b.ndjson' }]);
    unlinkSync(first);
    expect(await reader.splits()).toEqual([{ id: 'a.ndjson' }, { id: 'b.ndjson' }]);
    expect((await reader.read('a.ndjson', undefined, 100)).values).toEqual([1]);
  });

  test('are files that come later waited for, but not a directory that is not there?', async () => {
    const reader = await source('*.ndjson', follow);
    expect(await reader.splits()).toEqual([]);
    await expect(source('nowhere/*.ndjson', follow)).rejects.toMatchObject({ code: 'TM_SOURCE_EMPTY' });
  });
});
