import { decode, encode } from '../../core/bytes/codec.ts';
import { TidemarkError } from '../../core/record/errors.ts';
import { checkBlobName, checkChanges, checkItemKey, compareKeys } from '../../ports/checks.ts';
import type { ControlChange, ControlItem } from '../../ports/control-items.ts';
import type { AppendOutcome, JournalAppend, JournalHead } from '../../ports/journal.ts';

/** Journals in memory. */
export class SimJournalStore {
  readonly #journals = new Map<string, { floor: number; entries: JournalAppend[] }>();

  #of(subtask: string): { floor: number; entries: JournalAppend[] } {
    const journal = this.#journals.get(subtask) ?? { floor: 0, entries: [] };
    this.#journals.set(subtask, journal);
    return journal;
  }

  subtasks(): string[] {
    return [...this.#journals.keys()];
  }

  append(subtask: string, entry: JournalAppend): AppendOutcome {
    const journal = this.#of(subtask);
    if (entry.version <= journal.floor) return 'collected';
    if (entry.version !== journal.floor + journal.entries.length + 1) return 'taken';
    journal.entries.push({ ...entry, head: entry.head.slice(), parts: entry.parts.map((part) => part.slice()) });
    return 'appended';
  }

  last(subtask: string): JournalHead | undefined {
    const { entries } = this.#of(subtask);
    const entry = entries[entries.length - 1];
    return entry && headOf(entry);
  }

  read(subtask: string, after: number, limit: number): JournalHead[] {
    const { floor, entries } = this.#of(subtask);
    const from = Math.max(0, after - floor);
    return entries.slice(from, from + limit).map(headOf);
  }

  readPart(subtask: string, version: number, part: number): Uint8Array {
    const { floor, entries } = this.#of(subtask);
    const bytes = version > floor ? entries[version - floor - 1]?.parts[part] : undefined;
    if (!bytes) {
      throw new TidemarkError(
        'TM_JOURNAL_PART',
        'corrupt',
        `${subtask} v${version} has no part ${part}`,
        'Restore from a checkpoint; if it happens again, report it.',
      );
    }
    return bytes;
  }

  collect(subtask: string, upTo: number): void {
    const journal = this.#of(subtask);
    const count = Math.min(upTo - journal.floor, journal.entries.length - 1);
    if (count <= 0) return;
    journal.entries.splice(0, count);
    journal.floor += count;
  }

  /** Entries kept, over all journals: must stay bounded. */
  get size(): number {
    let size = 0;
    for (const { entries } of this.#journals.values()) size += entries.length;
    return size;
  }
}

function headOf(entry: JournalAppend): JournalHead {
  const { version, attempt, nonce, head, parts } = entry;
  return { version, attempt, nonce, head, partBytes: parts.map((part) => part.byteLength) };
}

/** Control items in memory; values are copied on the way in and out, as over a wire. */
export class SimItemStore {
  readonly #items = new Map<string, { revision: number; value: Uint8Array }>();
  /** Called with each change that took effect. */
  onWrite: (changes: readonly ControlChange[]) => void = () => undefined;

  read(key: string): ControlItem | undefined {
    const item = this.#items.get(key);
    return item && { key, revision: item.revision, value: decode(item.value) };
  }

  list(prefix: string, options: { readonly after?: string; readonly limit?: number } = {}): ControlItem[] {
    const keys = [...this.#items.keys()].filter(
      (key) => key.startsWith(prefix) && (options.after === undefined || compareKeys(key, options.after) > 0),
    );
    return keys
      .sort(compareKeys)
      .slice(0, options.limit ?? keys.length)
      .map((key) => this.read(key) as ControlItem);
  }

  write(changes: readonly ControlChange[], limit: number): 'applied' | 'conflict' {
    checkChanges(changes, limit);
    for (const { key } of changes) checkItemKey(key);
    for (const { key, ifRevision } of changes) {
      if (ifRevision !== undefined && (this.#items.get(key)?.revision ?? 0) !== ifRevision) return 'conflict';
    }
    for (const { key, value } of changes) {
      if (value === undefined) continue;
      if (value === null) this.#items.delete(key);
      else this.#items.set(key, { revision: (this.#items.get(key)?.revision ?? 0) + 1, value: encode(value) });
    }
    this.onWrite(changes);
    return 'applied';
  }
}

/** Immutable objects in memory. */
export class SimBlobStore {
  readonly blobs = new Map<string, Uint8Array>();

  put(name: string, bytes: Uint8Array): void {
    checkBlobName(name);
    if (!this.blobs.has(name)) this.blobs.set(name, bytes.slice());
  }

  get(name: string, range?: { readonly start: number; readonly end: number }): Uint8Array {
    const bytes = this.blobs.get(name);
    if (!bytes)
      throw new TidemarkError(
        'TM_BLOB_MISSING',
        'corrupt',
        `blob ${name} is not there`,
        'Restore from another checkpoint.',
      );
    return range ? bytes.slice(range.start, range.end) : bytes;
  }

  list(prefix: string): string[] {
    return [...this.blobs.keys()].filter((name) => name.startsWith(prefix)).sort(compareKeys);
  }

  delete(names: readonly string[]): void {
    for (const name of names) this.blobs.delete(name);
  }
}
