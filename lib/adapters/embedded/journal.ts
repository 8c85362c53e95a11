import { TidemarkError } from '../../core/record/errors.ts';
import { invariant } from '../../core/record/invariant.ts';
import type { AppendOutcome, Journal, JournalAppend, JournalHead } from '../../ports/journal.ts';
import { decodeHead, encodeHead } from './journal-record.ts';
import { JournalKeys } from './ordered-key.ts';
import type { EmbeddedStore, Table } from './store.ts';

/** Entries that one transaction of `collect` deletes: about 10 ms with 16 parts each, while which appends wait. */
const COLLECT_ENTRIES = 128;

/**
 * Journals in a store: heads and parts are two tables, both ordered by subtask and version. Versions are dense, so
 * the floor needs no record: it is the first version that is kept, less one.
 */
export function embeddedJournal(store: EmbeddedStore): Journal {
  return {
    append: (subtask, entry) => append(store, subtask, entry),
    async last(subtask) {
      const keys = new JournalKeys(subtask);
      const [newest] = store.tables.heads.getRange({ start: keys.end, end: keys.first, reverse: true, limit: 1 });
      return newest === undefined ? undefined : decodeHead(keys.versionOf(newest.key), newest.value);
    },
    async read(subtask, after, limit) {
      if (limit <= 0) return [];
      const keys = new JournalKeys(subtask);
      const heads: JournalHead[] = [];
      for (const { key, value } of store.tables.heads.getRange({ start: keys.head(after + 1), end: keys.end, limit })) {
        heads.push(decodeHead(keys.versionOf(key), value));
      }
      return heads;
    },
    async readPart(subtask, version, part) {
      const bytes = store.tables.parts.getBinary(new JournalKeys(subtask).part(version, part));
      if (bytes === undefined) throw partMissing(subtask, version, part);
      return bytes;
    },
    async collect(subtask, upTo) {
      while (await collectSome(store, new JournalKeys(subtask), upTo)) {
        // One transaction after the other, so that appends go in between.
      }
    },
  };
}

async function append(store: EmbeddedStore, subtask: string, entry: JournalAppend): Promise<AppendOutcome> {
  invariant(Number.isSafeInteger(entry.version) && entry.version > 0, 'versions start at 1');
  const keys = new JournalKeys(subtask);
  const own = keys.head(entry.version);
  const record = encodeHead(entry);
  const parts = entry.parts.map((bytes, index) => ({ key: keys.part(entry.version, index), bytes }));
  // DECISION POINT: whoever commits version v first has decided what v is.
  return store.write((tables) => {
    const standing = standingOf(tables.heads, keys, entry.version);
    if (standing !== 'appended') return standing;
    void tables.heads.put(own, record);
    for (const { key, bytes } of parts) void tables.parts.put(key, bytes);
    return 'appended';
  });
}

/** What becomes of an append of `version`. Reads keys only: heads may be large. */
function standingOf(heads: Table, keys: JournalKeys, version: number): AppendOutcome {
  const around = [...heads.getKeys({ start: keys.head(version - 1), end: keys.head(version + 1), limit: 2 })];
  const [before] = around;
  if (around.length === 1 && before !== undefined && keys.versionOf(before) === version - 1) return 'appended';
  const [first] = heads.getKeys({ start: keys.first, end: keys.end, limit: 1 });
  if (first === undefined) return version === 1 ? 'appended' : 'taken';
  return version < keys.versionOf(first) ? 'collected' : 'taken';
}

/** Deletes the oldest entries up to `upTo`, the last one never; true when there may be more to delete. */
function collectSome(store: EmbeddedStore, keys: JournalKeys, upTo: number): Promise<boolean> {
  return store.write(({ heads, parts }) => {
    const oldest = [...heads.getKeys({ start: keys.first, end: keys.end, limit: COLLECT_ENTRIES + 1 })];
    const kept = oldest.pop();
    if (kept === undefined) return false;
    const gone = oldest.filter((key) => keys.versionOf(key) <= upTo);
    const last = gone.at(-1);
    if (last === undefined) return false;
    const end = keys.head(keys.versionOf(last) + 1);
    for (const key of [...parts.getKeys({ start: keys.first, end })]) void parts.remove(key);
    for (const key of gone) void heads.remove(key);
    return gone.length === COLLECT_ENTRIES;
  });
}

function partMissing(subtask: string, version: number, part: number): TidemarkError {
  return new TidemarkError(
    'TM_JOURNAL_PART',
    'corrupt',
    `Part ${part} of entry ${version} in the journal of ${subtask} is not there.`,
    'Something still refers to an entry that was collected. Restore the latest completed checkpoint, and report this.',
  );
}
