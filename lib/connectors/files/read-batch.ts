import type { Position } from '../../core/record/position.ts';
import type { RefusedRecord, SourceBatch } from '../../ports/source.ts';
import { type AdmissionLimits, previewOf } from './admission.ts';
import { type DecodedLines, decodeLines, tooLong } from './ndjson.ts';
import type { OpenSplit } from './split-file.ts';

const NEWLINE = 0x0a;
/** `\r\n` */
const LINE_END_BYTES = 2;

/** How to read. */
export interface ReadOptions {
  readonly maxBytes: number;
  /** The file may grow: a last line without line end is waited for. */
  readonly follow: boolean;
  readonly limits: AdmissionLimits;
}

/** Bytes of a file from a line's beginning on. */
interface Piece {
  readonly offset: number;
  readonly bytes: Buffer;
  /** How many of them are whole lines; 0 when the first line goes on. */
  readonly wholeBytes: number;
}

/**
 * One batch from byte offset `from` on: whole lines from one positional read of about `maxBytes`; more reads only for
 * a line that is longer. Holds at most the larger of `maxBytes` and the longest line allowed.
 */
export async function readBatch(split: OpenSplit, from: number, options: ReadOptions): Promise<SourceBatch> {
  const { follow, limits } = options;
  const first = await firstPiece(split, from, options.maxBytes);
  const piece = await untilLineEnd(split, first, limits);
  const { offset, bytes } = piece;
  const atEnd = offset + bytes.length === split.endBytes;
  const wholeBytes = atEnd && !follow ? bytes.length : piece.wholeBytes;
  const isTooLong = wholeBytes === 0 && bytes.length >= limits.maxRecordBytes + LINE_END_BYTES;
  const next = offset + (isTooLong ? bytes.length : wholeBytes);
  const waits = follow && atEnd && bytes.indexOf(NEWLINE, wholeBytes) < 0;
  return new FileBatch(
    isTooLong ? tooLongLine(bytes, offset, limits) : decodeLines(bytes.subarray(0, wholeBytes), offset, limits),
    { from, next, end: split.endBytes },
    waits ? 'caught-up' : next < split.endBytes ? 'more' : follow ? 'caught-up' : 'closed',
  );
}

/** Reads about `maxBytes` and skips to the first beginning of a line; no bytes are left when there is none. */
async function firstPiece(split: OpenSplit, from: number, maxBytes: number): Promise<Piece> {
  // The byte before tells whether `from` is the beginning of a line or within one that was refused.
  const begin = Math.max(0, from - 1);
  const end = Math.min(split.endBytes, from + Math.max(1, maxBytes));
  const bytes = await bytesAt(split, begin, end);
  const skippedBytes = from === 0 ? 0 : bytes.indexOf(NEWLINE) + 1 || bytes.length;
  const lines = bytes.subarray(skippedBytes);
  return { offset: begin + skippedBytes, bytes: lines, wholeBytes: lines.lastIndexOf(NEWLINE) + 1 };
}

/** Reads on while the first line goes on: to its end, the end of the file, or beyond the limit. */
async function untilLineEnd(split: OpenSplit, piece: Piece, limits: AdmissionLimits): Promise<Piece> {
  const { offset } = piece;
  const limitBytes = limits.maxRecordBytes + LINE_END_BYTES;
  let { bytes, wholeBytes } = piece;
  while (wholeBytes === 0 && bytes.length > 0 && bytes.length < limitBytes && offset + bytes.length < split.endBytes) {
    bytes = await bytesAt(split, offset, Math.min(offset + Math.min(bytes.length * 4, limitBytes), split.endBytes));
    wholeBytes = bytes.indexOf(NEWLINE) + 1;
  }
  return { offset, bytes, wholeBytes };
}

async function bytesAt(split: OpenSplit, begin: number, end: number): Promise<Buffer> {
  const bytes = Buffer.allocUnsafe(Math.max(0, end - begin));
  await split.read(bytes, bytes.length, begin);
  return bytes;
}

/** The rest of the line is skipped by the reads that follow. */
function tooLongLine(bytes: Buffer, offset: number, limits: AdmissionLimits): DecodedLines {
  const refused = { at: 0, position: String(offset), ...tooLong(limits), preview: previewOf(bytes) };
  return { values: [], refused: [refused], offsetOf: () => offset };
}

class FileBatch implements SourceBatch {
  readonly values: readonly unknown[];
  readonly refused: readonly RefusedRecord[];
  readonly next: Position;
  readonly bytes: number;
  readonly bytesLeft: number;
  readonly state: SourceBatch['state'];
  readonly #lines: DecodedLines;

  constructor(lines: DecodedLines, span: { from: number; next: number; end: number }, state: SourceBatch['state']) {
    this.#lines = lines;
    this.values = lines.values;
    this.refused = lines.refused;
    this.next = String(span.next);
    this.bytes = span.next - span.from;
    this.bytesLeft = span.end - span.next;
    this.state = state;
  }

  positionOf(index: number): Position {
    return String(this.#lines.offsetOf(index));
  }
}
