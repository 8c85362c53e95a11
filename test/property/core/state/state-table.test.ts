import fc from 'fast-check';
import { decode, encode } from '../../../../lib/core/bytes/codec.ts';
import type { StateChange } from '../../../../lib/core/journal/state-change.ts';
import { ColdState, StateMiss } from '../../../../lib/core/state/cold-state.ts';
import { StateTable } from '../../../../lib/core/state/state-table.ts';

const NAMESPACES = ['', 'w1', 'w2'];
const KEYS = ['a', 'b', 'é'];
const namespace = fc.constantFrom(...NAMESPACES);
const key = fc.constantFrom(...KEYS);
const value = fc.oneof(
  fc.integer(),
  fc.constantFrom('', '{', '=x', '{"n":1}', false, null, undefined),
  fc.record({ n: fc.integer() }),
  fc.record({ list: fc.array(fc.integer(), { maxLength: 3 }) }),
);
const step = fc.oneof(
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('set' as const), namespace, key, value }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('delete' as const), namespace, key }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('mutate' as const), namespace, key }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('drop' as const), namespace }) },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constantFrom('careful' as const, 'keep' as const, 'lose' as const, 'commit' as const, 'abort' as const),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('evict' as const) }) },
);
type Step = typeof step extends fc.Arbitrary<infer S> ? S : never;

/** The plain reference: three maps of (namespace, key), each a full copy of the one below. */
class Reference {
  committed = new Map<string, unknown>();
  batch = new Map<string, unknown>();
  record = new Map<string, unknown>();

  static copy(map: Map<string, unknown>): Map<string, unknown> {
    return new Map([...map].map(([at, held]) => [at, structuredClone(held)]));
  }
}
const at = (space: string, name: string): string => JSON.stringify([space, name]);

/** Reads, fetching what is missed, as the runtime does between two tries. */
function reading<T>(table: StateTable, cold: ColdState, read: () => T): T {
  for (;;) {
    try {
      return read();
    } catch (error) {
      if (!(error instanceof StateMiss)) throw error;
      for (const change of cold.fetch(error)) table.apply(change);
    }
  }
}

function run(steps: readonly Step[]): { table: StateTable; model: Reference; journal: StateChange[]; cold: ColdState } {
  const table = new StateTable('t');
  const cold = new ColdState();
  const model = new Reference();
  const journal: StateChange[] = [];
  let careful = false;
  const look = () => {
    const seen = NAMESPACES.flatMap((space) => [
      reading(table, cold, () => table.keys(space)),
      ...KEYS.map((name) => reading(table, cold, () => table.get(space, name))),
    ]);
    const expected = NAMESPACES.flatMap((space) => [
      KEYS.filter((name) => model.record.has(at(space, name))),
      ...KEYS.map((name) => model.record.get(at(space, name))),
    ]);
    expect(seen).toStrictEqual(expected);
  };
  const endRecord = (kept: boolean) => {
    if (kept) {
      table.keepRecord();
      model.batch = Reference.copy(model.record);
    } else {
      table.dropRecord();
      model.record = Reference.copy(model.batch);
    }
  };
  for (const action of steps) {
    switch (action.kind) {
      case 'set':
        table.set(action.namespace, action.key, structuredClone(action.value));
        if (action.value === undefined) model.record.delete(at(action.namespace, action.key));
        else model.record.set(at(action.namespace, action.key), structuredClone(action.value));
        break;
      case 'delete':
        table.delete(action.namespace, action.key);
        model.record.delete(at(action.namespace, action.key));
        break;
      case 'mutate': {
        // Changes what it read and writes it back, as an accumulator does.
        const held = reading(table, cold, () => table.get(action.namespace, action.key));
        const known = model.record.get(at(action.namespace, action.key));
        if (typeof held !== 'object' || held === null) break;
        for (const object of [held, known]) (object as { n?: number }).n = ((object as { n?: number }).n ?? 0) + 1;
        table.set(action.namespace, action.key, held);
        break;
      }
      case 'drop':
        // Outside records only.
        if (careful) endRecord(true);
        table.drop(action.namespace);
        for (const name of KEYS) model.record.delete(at(action.namespace, name));
        break;
      case 'careful':
        if (careful) endRecord(true);
        careful = !careful;
        table.setCareful(careful);
        break;
      case 'keep':
      case 'lose':
        if (careful) endRecord(action.kind === 'keep');
        break;
      case 'commit': {
        if (careful) endRecord(true);
        const changes = decode(encode(table.changes())) as StateChange[];
        table.rollback();
        for (const change of changes) table.apply(change);
        journal.push(...changes);
        model.committed = Reference.copy(model.record);
        break;
      }
      case 'abort':
        table.rollback();
        model.record = Reference.copy(model.committed);
        break;
      case 'evict':
        table.setCold(undefined);
        table.evict(cold);
        table.setCold(cold);
        break;
    }
    // A drop, a commit and a rollback are of the batch; without care, so is every write.
    if (!careful || action.kind === 'drop' || action.kind === 'commit' || action.kind === 'abort')
      model.batch = Reference.copy(model.record);
    // Reading gives fetched entries back to memory; eviction alone must not be undone each time.
    if (action.kind !== 'evict') look();
  }
  return { table, model, journal, cold };
}

const entries = (table: StateTable) =>
  NAMESPACES.flatMap((space) => table.keys(space).map((name) => [at(space, name), table.get(space, name)] as const));

describe('StateTable', () => {
  test('does it do what a plain map does, through records, batches, drops, rollbacks and evictions?', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60, size: 'max' }), (steps) => void run(steps)),
      { numRuns: 200 },
    );
  });

  test('do its committed changes make the same state in another table, and a snapshot of that again?', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60, size: 'max' }), (steps) => {
        // Prepare
        const { model, journal } = run(steps);
        const folded = new StateTable('t');
        const copy = new StateTable('t');
        // Act
        for (const change of journal) folded.apply(change);
        for (const change of decode(encode([...folded.snapshot()])) as StateChange[]) copy.apply(change);
        // Assess
        expect(new Map(entries(folded))).toStrictEqual(model.committed);
        expect(entries(copy)).toStrictEqual(entries(folded));
        expect(folded.size).toBe(model.committed.size);
        expect(copy.size).toBe(folded.size);
      }),
      { numRuns: 200 },
    );
  });

  test('does a run that was given up leave the committed state as it was?', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        const { table, model, cold } = run(steps);
        table.rollback();
        table.setCareful(false);
        for (const space of NAMESPACES) reading(table, cold, () => table.keys(space));
        expect(new Map(entries(table))).toStrictEqual(model.committed);
        expect(table.changes()).toEqual([]);
      }),
    );
  });
});
