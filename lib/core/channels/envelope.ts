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

/** To the coordinator: a subtask's parked messages are over their bound; it should cut without waiting. */
export interface EscalationRequest {
  readonly kind: 'escalate';
  readonly checkpoint: number;
}

/** To the coordinator: a subtask has finished. */
export interface Finished {
  readonly kind: 'finished';
  readonly subtask: string;
}

export type Hint = Envelope | WakeUp | EscalationRequest | Finished;

export function encodeHint(hint: Hint): Uint8Array {
  return encode(hint);
}

export function decodeHint(bytes: Uint8Array): Hint {
  return decode(bytes) as Hint;
}
