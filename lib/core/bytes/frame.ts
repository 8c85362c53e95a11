import { crc32, deflateRawSync, inflateRawSync } from 'node:zlib';
import { TidemarkError } from '../record/errors.ts';
import { rule } from '../record/rule.ts';

/** First byte of each frame. */
const MAGIC = 0xd7;
/** Raised whenever the layout below changes. */
const VERSION = 1;
/** The payload is its raw length (uint32) and then raw deflate. */
const FLAG_DEFLATED = 1;
/** magic 1, version 1, flags 1, payload length 4, crc32 4; numbers are big-endian. */
const HEADER_BYTES = 11;
const CRC_AT = 7;
const RAW_LENGTH_BYTES = 4;
/** Smaller payloads are not worth the set-up of the compressor. */
const COMPRESS_FROM_BYTES = 512;

/**
 * Wraps a payload (below 4 GiB) with a format version, its length and a CRC-32 over all other bytes: every burst of
 * up to 32 bits and every truncation is found. Deflates at level 1 when `compress` is asked for, the payload has
 * 512 bytes or more and at least 10 % are saved.
 */
export function frame(payload: Uint8Array, options?: { readonly compress?: boolean }): Uint8Array {
  if (options?.compress === true && payload.byteLength >= COMPRESS_FROM_BYTES) {
    const deflated = deflateRawSync(payload, { level: 1 });
    if (deflated.byteLength + RAW_LENGTH_BYTES <= payload.byteLength * 0.9) {
      const bytes = new Uint8Array(HEADER_BYTES + RAW_LENGTH_BYTES + deflated.byteLength);
      new DataView(bytes.buffer).setUint32(HEADER_BYTES, payload.byteLength);
      bytes.set(deflated, HEADER_BYTES + RAW_LENGTH_BYTES);
      return seal(bytes, FLAG_DEFLATED);
    }
  }
  const bytes = new Uint8Array(HEADER_BYTES + payload.byteLength);
  bytes.set(payload, HEADER_BYTES);
  return seal(bytes, 0);
}

function seal(bytes: Uint8Array, flags: number): Uint8Array {
  const view = new DataView(bytes.buffer);
  view.setUint8(0, MAGIC);
  view.setUint8(1, VERSION);
  view.setUint8(2, flags);
  view.setUint32(3, bytes.byteLength - HEADER_BYTES);
  view.setUint32(CRC_AT, checksum(bytes));
  return bytes;
}

/** CRC-32 of everything but the checksum's own four bytes. */
function checksum(bytes: Uint8Array): number {
  return crc32(bytes.subarray(HEADER_BYTES), crc32(bytes.subarray(0, CRC_AT)));
}

/**
 * The payload of a frame; a view into `bytes`, without a copy, when it is not compressed.
 *
 * @throws TidemarkError (corrupt) `TM_FRAME_MAGIC` not a frame, `TM_FRAME_VERSION` of a newer format,
 * `TM_FRAME_LENGTH` cut short or continued, `TM_FRAME_CHECKSUM` damaged.
 */
export function unframe(bytes: Uint8Array): Uint8Array {
  if (bytes.byteLength > 0 && bytes[0] !== MAGIC) throw broken('TM_FRAME_MAGIC', 'it does not begin like a frame');
  if (bytes.byteLength < HEADER_BYTES) throw broken('TM_FRAME_LENGTH', `it has only ${bytes.byteLength} bytes`);
  if (bytes[1] !== VERSION) throw broken('TM_FRAME_VERSION', `format version ${bytes[1]} is not known here`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const expected = HEADER_BYTES + view.getUint32(3);
  if (bytes.byteLength !== expected) {
    throw broken('TM_FRAME_LENGTH', `it has ${bytes.byteLength} bytes instead of ${expected}`);
  }
  if (view.getUint32(CRC_AT) !== checksum(bytes) && rule('payloadChecksum'))
    throw broken('TM_FRAME_CHECKSUM', 'its checksum does not match');
  const flags = bytes[2];
  if (flags === 0) return bytes.subarray(HEADER_BYTES);
  if (flags !== FLAG_DEFLATED) throw broken('TM_FRAME_VERSION', `flags ${flags} are not known here`);
  return inflate(bytes.subarray(HEADER_BYTES + RAW_LENGTH_BYTES), view.getUint32(HEADER_BYTES));
}

function inflate(deflated: Uint8Array, rawBytes: number): Uint8Array {
  // Level-1 deflate reaches at most about 1 : 1032; a larger claim is not ours.
  if (rawBytes > deflated.byteLength * 1040) throw broken('TM_FRAME_LENGTH', 'its raw length is not possible');
  let raw: Uint8Array;
  try {
    raw = inflateRawSync(deflated, { chunkSize: Math.max(64, rawBytes), maxOutputLength: Math.max(64, rawBytes) });
  } catch (cause) {
    throw broken('TM_FRAME_CHECKSUM', 'it can not be inflated', cause);
  }
  if (raw.byteLength !== rawBytes) throw broken('TM_FRAME_LENGTH', `${raw.byteLength} bytes inflated, not ${rawBytes}`);
  return raw;
}

function broken(code: string, why: string, cause?: unknown): TidemarkError {
  return new TidemarkError(
    code,
    'corrupt',
    `A stored frame can not be read: ${why}.`,
    code === 'TM_FRAME_VERSION'
      ? 'It was written by a newer release: upgrade, or restore from a checkpoint of this one.'
      : 'The data was damaged or is not from Tidemark. Restore from a checkpoint before it, or from a savepoint.',
    cause,
  );
}
