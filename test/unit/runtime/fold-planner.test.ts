import { itemKeys } from '../../../lib/ports/names.ts';
import { FoldPlanner } from '../../../lib/runtime/fold-planner.ts';
import { ack } from '../core/checkpoint/cut-acks.ts';
import { append, mark, storedEnv } from './stored-env.ts';

function setUp(foldBytes: number) {
  const made = storedEnv({ foldBytes });
  const folded: string[] = [];
  const open = () => new FoldPlanner(made.env, async (subtask, version) => void folded.push(`${subtask} v${version}`));
  /** Acknowledges checkpoint `id` with a cut at `version` that cost `headBytes`, on a base from `after` on. */
  const acknowledge = async (id: number, version: number, headBytes: number, after: number, subtask = 'w/0') => {
    const value = {
      ...ack(subtask, { version, base: { snapshot: null, segments: [[after, version]] } }),
      checkpoint: id,
      headBytes,
    };
    await made.env.ports.items.write([{ key: itemKeys.ack(id, subtask), value }]);
  };
  const manifest = (stateBytes: number) =>
    made.env.ports.items.write([
      { key: itemKeys.manifest('w/0'), value: { version: 1, attempt: 1, snapshot: 's', bytes: 1, stateBytes } },
    ]);
  return { ...made, folded, open, acknowledge, manifest };
}

describe('FoldPlanner', () => {
  test('is a tail folded when its bytes reach the bound, and counted from nothing afterwards?', async () => {
    const { open, folded, acknowledge, stores } = setUp(100);
    append(stores, 'w/0', { kind: 'restore' });
    for (const [version, heads] of [60, 40, 99, 1].entries())
      append(stores, 'w/0', { kind: 'cut', lastCut: mark(version + 2, version + 1, heads) });
    const planner = open();
    for (const [index, heads] of [60, 40, 99, 1].entries()) {
      await acknowledge(index + 1, index + 2, heads, 1);
      await planner.after(index + 1);
    }
    expect(folded).toEqual(['w/0 v3', 'w/0 v5']);
  });

  test('does a state larger than the tail wait for as much as itself?', async () => {
    const { open, folded, acknowledge, manifest, stores } = setUp(10);
    append(stores, 'w/0', { kind: 'restore' });
    append(stores, 'w/0', { kind: 'cut', lastCut: mark(2, 1, 50) });
    append(stores, 'w/0', { kind: 'cut', lastCut: mark(3, 2, 50) });
    await manifest(100);
    const planner = open();
    await acknowledge(1, 2, 50, 1);
    await planner.after(1);
    const before = [...folded];
    await acknowledge(2, 3, 50, 1);
    await planner.after(2);
    expect([before, folded]).toEqual([[], ['w/0 v3']]);
  });

  test('does a new planner measure what stands in the journal already, each cut once?', async () => {
    const { open, folded, acknowledge, stores } = setUp(100);
    append(stores, 'w/0', { kind: 'restore' });
    append(stores, 'w/0', { kind: 'cut', lastCut: mark(2, 1, 30) });
    append(stores, 'w/0', {});
    append(stores, 'w/0', { kind: 'cut', lastCut: mark(4, 2, 30) });
    append(stores, 'w/0', { kind: 'cut', lastCut: mark(5, 4, 39) });
    await acknowledge(3, 5, 39, 1);
    await open().after(3);
    const below = [...folded];
    await acknowledge(3, 5, 40, 1);
    await open().after(3);
    expect([below, folded]).toEqual([[], ['w/0 v5']]);
  });

  test('is each subtask counted by itself?', async () => {
    const { open, folded, acknowledge, stores } = setUp(100);
    for (const subtask of ['w/0', 'w/1']) {
      append(stores, subtask, { kind: 'restore' });
      append(stores, subtask, { kind: 'cut', lastCut: mark(2, 1, 0) });
    }
    await acknowledge(1, 2, 99, 1, 'w/0');
    await acknowledge(1, 2, 100, 1, 'w/1');
    await open().after(1);
    expect(folded).toEqual(['w/1 v2']);
  });
});
