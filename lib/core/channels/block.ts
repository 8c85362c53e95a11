import { decode, encode } from '../bytes/codec.ts';
import { frame, unframe } from '../bytes/frame.ts';

/** Where the records of a block came from, for dead letters. */
export interface BlockOrigin {
  readonly split: string;
  readonly first: string;
  readonly last: string;
}

/** The payload of a message, in columns. */
export interface Block {
  readonly keys: readonly string[];
  readonly timesMs: Float64Array;
  readonly values: readonly unknown[];
  /** Partial aggregates: key, pane start, accumulator, number of records. */
  readonly partialKeys: readonly string[];
  readonly panes: readonly number[];
  readonly accumulators: readonly unknown[];
  readonly counts: readonly number[];
  readonly origin: BlockOrigin | null;
}

type Wire = [
  readonly string[],
  Uint8Array,
  readonly unknown[],
  readonly string[],
  readonly number[],
  readonly unknown[],
  readonly number[],
  BlockOrigin | null,
];

/** Bytes of a block: MessagePack in a checksummed frame. */
export function encodeBlock(block: Block): Uint8Array {
  const times = new Uint8Array(block.timesMs.buffer, block.timesMs.byteOffset, block.timesMs.byteLength);
  const wire: Wire = [
    block.keys,
    times,
    block.values,
    block.partialKeys,
    block.panes,
    block.accumulators,
    block.counts,
    block.origin,
  ];
  return frame(encode(wire));
}

/** Reads a block back. Throws `TM_FRAME_*` (corrupt) for damaged bytes. */
export function decodeBlock(bytes: Uint8Array): Block {
  const [keys, times, values, partialKeys, panes, accumulators, counts, origin] = decode(unframe(bytes)) as Wire;
  // Copied: the bytes of a decoded frame are not aligned.
  const timesMs = new Float64Array(times.byteLength / 8);
  new Uint8Array(timesMs.buffer).set(times);
  return { keys, timesMs, values, partialKeys, panes, accumulators, counts, origin };
}

/** Records and partial aggregates in a block. */
export function blockSize(block: Block): number {
  return block.keys.length + block.partialKeys.length;
}
