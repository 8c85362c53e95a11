import type { DeadLetter } from '../../../lib/core/record/position.ts';
import { deadLetterSink, readDeadLetters, type StoredDeadLetter } from '../../../lib/runtime/dead-letter-sink.ts';
import { MemoryItems } from '../../support/memory-items.ts';
import { type Entries, fence, openProgress, progressNow, rangeOf, WRITER } from '../../support/sink-work.ts';

const letter = (record: number, more: Partial<DeadLetter> = {}): DeadLetter => ({
  operator: 'op',
  code: 'TM_USER_CODE',
  message: 'no',
  count: 1,
  record,
  ...more,
});
const letters = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, index) => letter(from + index));
async function commit(items: MemoryItems, entries: Entries, after: number, upTo: number, writer = WRITER) {
  const sink = deadLetterSink(items.changesPerWrite);
  return sink.commit([rangeOf(entries, after, upTo, writer)], await openProgress(items, writer));
}
async function stored(items: MemoryItems): Promise<StoredDeadLetter[]> {
  const all: StoredDeadLetter[] = [];
  for await (const one of readDeadLetters(items)) all.push(one);
  return all;
}

describe('deadLetterSink', () => {
  test('is a letter listed with the journal entry that it came from?', async () => {
    const items = new MemoryItems();
    expect(await commit(items, { 2: [letter(7)] }, 0, 3)).toBe('committed');
    expect(await stored(items)).toEqual([{ ...letter(7), subtask: 'hourly/0', attempt: 1, version: 2 }]);
    expect(await progressNow(items)).toEqual({ attempt: 1, version: 3, row: 0 });
  });

  test('are more letters than one write takes committed in pieces, each with its progress, in order?', async () => {
    const items = new MemoryItems(4);
    await commit(items, { 1: letters(1, 8), 2: letters(9, 9) }, 0, 2);
    expect(items.writes).toEqual([4, 4, 3, 2]);
    expect((await stored(items)).map(({ record }) => record)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9]);
  });

  test('does a commit that died within an entry go on where it stood?', async () => {
    // Prepare
    const items = new MemoryItems(4);
    const entries = { 3: letters(1, 8) };
    const progress = await openProgress(items);
    let moves = 0;
    const dying = {
      get at() {
        return progress.at;
      },
      move: (...args: Parameters<typeof progress.move>) => {
        moves += 1;
        return moves === 2 ? Promise.reject(new Error('died')) : progress.move(...args);
      },
    };
    // Act
    await expect(deadLetterSink(4).commit([rangeOf(entries, 0, 4)], dying)).rejects.toThrow('died');
    const between = await progressNow(items);
    const outcome = await commit(items, entries, 0, 4);
    // Assess
    expect(between).toEqual({ attempt: 1, version: 2, row: 3 });
    expect(outcome).toBe('committed');
    expect(items.writes).toEqual([4, 4, 3, 1]);
    expect((await stored(items)).map(({ record }) => record)).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
  });

  test('does a commit that is repeated write nothing?', async () => {
    const items = new MemoryItems();
    await commit(items, { 1: letters(1, 2) }, 0, 1);
    const { length } = items.writes;
    expect(await commit(items, { 1: letters(1, 2) }, 0, 1)).toBe('committed');
    expect(items.writes).toHaveLength(length);
  });

  test('is nothing written behind a fence?', async () => {
    const items = new MemoryItems();
    const progress = await openProgress(items);
    await fence(items, { attempt: 2, version: 0, row: 0 });
    expect(await deadLetterSink(10).commit([rangeOf({ 1: letters(1, 2) }, 0, 1)], progress)).toBe('lost');
    expect(await stored(items)).toEqual([]);
  });

  test('is a record that is refused again after a restore one letter, and one without a place its own?', async () => {
    const items = new MemoryItems();
    const placed = letter(1, { split: 'a/b.ndjson', position: '900' });
    const span = letter(2, { split: 'a/b.ndjson', position: '900', lastPosition: '950', count: 3 });
    const again = { ...WRITER, subtask: 'hourly/1', attempt: 2 };
    await commit(items, { 1: [placed, span] }, 0, 1);
    await commit(items, { 1: [placed, span, letter(3)] }, 0, 1, again);
    expect((await stored(items)).map(({ record, attempt }) => [record, attempt]).sort()).toEqual([
      [1, 2],
      [2, 1],
      [2, 2],
      [3, 2],
    ]);
  });

  test('are more letters than one page listed, each once?', async () => {
    const items = new MemoryItems(600);
    await commit(items, { 1: letters(1, 1001) }, 0, 1);
    expect(new Set((await stored(items)).map(({ record }) => record)).size).toBe(1001);
    expect(await stored(items)).toHaveLength(1001);
  });
});
