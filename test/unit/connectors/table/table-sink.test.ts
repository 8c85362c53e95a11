import { readTable } from '../../../../lib/connectors/table/table-reader.ts';
import { type TableSinkOptions, tableSink } from '../../../../lib/connectors/table/table-sink.ts';
import { MemoryItems } from '../../../support/memory-items.ts';
import { type Entries, fence, openProgress, progressNow, rangeOf } from '../../../support/sink-work.ts';

interface Row {
  readonly id: string;
  readonly n: number;
}
const rows = (from: number, to: number, id = (n: number) => `k${n}`): Row[] =>
  Array.from({ length: to - from + 1 }, (_, index) => ({ id: id(from + index), n: from + index }));
const options: TableSinkOptions = { table: 'out', key: (row) => ({ pk: (row as Row).id }) };

async function stored(items: MemoryItems, table = 'out'): Promise<unknown[]> {
  const all: unknown[] = [];
  for await (const row of readTable(items, table)) all.push(row);
  return all;
}

async function commit(
  items: MemoryItems,
  entries: Entries,
  after: number,
  upTo: number,
  sink = options,
): Promise<string> {
  const opened = await tableSink(sink).open({ items, changesPerWrite: items.changesPerWrite });
  return opened.commit([rangeOf(entries, after, upTo)], await openProgress(items));
}

describe('tableSink', () => {
  test('is a row stored under its key, with who wrote it?', async () => {
    const items = new MemoryItems();
    const key: TableSinkOptions['key'] = (row) => ({ pk: (row as Row).id, sk: `s"/${(row as Row).n}` });
    await commit(items, { 3: rows(1, 1) }, 0, 4, { ...options, key });
    expect(await items.read('table/out/["k1","s\\"/1"]')).toMatchObject({
      value: { pk: 'k1', sk: 's"/1', row: { id: 'k1', n: 1 }, attempt: 1, version: 3 },
    });
    expect(await stored(items)).toEqual([{ pk: 'k1', sk: 's"/1', row: { id: 'k1', n: 1 } }]);
  });

  test('are small entries written together, with the progress, in as few transactions as they fit into?', async () => {
    const items = new MemoryItems(10);
    await commit(items, { 1: rows(1, 4), 3: rows(5, 9), 4: rows(10, 12) }, 0, 6);
    expect(items.writes).toEqual([10, 4]);
    expect(await progressNow(items)).toEqual({ attempt: 1, version: 6, row: 0 });
  });

  test('does the progress stand between two chunks of an entry, and is the rest done from there?', async () => {
    // Prepare
    const items = new MemoryItems(10);
    const entries = { 2: rows(1, 2), 5: rows(3, 30) };
    const sink = await tableSink(options).open({ items, changesPerWrite: 10 });
    const progress = await openProgress(items);
    let moves = 0;
    const dying = {
      get at() {
        return progress.at;
      },
      move: (...args: Parameters<typeof progress.move>) => {
        moves += 1;
        return moves === 3 ? Promise.reject(new Error('died')) : progress.move(...args);
      },
    };
    // Act
    await expect(sink.commit([rangeOf(entries, 0, 7)], dying)).rejects.toThrow('died');
    // Assess
    expect(await progressNow(items)).toEqual({ attempt: 1, version: 4, row: 16 });
    expect(await stored(items)).toHaveLength(18);
    expect(await commit(items, entries, 0, 7)).toBe('committed');
    expect(items.writes).toEqual([10, 10, 10, 4]);
    expect(await stored(items)).toHaveLength(30);
    expect(await progressNow(items)).toEqual({ attempt: 1, version: 7, row: 0 });
  });

  test('does the last of several rows with one key win, within a chunk and across chunks?', async () => {
    const items = new MemoryItems(10);
    const entries = { 1: rows(1, 20, (n) => `k${n % 3}`), 2: rows(21, 40, (n) => `k${n % 30}`) };
    await commit(items, entries, 0, 2);
    const last = new Map([...entries[1], ...entries[2]].map((row) => [row.id, row.n]));
    const seen = (await stored(items)) as { pk: string; row: Row }[];
    expect(new Map(seen.map(({ pk, row }) => [pk, row.n]))).toEqual(last);
  });

  test('is a fence between two chunks noticed, and nothing written behind it?', async () => {
    const items = new MemoryItems(10);
    const progress = await openProgress(items);
    const sink = await tableSink(options).open({ items, changesPerWrite: 10 });
    const range = rangeOf({ 1: rows(1, 30) }, 0, 1);
    const fenced = {
      ...range,
      async *rows() {
        for await (const entry of range.rows()) yield entry;
        await fence(items, { attempt: 2, version: 1, row: 0 });
      },
    };
    expect(await sink.commit([fenced], progress)).toBe('lost');
    expect(await stored(items)).toHaveLength(27);
    expect(await progressNow(items)).toEqual({ attempt: 2, version: 1, row: 0 });
  });

  test.each([
    [
      'throws',
      () => {
        throw new Error('boom');
      },
      'user-code',
      'boom',
    ],
    ['returns nothing', () => undefined, 'invalid', 'pk'],
    ['returns a number', () => ({ pk: 1 }), 'invalid', 'pk'],
    ['returns a bad sort key', () => ({ pk: 'a', sk: null }), 'invalid', 'sk'],
    ['returns half a surrogate pair', () => ({ pk: '\ud800' }), 'invalid', 'pk'],
    ['returns too much', () => ({ pk: 'é'.repeat(600) }), 'invalid', '1204 bytes'],
  ])('is a key function that %s named as the cause?', async (_name, key, kind, word) => {
    const items = new MemoryItems();
    const committing = commit(items, { 1: rows(1, 1) }, 0, 1, {
      table: 'out',
      key: key as unknown as TableSinkOptions['key'],
    });
    await expect(committing).rejects.toMatchObject({ code: 'TM_SINK_KEY', kind });
    await expect(committing).rejects.toThrow(word);
  });

  test.each(['', 'a/b', 'a b', 'é', 'x'.repeat(129)])('is %j refused as the name of a table?', (table) => {
    expect(() => tableSink({ ...options, table })).toThrow(
      expect.objectContaining({ code: 'TM_SINK_TABLE', kind: 'invalid' }),
    );
  });
});

describe('readTable', () => {
  test('are all pages read, in the order of keys, and no other table?', async () => {
    const items = new MemoryItems(2000);
    await commit(items, { 1: rows(10_000, 11_233) }, 0, 1);
    const other = { ...options, table: 'out2' };
    await commit(items, { 2: rows(1, 1) }, 1, 2, other);
    const keys = ((await stored(items)) as { pk: string }[]).map(({ pk }) => pk);
    expect(keys).toEqual(rows(10_000, 11_233).map(({ id }) => id));
    expect(await stored(items, 'out2')).toHaveLength(1);
    expect(await stored(items, 'nothing')).toEqual([]);
  });

  test('does a page that is exactly full end the reading?', async () => {
    const items = new MemoryItems(2000);
    await commit(items, { 1: rows(1000, 1499) }, 0, 1);
    expect(await stored(items)).toHaveLength(500);
  });
});
