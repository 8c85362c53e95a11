import { invariant } from '../../core/record/invariant.ts';
import type { JournalAppend, JournalHead } from '../../ports/journal.ts';
import type { PayloadPlace } from './payload-log.ts';

/** Head and parts up to this size together are in the record: with its key it then fits twice into a page of LMDB. */
export const INLINE_BYTES = 1_500;
const MAX_NONCE_BYTES = 255;
/** attempt 8 (float64), parts 4, length of the head 4, opening 4, segment 4 (0: inline), offset 8, length of the nonce 1. */
const AT = { attempt: 0, parts: 8, headBytes: 12, opening: 16, segment: 20, offset: 24, nonceBytes: 32, nonce: 33 };
const LENGTH_BYTES = 4;

/** An entry as it is stored: the fixed fields, the nonce, the lengths of the parts, and head and parts if small. */
export interface JournalRecord {
  readonly attempt: number;
  readonly nonce: string;
  readonly headBytes: number;
  readonly partBytes: readonly number[];
  /** Head and parts one behind the other, or where they are. */
  readonly payload: Uint8Array | PayloadPlace;
}

export function payloadBytes(entry: JournalAppend): number {
  return entry.parts.reduce((sum, part) => sum + part.byteLength, entry.head.byteLength);
}

/** The record of an entry whose payload is at `place`, or in the record itself. Big-endian. */
export function encodeRecord(entry: JournalAppend, place: PayloadPlace | undefined): Uint8Array {
  const nonce = Buffer.from(entry.nonce, 'utf8');
  invariant(nonce.length <= MAX_NONCE_BYTES, 'a nonce is at most 255 bytes long');
  const lengthsAt = AT.nonce + nonce.length;
  const payloadAt = lengthsAt + entry.parts.length * LENGTH_BYTES;
  const record = Buffer.alloc(payloadAt + (place === undefined ? payloadBytes(entry) : 0));
  record.writeDoubleBE(entry.attempt, AT.attempt);
  record.writeUInt32BE(entry.parts.length, AT.parts);
  record.writeUInt32BE(entry.head.byteLength, AT.headBytes);
  record.writeUInt8(nonce.length, AT.nonceBytes);
  record.set(nonce, AT.nonce);
  entry.parts.forEach((part, index) => {
    record.writeUInt32BE(part.byteLength, lengthsAt + index * LENGTH_BYTES);
  });
  if (place !== undefined) {
    record.writeUInt32BE(place.opening, AT.opening);
    record.writeUInt32BE(place.number, AT.segment);
    record.writeDoubleBE(place.offset, AT.offset);
    return record;
  }
  let at = payloadAt;
  for (const piece of [entry.head, ...entry.parts]) {
    record.set(piece, at);
    at += piece.byteLength;
  }
  return record;
}

/** Where the payload of a stored record is; undefined when the record holds it. */
export function placeIn(record: Uint8Array): PayloadPlace | undefined {
  const view = new DataView(record.buffer, record.byteOffset, record.byteLength);
  const number = view.getUint32(AT.segment);
  if (number === 0) return undefined;
  return { opening: view.getUint32(AT.opening), number, offset: view.getFloat64(AT.offset) };
}

/** A stored record, read. An inline payload is a view into `record`. */
export function decodeRecord(record: Uint8Array): JournalRecord {
  const bytes = Buffer.from(record.buffer, record.byteOffset, record.byteLength);
  const parts = bytes.readUInt32BE(AT.parts);
  const lengthsAt = AT.nonce + bytes.readUInt8(AT.nonceBytes);
  const partBytes: number[] = [];
  for (let index = 0; index < parts; index += 1) partBytes.push(bytes.readUInt32BE(lengthsAt + index * LENGTH_BYTES));
  return {
    attempt: bytes.readDoubleBE(AT.attempt),
    nonce: bytes.toString('utf8', AT.nonce, lengthsAt),
    headBytes: bytes.readUInt32BE(AT.headBytes),
    partBytes,
    payload: placeIn(record) ?? record.subarray(lengthsAt + parts * LENGTH_BYTES),
  };
}

/** What readers get of a record: everything but the parts. */
export function headOf(version: number, record: JournalRecord, head: Uint8Array): JournalHead {
  return { version, attempt: record.attempt, nonce: record.nonce, head, partBytes: record.partBytes };
}
