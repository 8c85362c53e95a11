import type { StateChange } from '../journal/state-change.ts';
import type { ColdState } from './cold-state.ts';
import { StateTable } from './state-table.ts';

/** All keyed state of a subtask: its tables by id (`<operator>` or `<operator>/<state>`). */
export class KeyedState {
  readonly #tables = new Map<string, StateTable>();
  #cold: ColdState | undefined;

  /** The table, made on first use. */
  table(id: string): StateTable {
    let table = this.#tables.get(id);
    if (!table) {
      table = new StateTable(id);
      table.setCold(this.#cold);
      this.#tables.set(id, table);
    }
    return table;
  }

  setCold(cold: ColdState | undefined): void {
    this.#cold = cold;
    for (const table of this.#tables.values()) table.setCold(cold);
  }

  setCareful(careful: boolean): void {
    for (const table of this.#tables.values()) table.setCareful(careful);
  }

  keepRecord(): void {
    for (const table of this.#tables.values()) table.keepRecord();
  }

  dropRecord(): void {
    for (const table of this.#tables.values()) table.dropRecord();
  }

  rollback(): void {
    for (const table of this.#tables.values()) table.rollback();
  }

  changes(): StateChange[] {
    return [...this.#tables.values()].flatMap((table) => table.changes());
  }

  apply(changes: readonly StateChange[]): void {
    for (const change of changes) this.table(change.table).apply(change);
  }

  /** Everything, for a snapshot. */
  *snapshot(): Generator<StateChange> {
    for (const id of [...this.#tables.keys()].sort()) yield* (this.#tables.get(id) as StateTable).snapshot();
  }

  /** Number of entries. */
  get size(): number {
    let size = 0;
    for (const table of this.#tables.values()) size += table.size;
    return size;
  }

  /** Moves everything to the cold state, where reads will miss it. */
  evict(cold: ColdState): void {
    this.setCold(undefined);
    for (const table of this.#tables.values()) table.evict(cold);
    this.setCold(cold);
  }
}
