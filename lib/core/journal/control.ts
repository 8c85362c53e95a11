import type { Position } from '../record/position.ts';
import { START_OF_TIME } from '../record/position.ts';
import { rule } from '../record/rule.ts';

/** A message that is received but not processed: a reference into its sender's journal. */
export interface ParkedMessage {
  readonly version: number;
  readonly part: number;
  readonly first: number;
  readonly last: number;
  stamp: number;
  readonly watermark: number;
  readonly records: number;
  readonly bytes: number;
}

/** The receiving end of a channel. `processed <= received`; what lies between is in `parked`, in order. */
export interface InChannel {
  received: number;
  processed: number;
  /** Everything that the sender's journal holds for this channel up to this version is received. */
  version: number;
  /** Highest barrier that has come, 0 for none above the own stamp. */
  barrier: number;
  /** Of the last *processed* message. */
  watermark: number;
  parked: ParkedMessage[];
}

/** One split of a source subtask. */
export interface SplitControl {
  position: Position | null;
  /** Largest event time seen; see core/time/watermark. */
  maxMs: number;
  idleSinceMs: number | null;
  idle: boolean;
  closed: boolean;
}

/** Totals since the start of the branch: they are part of the state, hence as exact as the output. */
export interface Counters {
  recordsIn: number;
  recordsOut: number;
  /** Dropped by policy as late. */
  lateDropped: number;
  /** Records (not letters) that became dead letters. */
  deadLettered: number;
  /** Dropped by dedupe. */
  duplicates: number;
}

/** Where the state begins: a snapshot and the journal segments `(after, upTo]` to fold on top of it. */
export interface StateBase {
  readonly snapshot: string | null;
  readonly segments: readonly (readonly [after: number, upTo: number])[];
}

/** Bytes of journal entries: heads, which a load folds, and all with their payloads. */
export interface JournalBytes {
  readonly heads: number;
  readonly all: number;
}

/** A cut in the journal. */
export interface CutMark {
  readonly checkpoint: number;
  /** Bytes of the entries from the cut before it up to the one before this. */
  readonly cost: JournalBytes;
  /** Version of the cut entry, and of the cut before it in this attempt (or the restore entry). */
  readonly version: number;
  readonly previousVersion: number;
}

/** All of a subtask that is not keyed state. Small, and whole in every entry. */
export interface TaskControl {
  attempt: number;
  /** Id of the last cut. */
  stamp: number;
  finished: boolean;
  /** The subtask's watermark; what it forwards may be held back by windows with lateness. */
  watermark: number;
  /** Last watermark sent downstream. */
  forwarded: number;
  splits: Record<string, SplitControl>;
  in: Record<string, InChannel>;
  /** Last seq sent to each downstream subtask. */
  out: Record<string, number>;
  lastCut: CutMark | null;
  /** Bytes of the entries since the last cut; this one is counted once it is in the journal. */
  sinceCut: JournalBytes;
  /** State at the restore entry (version `originVersion`); later entries fold on top. */
  origin: StateBase;
  originVersion: number;
  counters: Counters;
}

/** A channel before its first message. */
export function newInChannel(): InChannel {
  return { received: 0, processed: 0, version: 0, barrier: 0, watermark: START_OF_TIME, parked: [] };
}

/** A subtask before its first record. */
export function initialControl(
  attempt: number,
  stamp: number,
  upstream: readonly string[],
  downstream: readonly string[],
): TaskControl {
  return {
    attempt,
    stamp,
    finished: false,
    watermark: START_OF_TIME,
    forwarded: START_OF_TIME,
    splits: {},
    in: Object.fromEntries(upstream.map((id) => [id, newInChannel()])),
    out: Object.fromEntries(downstream.map((id) => [id, 0])),
    lastCut: null,
    sinceCut: { heads: 0, all: 0 },
    origin: { snapshot: null, segments: [] },
    originVersion: 1,
    counters: { recordsIn: 0, recordsOut: 0, lateDropped: 0, deadLettered: 0, duplicates: 0 },
  };
}

/** A copy to work on. */
export function copyControl(control: TaskControl): TaskControl {
  const splits: Record<string, SplitControl> = {};
  for (const [id, split] of Object.entries(control.splits)) splits[id] = { ...split };
  const channels: Record<string, InChannel> = {};
  for (const [id, channel] of Object.entries(control.in)) {
    channels[id] = { ...channel, parked: channel.parked.map((message) => ({ ...message })) };
  }
  return { ...control, splits, in: channels, out: { ...control.out }, counters: { ...control.counters } };
}

/** The state at version `upTo` of a journal whose control is `control`, given the newest manifest. */
export function stateBaseAt(control: TaskControl, upTo: number, manifest: Manifest | undefined): StateBase {
  if (
    manifest &&
    ((manifest.attempt === control.attempt && manifest.version >= control.originVersion) ||
      !rule('manifestOfBranch')) &&
    (manifest.version <= upTo || !rule('manifestBelowCut'))
  ) {
    return { snapshot: manifest.snapshot, segments: [[manifest.version, upTo]] };
  }
  return { snapshot: control.origin.snapshot, segments: [...control.origin.segments, [control.originVersion, upTo]] };
}

/** The manifest pointer of a subtask: a snapshot folded up to `version` on the branch of `attempt`. */
export interface Manifest {
  readonly version: number;
  readonly attempt: number;
  readonly snapshot: string;
  /** Size of the snapshot, and of the state in it before compression. */
  readonly bytes: number;
  readonly stateBytes: number;
}

/** Counts an entry that is in the journal: the next one's control knows its size. */
export function countEntry(control: TaskControl, entry: JournalBytes): void {
  control.sinceCut = { heads: control.sinceCut.heads + entry.heads, all: control.sinceCut.all + entry.all };
}
