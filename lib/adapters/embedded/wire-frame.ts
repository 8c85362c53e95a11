import type { Duplex } from 'node:stream';
import { decode, encode } from '../../core/bytes/codec.ts';
import { TidemarkError } from '../../core/record/errors.ts';

/** What a frame is for. */
export const FRAME = { request: 1, reply: 2, failure: 3, oneWay: 4 } as const;
export type FrameKind = (typeof FRAME)[keyof typeof FRAME];

/** A plain value (see core/bytes/codec) and byte strings beside it, which are never copied into an encoding. */
export interface WireMessage {
  readonly value: unknown;
  readonly bytes: readonly Uint8Array[];
}

export interface WireFrame extends WireMessage {
  readonly kind: FrameKind;
  /** Joins a reply to its request; 0 for one-way messages. */
  readonly id: number;
}

/** Length of the rest 4, kind 1, id 4, number of byte strings 4, length of the value 4. Big-endian. */
const FIXED_BYTES = 17;
const LENGTH_BYTES = 4;
/** Byte strings up to this length are sent in one piece with the head of their frame. */
const INLINE_BYTES = 2_048;
/** More is no frame of ours: the pipe is out of step, or carries something else (any text begins above it). */
const MAX_FRAME_BYTES = 2 ** 30;

/** Writes a frame. Byte strings above 2 KiB go to the socket as they are: they must not change until it has sent them. */
export function writeFrame(duplex: Duplex, frame: WireFrame): void {
  const value = encode(frame.value);
  const headBytes = FIXED_BYTES + frame.bytes.length * LENGTH_BYTES + value.byteLength;
  let total = headBytes;
  let inline = 0;
  for (const bytes of frame.bytes) {
    total += bytes.byteLength;
    if (bytes.byteLength <= INLINE_BYTES) inline += bytes.byteLength;
  }
  const piece = new Pieces(duplex, headBytes + inline);
  const head = piece.buffer;
  head.writeUInt32BE(total - LENGTH_BYTES, 0);
  head.writeUInt8(frame.kind, 4);
  head.writeUInt32BE(frame.id, 5);
  head.writeUInt32BE(frame.bytes.length, 9);
  head.writeUInt32BE(value.byteLength, 13);
  frame.bytes.forEach((bytes, index) => {
    head.writeUInt32BE(bytes.byteLength, FIXED_BYTES + index * LENGTH_BYTES);
  });
  head.set(value, headBytes - value.byteLength);
  piece.filled = headBytes;
  for (const bytes of frame.bytes) {
    if (bytes.byteLength <= INLINE_BYTES) piece.copy(bytes);
    else piece.pass(bytes);
  }
  piece.flush();
}

/** One buffer for all that is small, handed to the socket in the stretches between what is large. */
class Pieces {
  readonly buffer: Buffer;
  readonly #duplex: Duplex;
  filled = 0;
  #sent = 0;

  constructor(duplex: Duplex, length: number) {
    this.#duplex = duplex;
    this.buffer = Buffer.allocUnsafe(length);
  }

  copy(bytes: Uint8Array): void {
    this.buffer.set(bytes, this.filled);
    this.filled += bytes.byteLength;
  }

  pass(bytes: Uint8Array): void {
    this.flush();
    this.#duplex.write(bytes);
  }

  flush(): void {
    if (this.filled > this.#sent) this.#duplex.write(this.buffer.subarray(this.#sent, this.filled));
    this.#sent = this.filled;
  }
}

/** Puts frames together from the chunks that a socket gives: every byte is copied once, into memory of its frame. */
export class FrameReader {
  readonly #take: (frame: WireFrame) => void;
  readonly #length = Buffer.alloc(LENGTH_BYTES);
  /** What is being filled: the length of a frame, then the rest of it. */
  #buffer = this.#length;
  #filled = 0;
  #inBody = false;

  constructor(take: (frame: WireFrame) => void) {
    this.#take = take;
  }

  /** @throws TidemarkError `TM_WIRE` (corrupt) when the bytes are no frames. */
  push(chunk: Uint8Array): void {
    let at = 0;
    while (at < chunk.byteLength) {
      const end = Math.min(chunk.byteLength, at + this.#buffer.byteLength - this.#filled);
      this.#buffer.set(at === 0 && end === chunk.byteLength ? chunk : chunk.subarray(at, end), this.#filled);
      this.#filled += end - at;
      at = end;
      if (this.#filled === this.#buffer.byteLength) this.#next();
    }
  }

  #next(): void {
    const full = this.#buffer;
    this.#filled = 0;
    this.#inBody = !this.#inBody;
    if (this.#inBody) {
      const length = full.readUInt32BE(0);
      if (length < FIXED_BYTES - LENGTH_BYTES || length > MAX_FRAME_BYTES) throw outOfStep(`a length of ${length}`);
      this.#buffer = Buffer.allocUnsafe(length);
    } else {
      this.#buffer = this.#length;
      this.#take(frameIn(full));
    }
  }
}

/** The frame in its bytes, its length left out. Byte strings are views. */
function frameIn(body: Buffer): WireFrame {
  const count = body.readUInt32BE(5);
  const valueAt = FIXED_BYTES - LENGTH_BYTES + count * LENGTH_BYTES;
  let at = valueAt + body.readUInt32BE(9);
  if (at > body.byteLength) throw outOfStep('a value longer than its frame');
  const value = decode(body.subarray(valueAt, at));
  const bytes: Uint8Array[] = [];
  for (let index = 0; index < count; index += 1) {
    const end = at + body.readUInt32BE(FIXED_BYTES - LENGTH_BYTES + index * LENGTH_BYTES);
    bytes.push(body.subarray(at, end));
    at = end;
  }
  if (at !== body.byteLength) throw outOfStep('byte strings that do not fill it');
  return { kind: body.readUInt8(0) as FrameKind, id: body.readUInt32BE(1), value, bytes };
}

function outOfStep(what: string): TidemarkError {
  return new TidemarkError(
    'TM_WIRE',
    'corrupt',
    `A frame on the pipe between supervisor and worker has ${what}.`,
    'Something else writes to that pipe, or the two run different versions: stop both and start again.',
  );
}
