import { decode } from '../core/bytes/codec.ts';
import { unframe } from '../core/bytes/frame.ts';
import { encodeHint } from '../core/channels/envelope.ts';
import { countEntry, type StateBase } from '../core/journal/control.ts';
import { decodeHead, type EntryHead, encodeHead } from '../core/journal/entry.ts';
import type { StateChange } from '../core/journal/state-change.ts';
import { rule } from '../core/record/rule.ts';
import type { JournalHead } from '../ports/journal.ts';
import type { Ports } from '../ports/ports.ts';
import { retrying, StaleInstance } from './environment.ts';
import type { EntryDraft } from './pass.ts';

/** An entry with its decoded head. */
export interface LoadedEntry {
  readonly version: number;
  readonly nonce: string;
  readonly head: EntryHead;
}

const READ_LIMIT = 64;

export function openEntry(stored: JournalHead): LoadedEntry {
  const bytes = stored.head.byteLength + stored.partBytes.reduce((sum, part) => sum + part, 0);
  const head = decodeHead(stored.head);
  countEntry(head.control, { heads: stored.head.byteLength, all: bytes });
  return { version: stored.version, nonce: stored.nonce, head };
}

export async function lastEntry(ports: Ports, subtask: string): Promise<LoadedEntry | undefined> {
  const last = await retrying(ports, () => ports.journal.last(subtask));
  return last && openEntry(last);
}

/** One entry. Throws {@link StaleInstance} when it was collected. */
export async function entryAt(ports: Ports, subtask: string, version: number): Promise<LoadedEntry> {
  const [entry] = await retrying(ports, () => ports.journal.read(subtask, version - 1, 1));
  if (entry?.version !== version) throw new StaleInstance(`${subtask} v${version} is gone`);
  return openEntry(entry);
}

/**
 * Entries with `after < version <= upTo`, in order. When some were collected: throws {@link StaleInstance}, or, if
 * `tolerant`, goes on behind them (for channels: collected entries hold no message that anybody still needs).
 */
export async function* entriesBetween(
  ports: Ports,
  subtask: string,
  after: number,
  upTo: number,
  collected: 'stale' | 'tolerant' = 'stale',
): AsyncGenerator<LoadedEntry> {
  let at = after;
  while (at < upTo) {
    const entries = await retrying(ports, () => ports.journal.read(subtask, at, Math.min(READ_LIMIT, upTo - at)));
    if (entries.length === 0 && (upTo === Number.MAX_SAFE_INTEGER || collected === 'tolerant')) return;
    if (entries[0]?.version !== at + 1 && (collected === 'stale' || at !== after) && rule('noGapInJournal'))
      throw new StaleInstance(`${subtask} v${at + 1} is gone`);
    for (const entry of entries) {
      if (entry.version > upTo) return;
      yield openEntry(entry);
      at = entry.version;
    }
  }
}

/** Keyed state of a base: the snapshot, then the segments' changes on top. Gives the number of entries folded. */
export async function foldState(
  ports: Ports,
  subtask: string,
  base: StateBase,
  apply: (changes: readonly StateChange[]) => void,
): Promise<number> {
  const { snapshot } = base;
  if (snapshot !== null)
    apply(decode(unframe(await retrying(ports, () => ports.blobs.get(snapshot)))) as StateChange[]);
  let entries = 0;
  for (const [after, upTo] of base.segments) {
    for await (const entry of entriesBetween(ports, subtask, after, upTo)) {
      apply(entry.head.changes);
      entries++;
    }
  }
  return entries;
}

/** Appends a draft. `mine` also when an earlier try of this very append took effect and its answer was lost. */
export async function appendDraft(
  ports: Ports,
  subtask: string,
  version: number,
  nonce: string,
  draft: EntryDraft,
): Promise<'mine' | 'taken'> {
  const entry = {
    version,
    attempt: draft.head.control.attempt,
    nonce,
    head: encodeHead(draft.head),
    parts: draft.parts,
  };
  // DECISION POINT: once this put has taken effect, the batch has happened.
  const outcome = await retrying(ports, () => ports.journal.append(subtask, entry));
  const heads = entry.head.byteLength;
  const counted = { heads, all: entry.parts.reduce((sum, part) => sum + part.byteLength, heads) };
  if (outcome === 'appended') {
    countEntry(draft.head.control, counted);
    return 'mine';
  }
  if (outcome === 'collected') throw new StaleInstance(`${subtask} v${version} is below the floor`);
  const [stored] = await retrying(ports, () => ports.journal.read(subtask, version - 1, 1));
  const own = rule('ownNonce') && stored?.version === version && stored.nonce === nonce;
  if (own) countEntry(draft.head.control, counted);
  return own || !rule('appendCondition') ? 'mine' : 'taken';
}

/**
 * Publishes the messages of an entry. It must be acknowledged before anybody appends the next version [pubInv];
 * whoever loads the subtask next publishes its last entry again.
 */
export async function publishEntry(
  ports: Ports,
  subtask: string,
  entry: { readonly version: number; readonly head: EntryHead },
  parts: readonly Uint8Array[] = [],
): Promise<void> {
  const byTarget = new Map<string, Uint8Array[]>();
  for (const message of entry.head.messages) {
    const part = message.part < 0 ? undefined : parts[message.part];
    const payload = part && part.byteLength <= ports.limits.inlineBytes ? part : null;
    const hint = encodeHint({
      kind: 'message',
      from: subtask,
      attempt: entry.head.control.attempt,
      version: entry.version,
      message,
      payload,
    });
    const hints = byTarget.get(message.to);
    if (hints) hints.push(hint);
    else byTarget.set(message.to, [hint]);
  }
  await Promise.all([...byTarget].map(([to, hints]) => retrying(ports, () => ports.streams.append(to, hints))));
}

/** Publishes a journal's last entry before anything goes on top of it: its writer may have died in between [pubInv]. */
export async function republish(ports: Ports, subtask: string, last: LoadedEntry): Promise<void> {
  if (rule('pubInv')) await publishEntry(ports, subtask, last);
}

/** Tells a subtask (or the coordinator) to look. A lost wake-up costs time only. */
export async function wake(ports: Ports, partition: string, attempt: number): Promise<void> {
  if (rule('wake')) await ports.streams.append(partition, [encodeHint({ kind: 'wake', attempt })]);
}
