import type { ControlItems } from '../../lib/ports/control-items.ts';
import type { CommitProgress, Sink, SinkBinding, SinkRange } from '../../lib/ports/sink.ts';
import { MemoryItems } from '../support/memory-items.ts';
import { type Entries, fence, openProgress, progressNow, rangeOf, WRITER } from '../support/sink-work.ts';

/** One place to write to, and what readers see there. */
export interface SinkPlace {
  readonly binding: SinkBinding;
  /** Visible rows, in any order. */
  visible(items: ControlItems): Promise<readonly unknown[]>;
  /** Number of staged pieces, finished or not; 0 for sinks that stage nothing. */
  staged(): Promise<number>;
}

interface Order {
  readonly id: string;
  readonly version: number;
}

const order = (version: number, index: number): Order => ({ id: `v${version}-${index}`, version });
const orders = (version: number, count: number): Order[] => Array.from({ length: count }, (_, i) => order(version, i));

/** Version 1 has no rows; 5 has more than a transaction of ten changes holds. */
const ENTRIES: Entries = { 2: orders(2, 3), 3: orders(3, 1), 5: orders(5, 25), 7: orders(7, 2) };
const upTo = (version: number): Order[] =>
  Object.entries(ENTRIES).flatMap(([at, rows]) => (Number(at) <= version ? (rows as Order[]) : []));
const sorted = (rows: readonly unknown[]): string[] => rows.map((row) => (row as Order).id).sort();

class Crash extends Error {}

/** Dies right before or after the `at`th move. */
function dying(progress: CommitProgress, at: number, applied: boolean): CommitProgress {
  let moves = 0;
  return {
    get at() {
      return progress.at;
    },
    async move(to, together) {
      moves += 1;
      if (moves === at && !applied) throw new Crash();
      const outcome = await progress.move(to, together);
      if (moves === at) throw new Crash();
      return outcome;
    },
  };
}

