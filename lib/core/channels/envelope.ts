import { decode, encode } from '../bytes/codec.ts';
import type { OutMessage } from '../journal/entry.ts';

/** A hint on the exchange (DESIGN 2.3): the message, who sent it, and where its sender's journal holds it. */
export interface Envelope {
  readonly kind: 'message';
  readonly from: string;
  readonly attempt: number;
  /** Version of the sender's journal entry. */
  readonly version: number;
  readonly message: OutMessage;
  /** The framed payload when it is small, else null: read the sender's journal. */
  readonly payload: Uint8Array | null;
}

/** Says that there is something to look at in the own journal (a coordinator's entry, an abort). */
export interface WakeUp {
  readonly kind: 'wake';
  readonly attempt: number;
}

export function encodeHint(hint: Envelope | WakeUp): Uint8Array {
  return encode(hint);
}

export function decodeHint(bytes: Uint8Array): Envelope | WakeUp {
  return decode(bytes) as Envelope | WakeUp;
}
