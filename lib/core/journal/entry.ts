import { decode, encode } from '../bytes/codec.ts';
import { frame, unframe } from '../bytes/frame.ts';
import type { TaskControl } from './control.ts';
import type { StateChange } from './state-change.ts';

/**
 * One output message of an entry: what travels on a channel (DESIGN 2.3). A message with records or a watermark
 * takes the seqs `first..last`; a barrier alone takes none (`last = first - 1`) and names the last seq sent.
 */
export interface OutMessage {
  readonly to: string;
  readonly first: number;
  readonly last: number;
  /** The sender's last cut when the message was emitted (Lai-Yang colour). Changed when the entry is rebased. */
  stamp: number;
  readonly watermark: number;
  /** Index of the payload among the entry's parts; -1 for a watermark or a barrier. */
  readonly part: number;
  readonly records: number;
  readonly bytes: number;
}

/** Rows of one sink in an entry. */
export interface OutRows {
  readonly sink: string;
  readonly part: number;
  readonly count: number;
}

/** What an entry says, without its payloads. The control is the whole one *after* the entry: the last entry suffices. */
export interface EntryHead {
  readonly kind: 'batch' | 'cut' | 'restore';
  /** A cut that the coordinator appended, with nothing else in it: a batch that lost to it is rebased. */
  readonly pure: boolean;
  readonly control: TaskControl;
  readonly messages: readonly OutMessage[];
  readonly rows: readonly OutRows[];
  readonly changes: readonly StateChange[];
}

type Wire = readonly [
  kind: EntryHead['kind'],
  pure: boolean,
  control: TaskControl,
  messages: readonly OutMessage[],
  rows: readonly OutRows[],
  changes: Uint8Array,
];

/** Bytes of a head: MessagePack in a checksummed frame. The state changes are encoded apart: most readers skip them. */
export function encodeHead(head: EntryHead): Uint8Array {
  const wire: Wire = [head.kind, head.pure, head.control, head.messages, head.rows, encode(head.changes)];
  return frame(encode(wire));
}

/** Reads a head back; its changes are decoded when they are asked for. Throws `TM_FRAME_*` (corrupt) for damaged bytes. */
export function decodeHead(bytes: Uint8Array): EntryHead {
  return new StoredHead(decode(unframe(bytes)) as Wire);
}

class StoredHead implements EntryHead {
  readonly kind: EntryHead['kind'];
  readonly pure: boolean;
  readonly control: TaskControl;
  readonly messages: readonly OutMessage[];
  readonly rows: readonly OutRows[];
  readonly #changes: Uint8Array;

  constructor([kind, pure, control, messages, rows, changes]: Wire) {
    this.kind = kind;
    this.pure = pure;
    this.control = control;
    this.messages = messages;
    this.rows = rows;
    this.#changes = changes;
  }

  get changes(): readonly StateChange[] {
    return decode(this.#changes) as StateChange[];
  }
}

/** True for a message that only announces a cut. */
export function isBarrier(message: OutMessage): boolean {
  return message.last < message.first;
}
