import type { SinkRows } from '../../../lib/ports/sink.ts';
import { piecesUpTo, sinkRange } from '../../../lib/runtime/sink-ranges.ts';
import { append, mark, storedEnv } from './stored-env.ts';

/** Entries 1 … 9: a restore entry, cuts at 3, 6 and 9, batches between. */
function journal() {
  const made = storedEnv();
  const { stores } = made;
  append(stores, 'w/0', { kind: 'restore' });
  append(stores, 'w/0', {});
  append(stores, 'w/0', { kind: 'cut', lastCut: mark(3, 1) });
  append(stores, 'w/0', {});
  append(stores, 'w/0', {});
  append(stores, 'w/0', { kind: 'cut', lastCut: mark(6, 3) });
  append(stores, 'w/0', {});
  append(stores, 'w/0', {});
  append(stores, 'w/0', { kind: 'cut', lastCut: mark(9, 6) });
  return made;
}

describe('piecesUpTo', () => {
  test.each([
    ['nothing is committed', 0, ['1..3', '3..6', '6..9']],
    ['the restore entry is', 1, ['1..3', '3..6', '6..9']],
    ['a cut is', 3, ['3..6', '6..9']],
    ['an entry between two cuts is', 4, ['4..6', '6..9']],
    ['all but the last entry are', 8, ['8..9']],
    ['all is', 9, []],
    ['more than all is', 12, []],
  ])('is the journal split at each cut when %s?', async (_what, after, expected) => {
    const { env } = journal();
    const pieces = await piecesUpTo(env, 'w/0', mark(9, 6), after);
    expect(pieces.map((piece) => `${piece.after}..${piece.upTo}`)).toEqual(expected);
  });

  test('are pieces consecutive, so that none overlaps and nothing is left out?', async () => {
    const { env } = journal();
    const pieces = await piecesUpTo(env, 'w/0', mark(9, 6), 2);
    pieces.forEach((piece, index) => {
      expect(piece.after).toBe(index === 0 ? 2 : pieces[index - 1]?.upTo);
    });
    expect(pieces.at(-1)?.upTo).toBe(9);
  });
});

describe('sinkRange', () => {
  test('does it give the rows of one sink, of the attempt and inside the piece only, in order?', async () => {
    // Prepare
    const { env, stores } = storedEnv();
    append(stores, 'w/0', { rows: { out: ['before'] } });
    append(stores, 'w/0', { rows: { out: ['abandoned'] } });
    append(stores, 'w/0', { attempt: 2, rows: { other: ['no'], out: [1, { two: 2 }] } });
    append(stores, 'w/0', { attempt: 2 });
    append(stores, 'w/0', { attempt: 2, rows: { out: [3] } });
    append(stores, 'w/0', { attempt: 2, rows: { out: ['behind'] } });
    // Act
    const range = sinkRange(env, 'out', 'w/0', 2, { after: 1, upTo: 5 });
    const rows: SinkRows[] = [];
    for await (const entry of range.rows()) rows.push(entry);
    // Assess
    expect(range).toMatchObject({ pipeline: 'billing', sink: 'out', subtask: 'w/0', attempt: 2, after: 1, upTo: 5 });
    expect(rows).toEqual([
      { version: 3, rows: [1, { two: 2 }] },
      { version: 5, rows: [3] },
    ]);
  });

  test('is a part that was collected a stale instance, and not an empty range?', async () => {
    const { env, stores } = journal();
    stores.journal.collect('w/0', 5);
    const { rows } = sinkRange(env, 'out', 'w/0', 1, { after: 3, upTo: 9 });
    await expect(rows()[Symbol.asyncIterator]().next()).rejects.toThrow('w/0 v4 is gone');
  });
});
