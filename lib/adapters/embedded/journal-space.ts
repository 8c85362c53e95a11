import { setImmediate as nextTurn } from 'node:timers/promises';
import { placeIn } from './journal-record.ts';
import { afterKey, journalKeyParts } from './ordered-key.ts';
import { type PayloadLog, type PayloadPlace, segmentName } from './payload-log.ts';
import type { Table } from './tables.ts';

/** Entries that are looked at in one turn of the event loop, about 10 ms. */
const ENTRIES_A_TURN = 2_000;

/**
 * Which segments of the payload log are still needed: for each one the subtasks that have payloads in it, with the
 * newest version. What earlier openings wrote is found by one pass over the journals, when something is collected for
 * the first time; until then nothing is deleted.
 */
export class JournalSpace {
  readonly #heads: () => Table;
  readonly #log: PayloadLog;
  readonly #newest = new Map<string, Map<string, number>>();
  #known: Promise<void> | undefined;

  constructor(log: PayloadLog, heads: () => Table) {
    this.#log = log;
    this.#heads = heads;
  }

  /** An entry has, or is about to have, its payload there. */
  note(place: PayloadPlace, subtask: string, version: number): void {
    const segment = segmentName(place);
    let subtasks = this.#newest.get(segment);
    if (subtasks === undefined) {
      subtasks = new Map();
      this.#newest.set(segment, subtasks);
    }
    subtasks.set(subtask, Math.max(version, subtasks.get(subtask) ?? 0));
  }

  /** The entries of a subtask up to `floor` are gone: deletes the segments that nobody needs now. */
  async collected(subtask: string, floor: number): Promise<void> {
    this.#known ??= this.#lookAround().catch((error: unknown) => {
      this.#known = undefined;
      throw error;
    });
    await this.#known;
    for (const [segment, subtasks] of [...this.#newest]) {
      if ((subtasks.get(subtask) ?? Number.POSITIVE_INFINITY) <= floor) subtasks.delete(subtask);
      if (subtasks.size > 0 || this.#log.isOpen(segment)) continue;
      this.#newest.delete(segment);
      await this.#log.remove(segment);
    }
  }

  async #lookAround(): Promise<void> {
    for (const segment of await this.#log.segments()) {
      if (!this.#newest.has(segment)) this.#newest.set(segment, new Map());
    }
    let start: Uint8Array | undefined;
    for (;;) {
      let last: Uint8Array | undefined;
      let count = 0;
      for (const { key, value } of this.#heads().getRange({ ...(start && { start }), limit: ENTRIES_A_TURN })) {
        const place = placeIn(value);
        const { subtask, version } = journalKeyParts(key);
        if (place !== undefined) this.note(place, subtask, version);
        last = key;
        count += 1;
      }
      if (last === undefined || count < ENTRIES_A_TURN) return;
      start = afterKey(last);
      await nextTurn();
    }
  }
}
