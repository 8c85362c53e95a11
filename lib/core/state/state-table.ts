import type { StateChange, StoredValue } from '../journal/state-change.ts';
import { rule } from '../record/rule.ts';
import { type ColdState, StateMiss } from './cold-state.ts';
import { load, store } from './stored-value.ts';

type Namespaces<V> = Map<string, Map<string, V>>;

function inner<V>(outer: Namespaces<V>, namespace: string): Map<string, V> {
  let map = outer.get(namespace);
  if (!map) {
    map = new Map();
    outer.set(namespace, map);
  }
  return map;
}

const isScalar = (value: unknown): value is string | number | boolean =>
  typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean';

const DELETED = Symbol('deleted');

/**
 * One keyed state: entries by (namespace, key). A window keeps one namespace per window, a `process` map one per
 * user key. Reads see the record's writes, then the batch's, then what is committed. Committed values are kept
 * encoded, so that nothing a user's function mutates can leak into them.
 */
export class StateTable {
  readonly id: string;
  /** Never evicted: timers, which are looked at by time. */
  resident = false;
  readonly #committed: Namespaces<StoredValue> = new Map();
  readonly #batch: Namespaces<unknown> = new Map();
  readonly #record: Namespaces<unknown> = new Map();
  readonly #dropped = new Set<string>();
  #careful = false;
  #cold: ColdState | undefined;
  #size = 0;

  constructor(id: string) {
    this.id = id;
  }

  /** Entries that are committed. */
  get size(): number {
    return this.#size;
  }

  /** In careful mode each record works on copies and can be rolled back alone. */
  setCareful(careful: boolean): void {
    this.#careful = careful;
  }

  setCold(cold: ColdState | undefined): void {
    this.#cold = cold;
  }

  get(namespace: string, key: string): unknown {
    if (this.#careful) {
      const own = this.#record.get(namespace)?.get(key);
      if (own !== undefined) return own === DELETED ? undefined : own;
    }
    const written = this.#batch.get(namespace)?.get(key);
    if (written !== undefined) {
      if (written === DELETED) return undefined;
      return this.#careful && !isScalar(written) ? load(store(written)) : written;
    }
    if (this.#dropped.has(namespace)) return undefined;
    const stored = this.#committed.get(namespace)?.get(key);
    if (stored === undefined) {
      if (this.#cold?.has(this.id, namespace, key)) throw new StateMiss(this.id, namespace, key);
      return undefined;
    }
    return stored === null ? undefined : load(stored);
  }

  set(namespace: string, key: string, value: unknown): void {
    // A value that can't be encoded is this record's failure, not the batch's.
    if (this.#careful && value !== undefined && !isScalar(value)) store(value);
    inner(this.#careful ? this.#record : this.#batch, namespace).set(key, value === undefined ? DELETED : value);
  }

  delete(namespace: string, key: string): void {
    inner(this.#careful ? this.#record : this.#batch, namespace).set(key, DELETED);
  }

  /** Drops a whole namespace. Not inside a record: only timers and expiry do this. */
  drop(namespace: string): void {
    this.#batch.delete(namespace);
    this.#dropped.add(namespace);
  }

  /** Namespaces that hold entries (committed, or written in this batch), in no order. */
  namespaces(): string[] {
    const names = new Set<string>();
    for (const name of this.#committed.keys()) if (!this.#dropped.has(name)) names.add(name);
    for (const name of this.#cold?.namespaces(this.id) ?? []) if (!this.#dropped.has(name)) names.add(name);
    for (const name of this.#batch.keys()) names.add(name);
    for (const name of this.#record.keys()) names.add(name);
    return [...names];
  }

  /** Live keys of a namespace in code-unit order. */
  keys(namespace: string): string[] {
    if (this.#cold?.hasNamespace(this.id, namespace) && !this.#dropped.has(namespace)) {
      throw new StateMiss(this.id, namespace, undefined);
    }
    const keys = new Set<string>();
    if (!this.#dropped.has(namespace)) for (const key of this.#committed.get(namespace)?.keys() ?? []) keys.add(key);
    for (const layer of [this.#batch, this.#record]) {
      for (const [key, value] of layer.get(namespace) ?? []) {
        if (value === DELETED) keys.delete(key);
        else keys.add(key);
      }
    }
    return [...keys].sort();
  }

  /** The record succeeded: its writes become the batch's. */
  keepRecord(): void {
    if (!this.#careful) return;
    for (const [namespace, writes] of this.#record) {
      const target = inner(this.#batch, namespace);
      for (const [key, value] of writes) target.set(key, value);
    }
    this.#record.clear();
  }

  /** The record failed: its writes are gone. */
  dropRecord(): void {
    this.#record.clear();
  }

  /** The batch failed or is run again. */
  rollback(): void {
    this.#record.clear();
    this.#batch.clear();
    this.#dropped.clear();
  }

  /** What the batch changed, encoded: for the journal, and for {@link apply} once the entry is appended. */
  changes(): StateChange[] {
    const changes: StateChange[] = [];
    const encoded = rule('encodedState');
    for (const namespace of this.#dropped) {
      if (!this.#batch.has(namespace)) changes.push({ table: this.id, namespace, drop: true, keys: [], values: [] });
    }
    for (const [namespace, writes] of this.#batch) {
      const keys: string[] = [];
      const values: StoredValue[] = [];
      for (const [key, value] of writes) {
        keys.push(key);
        values.push(value === DELETED ? null : encoded ? store(value) : (value as StoredValue));
      }
      changes.push({ table: this.id, namespace, drop: this.#dropped.has(namespace), keys, values });
    }
    return changes;
  }

  /** Applies committed changes: of the own batch after its append, or of a journal entry while loading. */
  apply(change: StateChange): void {
    this.#cold?.supersede(change);
    if (change.drop) {
      this.#size -= this.#committed.get(change.namespace)?.size ?? 0;
      this.#committed.delete(change.namespace);
    }
    if (change.keys.length === 0) return;
    const entries = inner(this.#committed, change.namespace);
    this.#size -= entries.size;
    for (let index = 0; index < change.keys.length; index++) {
      const key = change.keys[index] as string;
      const value = change.values[index] as StoredValue;
      if (value === null) entries.delete(key);
      else entries.set(key, value);
    }
    this.#size += entries.size;
    if (entries.size === 0) this.#committed.delete(change.namespace);
  }

  /** Moves all entries to the cold state. */
  evict(cold: ColdState): void {
    if (this.resident) return;
    cold.put(this.snapshot());
    this.#committed.clear();
    this.#size = 0;
  }

  /** The committed entries as changes, one per namespace, namespaces in code-unit order. */
  *snapshot(): Generator<StateChange> {
    for (const namespace of [...this.#committed.keys()].sort()) {
      const entries = this.#committed.get(namespace);
      if (entries)
        yield { table: this.id, namespace, drop: false, keys: [...entries.keys()], values: [...entries.values()] };
    }
  }
}
