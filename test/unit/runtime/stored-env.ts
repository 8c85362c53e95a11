import { SimStores } from '../../../lib/adapters/simulated/ports.ts';
import { encode } from '../../../lib/core/bytes/codec.ts';
import { frame } from '../../../lib/core/bytes/frame.ts';
import { initialControl, type TaskControl } from '../../../lib/core/journal/control.ts';
import { type EntryHead, encodeHead } from '../../../lib/core/journal/entry.ts';
import type { PhysicalPlan } from '../../../lib/plan/physical-plan.ts';
import { DEFAULT_TUNING, type Environment, type Tuning } from '../../../lib/runtime/environment.ts';

export const CHANGES_PER_WRITE = 5;

/** An environment over the simulated stores, without a world: each call answers at once. */
export function storedEnv(tuning: Partial<Tuning> = {}): { env: Environment; stores: SimStores } {
  const stores = new SimStores();
  const { journal, items } = stores;
  const ports = {
    journal: {
      append: async (...args: Parameters<typeof journal.append>) => journal.append(...args),
      last: async (subtask: string) => journal.last(subtask),
      read: async (...args: Parameters<typeof journal.read>) => journal.read(...args),
      readPart: async (...args: Parameters<typeof journal.readPart>) => journal.readPart(...args),
      collect: async (subtask: string, upTo: number) => journal.collect(subtask, upTo),
    },
    items: {
      read: async (key: string) => items.read(key),
      list: async (...args: Parameters<typeof items.list>) => items.list(...args),
      write: async (changes: Parameters<typeof items.write>[0]) => items.write(changes, CHANGES_PER_WRITE),
    },
    clock: { now: () => 0, sleep: async () => true },
    random: { nonce: () => 'n', fraction: () => 0 },
    telemetry: { emit: () => undefined },
    limits: { changesPerWrite: CHANGES_PER_WRITE, inlineBytes: 64 },
  } as unknown as Environment['ports'];
  const plan = { name: 'billing' } as PhysicalPlan;
  const none = new Map();
  return {
    stores,
    env: { ports, plan, sinks: none, effects: none, sources: none, tuning: { ...DEFAULT_TUNING, ...tuning } },
  };
}

/** Appends the next entry of a journal, with rows by sink. */
export function append(
  stores: SimStores,
  subtask: string,
  entry: {
    kind?: EntryHead['kind'];
    attempt?: number;
    rows?: Record<string, unknown[]>;
    lastCut?: TaskControl['lastCut'];
  },
): number {
  const { kind = 'batch', attempt = 1, rows = {}, lastCut = null } = entry;
  const version = (stores.journal.last(subtask)?.version ?? 0) + 1;
  const control = { ...initialControl(attempt, 0, [], []), lastCut };
  const parts = Object.values(rows).map((of) => frame(encode(of)));
  const head = encodeHead({
    kind,
    pure: false,
    control,
    messages: [],
    rows: Object.entries(rows).map(([sink, of], part) => ({ sink, part, count: of.length })),
    changes: [],
  });
  expect(stores.journal.append(subtask, { version, attempt, nonce: `n${version}`, head, parts })).toBe('appended');
  return version;
}

/** The mark of a cut in entry `version`; the entries since the one before cost `heads`. */
export const mark = (version: number, previousVersion: number, heads = 0): NonNullable<TaskControl['lastCut']> => ({
  checkpoint: version,
  cost: { heads, all: heads },
  version,
  previousVersion,
});
