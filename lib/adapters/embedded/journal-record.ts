import { invariant } from '../../core/record/invariant.ts';
import type { JournalAppend, JournalHead } from '../../ports/journal.ts';

/** attempt 8 (float64), number of parts 4, length of the nonce 1. */
const FIXED_BYTES = 13;
const LENGTH_BYTES = 4;
const MAX_NONCE_BYTES = 255;

/** The stored form of an entry's head: attempt, part count, nonce length, nonce, part lengths, head. Big-endian. */
export function encodeHead(entry: JournalAppend): Uint8Array {
  const nonce = Buffer.from(entry.nonce, 'utf8');
  invariant(nonce.length <= MAX_NONCE_BYTES, 'a nonce is at most 255 bytes long');
  const lengthsAt = FIXED_BYTES + nonce.length;
  const headAt = lengthsAt + entry.parts.length * LENGTH_BYTES;
  const record = Buffer.allocUnsafe(headAt + entry.head.byteLength);
  record.writeDoubleBE(entry.attempt, 0);
  record.writeUInt32BE(entry.parts.length, 8);
  record.writeUInt8(nonce.length, 12);
  record.set(nonce, FIXED_BYTES);
  entry.parts.forEach((part, index) => {
    record.writeUInt32BE(part.byteLength, lengthsAt + index * LENGTH_BYTES);
  });
  record.set(entry.head, headAt);
  return record;
}

/** The head of a stored record. Its bytes are a view into `record`. */
export function decodeHead(version: number, record: Uint8Array): JournalHead {
  const bytes = Buffer.from(record.buffer, record.byteOffset, record.byteLength);
  const parts = bytes.readUInt32BE(8);
  const lengthsAt = FIXED_BYTES + bytes.readUInt8(12);
  const partBytes: number[] = [];
  for (let index = 0; index < parts; index += 1) partBytes.push(bytes.readUInt32BE(lengthsAt + index * LENGTH_BYTES));
  return {
    version,
    attempt: bytes.readDoubleBE(0),
    nonce: bytes.toString('utf8', FIXED_BYTES, lengthsAt),
    head: record.subarray(lengthsAt + parts * LENGTH_BYTES),
    partBytes,
  };
}