/** What every exactly-once sink promises (`lib/ports/sink.ts`). Rows are objects with an `id` of their own. */
export function sinkContract(name: string, place: () => Promise<SinkPlace>): void {
  describe(`${name}, as a sink`, () => {
    let here: SinkPlace;
    let items: MemoryItems;
    let sink: Sink;
    const context = () => ({ items, changesPerWrite: items.changesPerWrite });
    const stage = async (...ranges: SinkRange[]): Promise<void> => {
      for (const range of ranges) await sink.stage?.(range);
    };
    const commit = async (...ranges: SinkRange[]): Promise<string> => sink.commit(ranges, await openProgress(items));
    const seen = async (): Promise<string[]> => sorted(await here.visible(items));

    beforeEach(async () => {
      here = await place();
      items = new MemoryItems();
      sink = await here.binding.open(context());
    });

    test('does it promise exactly once, and name itself?', () => {
      expect([sink.guarantee, here.binding.guarantee]).toEqual(['exactly-once', 'exactly-once']);
      expect(here.binding.description).toMatch(/./);
    });

    test('is nothing visible before the commit, and everything once after it?', async () => {
      const ranges = [rangeOf(ENTRIES, 0, 3), rangeOf(ENTRIES, 3, 6)];
      await stage(...ranges);
      expect(await seen()).toEqual([]);
      expect(await commit(...ranges)).toBe('committed');
      expect(await seen()).toEqual(sorted(upTo(6)));
      expect(await progressNow(items)).toEqual({ attempt: 1, version: 6, row: 0 });
      expect(await here.staged()).toBe(0);
    });

    test('does a commit that is repeated, alone or with more, change nothing twice?', async () => {
      const ranges = [rangeOf(ENTRIES, 0, 3), rangeOf(ENTRIES, 3, 6), rangeOf(ENTRIES, 6, 7)] as const;
      await stage(...ranges);
      expect(await commit(ranges[0])).toBe('committed');
      expect(await commit(ranges[0])).toBe('committed');
      expect(await commit(...ranges)).toBe('committed');
      expect(await commit(...ranges)).toBe('committed');
      expect(await seen()).toEqual(sorted(upTo(7)));
    });

    test('does a range without rows move the progress and write nothing?', async () => {
      const empty = rangeOf(ENTRIES, 0, 1);
      await stage(empty);
      expect(await commit(empty)).toBe('committed');
      expect(await seen()).toEqual([]);
      expect((await progressNow(items)).version).toBe(1);
    });

    test('is staging that is repeated, also by another instance, as good as once?', async () => {
      const range = rangeOf(ENTRIES, 0, 6);
      const other = await here.binding.open(context());
      await Promise.all([stage(range), other.stage?.(range)]);
      await stage(range);
      await commit(range);
      expect(await seen()).toEqual(sorted(upTo(6)));
    });

    test('is a commit that died at any move finished by the next, exactly once?', async () => {
      for (const applied of [false, true]) {
        for (let at = 1; ; at += 1) {
          // Prepare
          here = await place();
          items = new MemoryItems();
          sink = await here.binding.open(context());
          const ranges = [rangeOf(ENTRIES, 0, 3), rangeOf(ENTRIES, 3, 6)];
          await stage(...ranges);
          // Act
          const first = sink.commit(ranges, dying(await openProgress(items), at, applied));
          const died = await first.then(
            () => false,
            (error) => error instanceof Crash,
          );
          sink = await here.binding.open(context());
          await sink.recover(WRITER, await progressNow(items));
          expect(await commit(...ranges)).toBe('committed');
          // Assess
          expect(await seen()).toEqual(sorted(upTo(6)));
          if (!died) {
            expect(at).toBeGreaterThan(1);
            break;
          }
        }
      }
    });

    test('do two committers at once make the rows visible once?', async () => {
      const ranges = [rangeOf(ENTRIES, 0, 6)];
      await stage(...ranges);
      const one = openProgress(items);
      const two = openProgress(items);
      const other = await here.binding.open(context());
      const outcomes = await Promise.all([sink.commit(ranges, await one), other.commit(ranges, await two)]);
      expect(outcomes).toContain('committed');
      expect(await seen()).toEqual(sorted(upTo(6)));
    });

    test('is a zombie that read its progress before the fence told so, and does it change nothing?', async () => {
      const range = rangeOf(ENTRIES, 0, 6);
      await stage(range);
      const stale = await openProgress(items);
      await fence(items, { attempt: 2, version: 9, row: 0 });
      expect(await sink.commit([range], stale)).toBe('lost');
      expect(await seen()).toEqual([]);
      expect(await progressNow(items)).toEqual({ attempt: 2, version: 9, row: 0 });
    });

    test('is a range of an attempt that was superseded refused, also with progress read after the fence?', async () => {
      const range = rangeOf(ENTRIES, 0, 6);
      await stage(range);
      await fence(items, { attempt: 2, version: 0, row: 0 });
      expect(await commit(range)).toBe('lost');
      expect(await seen()).toEqual([]);
    });

    test('does the next attempt write after an abort, with nothing of the one before?', async () => {
      // Prepare
      const committed = rangeOf(ENTRIES, 0, 3);
      const never = rangeOf(ENTRIES, 3, 6);
      await stage(committed, never);
      await commit(committed);
      // Act
      await fence(items, { attempt: 2, version: 6, row: 0 });
      await sink.abort(WRITER, 3);
      await sink.abort(WRITER, 3);
      expect(await here.staged()).toBe(0);
      const second = { ...WRITER, attempt: 2 };
      const again = rangeOf({ 8: orders(8, 2) }, 6, 8, second);
      await sink.recover(second, await progressNow(items));
      await stage(again);
      expect(await commit(again)).toBe('committed');
      // Assess
      expect(await seen()).toEqual(sorted([...upTo(3), ...orders(8, 2)]));
    });

    test('does recovery clear what is committed or of lower attempts, and keep what is still to be committed?', async () => {
      const first = rangeOf(ENTRIES, 0, 3);
      const second = rangeOf(ENTRIES, 3, 6);
      await stage(first, second);
      await commit(first);
      await stage(first);
      await sink.recover(WRITER, await progressNow(items));
      expect(await commit(second)).toBe('committed');
      expect(await seen()).toEqual(sorted(upTo(6)));
      await stage(rangeOf(ENTRIES, 6, 7));
      await sink.recover({ ...WRITER, attempt: 2 }, { attempt: 2, version: 6, row: 0 });
      expect(await here.staged()).toBe(0);
    });

    test('do subtasks, sinks and pipelines that share a place leave each other alone?', async () => {
      const others = [
        { ...WRITER, subtask: 'hourly/1' },
        { ...WRITER, sink: 'receipts' },
        { ...WRITER, pipeline: 'other' },
      ];
      const range = rangeOf(ENTRIES, 0, 3);
      await stage(range);
      for (const [index, writer] of others.entries()) {
        await stage(rangeOf({ 2: [order(100 + index, 0)] }, 0, 3, writer));
        await sink.abort(writer, 0);
        await sink.recover({ ...writer, attempt: 9 }, { attempt: 9, version: 99, row: 0 });
      }
      await commit(range);
      expect(await seen()).toEqual(sorted(upTo(3)));
    });
  });
}
