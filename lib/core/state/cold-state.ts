import type { StateChange, StoredValue } from '../journal/state-change.ts';

/** Thrown inside a pass when an entry is not in memory: the record is rolled back, the runtime fetches, the pass resumes. */
export class StateMiss extends Error {
  readonly table: string;
  readonly namespace: string;
  /** Undefined when the whole namespace is asked for. */
  readonly key: string | undefined;
  constructor(table: string, namespace: string, key: string | undefined) {
    super(`state miss ${table}`);
    this.table = table;
    this.namespace = namespace;
    this.key = key;
  }
}

/** Entries that are committed but not in memory. Sorted files stand here later; today a map that tests evict into. */
export class ColdState {
  readonly #tables = new Map<string, Map<string, Map<string, StoredValue>>>();

  /** Takes entries over from memory. */
  put(changes: Iterable<StateChange>): void {
    for (const { table, namespace, keys, values } of changes) {
      const namespaces = this.#tables.get(table) ?? new Map<string, Map<string, StoredValue>>();
      this.#tables.set(table, namespaces);
      const entries = namespaces.get(namespace) ?? new Map<string, StoredValue>();
      namespaces.set(namespace, entries);
      keys.forEach((key, index) => {
        entries.set(key, values[index] as StoredValue);
      });
    }
  }

  has(table: string, namespace: string, key: string): boolean {
    return this.#tables.get(table)?.get(namespace)?.has(key) ?? false;
  }

  hasNamespace(table: string, namespace: string): boolean {
    return (this.#tables.get(table)?.get(namespace)?.size ?? 0) > 0;
  }

  namespaces(table: string): string[] {
    return [...(this.#tables.get(table) ?? [])].flatMap(([name, entries]) => (entries.size > 0 ? [name] : []));
  }

  /** Gives what a miss asks for, to be applied to memory, and forgets it here. */
  fetch(miss: StateMiss): StateChange[] {
    const entries = this.#tables.get(miss.table)?.get(miss.namespace);
    if (!entries) return [];
    const keys = miss.key === undefined ? [...entries.keys()] : [miss.key];
    const values = keys.map((key) => entries.get(key) as StoredValue);
    for (const key of keys) entries.delete(key);
    return [{ table: miss.table, namespace: miss.namespace, drop: false, keys, values }];
  }

  /** Gives everything of some keys, whatever the table: a window's entries have the key, lists and maps are under it. */
  take(keys: ReadonlySet<string>): StateChange[] {
    const taken: StateChange[] = [];
    for (const [table, namespaces] of this.#tables) {
      for (const [namespace, entries] of namespaces) {
        const named = keys.has(namespace) ? [...entries.keys()] : [...keys].filter((key) => entries.has(key));
        if (named.length === 0) continue;
        const values = named.map((key) => entries.get(key) as StoredValue);
        for (const key of named) entries.delete(key);
        taken.push({ table, namespace, drop: false, keys: named, values });
      }
    }
    return taken;
  }

  /** A namespace was dropped, or entries written: what is here of them is superseded. */
  supersede(change: StateChange): void {
    const namespaces = this.#tables.get(change.table);
    if (change.drop) namespaces?.delete(change.namespace);
    const entries = namespaces?.get(change.namespace);
    for (const key of change.keys) entries?.delete(key);
  }
}
