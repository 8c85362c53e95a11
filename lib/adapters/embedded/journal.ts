import { TidemarkError } from '../../core/record/errors.ts';
import { invariant } from '../../core/record/invariant.ts';
import type { AppendOutcome, Journal, JournalAppend, JournalHead } from '../../ports/journal.ts';
import { decodeRecord, encodeRecord, headOf, INLINE_BYTES, payloadBytes } from './journal-record.ts';
import { JournalKeys, journalKeyParts } from './ordered-key.ts';
import type { EmbeddedStore } from './store.ts';
import type { Table } from './tables.ts';

/** Entries that one transaction of `collect` deletes, while which appends wait a few milliseconds. */
const COLLECT_ENTRIES = 500;

/**
 * Journals in a store. A table holds one small record an entry, ordered by subtask and version; it is what decides
 * that an entry exists. Payloads above 1,500 bytes are in the payload log, on disk before the record is.
 *
 * Versions are dense, so the floor needs no record: it is the first version that is kept, less one.
 */
export function embeddedJournal(store: EmbeddedStore): Journal {
  return {
    append: (subtask, entry) => append(store, subtask, entry),
    async last(subtask) {
      const keys = new JournalKeys(subtask);
      const [newest] = store.heads.getRange({ start: keys.end, end: keys.at(0), reverse: true, limit: 1 });
      return newest === undefined ? undefined : headIn(store, newest.key, newest.value);
    },
    async read(subtask, after, limit) {
      if (limit <= 0) return [];
      const keys = new JournalKeys(subtask);
      const range = store.heads.getRange({ start: keys.at(after + 1), end: keys.end, limit });
      return [...range].map(({ key, value }) => headIn(store, key, value));
    },
    async readPart(subtask, version, part) {
      return partIn(store, subtask, version, part) ?? raise(partMissing(subtask, version, part));
    },
    async collect(subtask, upTo) {
      const keys = new JournalKeys(subtask);
      let more = true;
      // One transaction after the other, so that appends go in between.
      while (more) more = await collectSome(store, keys, upTo);
      const first = firstVersion(store.heads, keys);
      if (first !== undefined) await store.releasePayloads(subtask, first - 1);
    },
  };
}

async function append(store: EmbeddedStore, subtask: string, entry: JournalAppend): Promise<AppendOutcome> {
  invariant(Number.isSafeInteger(entry.version) && entry.version > 0, 'versions start at 1');
  const keys = new JournalKeys(subtask);
  const key = keys.at(entry.version);
  let record: Uint8Array;
  if (payloadBytes(entry) <= INLINE_BYTES) record = encodeRecord(entry, undefined);
  else {
    // Looked at first for the sake of the log: only what may still win is worth its bytes.
    const standing = standingOf(store.heads, keys, entry.version);
    if (standing !== 'appended') return standing;
    record = encodeRecord(entry, await store.logPayload(subtask, entry.version, [entry.head, ...entry.parts]));
  }
  // DECISION POINT: whoever commits version v first has decided what v is.
  return store.write(record.byteLength, ({ heads }) => {
    const standing = standingOf(heads, keys, entry.version);
    if (standing === 'appended') void heads.put(key, record);
    return standing;
  });
}

/** What becomes of an append of `version`. */
function standingOf(heads: Table, keys: JournalKeys, version: number): AppendOutcome {
  const around = [...heads.getKeys({ start: keys.at(version - 1), end: keys.at(version + 1), limit: 2 })];
  const [before] = around;
  if (around.length === 1 && before !== undefined && journalKeyParts(before).version === version - 1) return 'appended';
  const first = firstVersion(heads, keys);
  if (first === undefined) return version === 1 ? 'appended' : 'taken';
  return version < first ? 'collected' : 'taken';
}

function firstVersion(heads: Table, keys: JournalKeys): number | undefined {
  const [first] = heads.getKeys({ start: keys.at(0), end: keys.end, limit: 1 });
  return first === undefined ? undefined : journalKeyParts(first).version;
}

/** Deletes the oldest entries up to `upTo`, the last one never; true when there may be more to delete. */
function collectSome(store: EmbeddedStore, keys: JournalKeys, upTo: number): Promise<boolean> {
  return store.write(0, ({ heads }) => {
    const oldest = [...heads.getKeys({ start: keys.at(0), end: keys.end, limit: COLLECT_ENTRIES + 1 })];
    oldest.pop();
    const gone = oldest.filter((key) => journalKeyParts(key).version <= upTo);
    for (const key of gone) void heads.remove(key);
    return gone.length === COLLECT_ENTRIES;
  });
}

function headIn(store: EmbeddedStore, key: Uint8Array, value: Uint8Array): JournalHead {
  const { subtask, version } = journalKeyParts(key);
  const record = decodeRecord(value);
  const { payload, headBytes } = record;
  const head =
    payload instanceof Uint8Array ? payload.subarray(0, headBytes) : store.readPayload(payload, 0, headBytes);
  return headOf(version, record, head ?? raise(headMissing(subtask, version)));
}

function partIn(store: EmbeddedStore, subtask: string, version: number, part: number): Uint8Array | undefined {
  const value = store.heads.getBinary(new JournalKeys(subtask).at(version));
  if (value === undefined) return undefined;
  const { payload, headBytes, partBytes } = decodeRecord(value);
  const length = partBytes[part];
  if (length === undefined) return undefined;
  const skip = partBytes.slice(0, part).reduce((sum, bytes) => sum + bytes, headBytes);
  return payload instanceof Uint8Array
    ? payload.subarray(skip, skip + length)
    : store.readPayload(payload, skip, length);
}

function raise(error: TidemarkError): never {
  throw error;
}

function partMissing(subtask: string, version: number, part: number): TidemarkError {
  return new TidemarkError(
    'TM_JOURNAL_PART',
    'corrupt',
    `Part ${part} of entry ${version} in the journal of ${subtask} is not there.`,
    'Something still refers to an entry that was collected. Restore the latest completed checkpoint, and report this.',
  );
}

function headMissing(subtask: string, version: number): TidemarkError {
  return new TidemarkError(
    'TM_JOURNAL_PAYLOAD',
    'corrupt',
    `The payload of entry ${version} in the journal of ${subtask} is not in the store.`,
    'A file of the folder "journal" was removed or cut short. Restore a savepoint, or a copy of the whole directory.',
  );
}
