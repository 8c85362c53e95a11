const C1 = 0xcc9e2d51;
const C2 = 0x1b873593;

/**
 * MurmurHash3 x86 32 with seed 0 over the UTF-8 bytes of `text`, as uint32. ASCII text is hashed without allocation.
 * Key groups rest on it: it never changes (golden vectors in the tests).
 *
 * Source: Austin Appleby, smhasher, MurmurHash3.cpp; Flink uses the same family for its key groups.
 */
export function murmur3(text: string): number {
  const length = text.length;
  const blocksEnd = length & ~3;
  let hash = 0;
  let at = 0;
  for (; at < blocksEnd; at += 4) {
    const a = text.charCodeAt(at);
    const b = text.charCodeAt(at + 1);
    const c = text.charCodeAt(at + 2);
    const d = text.charCodeAt(at + 3);
    if ((a | b | c | d) > 0x7f) return murmur3Bytes(Buffer.from(text));
    hash = mix(hash, a | (b << 8) | (c << 16) | (d << 24));
  }
  let tail = 0;
  for (let shift = 0; at < length; at += 1, shift += 8) {
    const unit = text.charCodeAt(at);
    if (unit > 0x7f) return murmur3Bytes(Buffer.from(text));
    tail |= unit << shift;
  }
  return finish(hash ^ scramble(tail), length);
}

function murmur3Bytes(bytes: Buffer): number {
  const length = bytes.length;
  const blocksEnd = length & ~3;
  let hash = 0;
  for (let at = 0; at < blocksEnd; at += 4) hash = mix(hash, bytes.readInt32LE(at));
  const tail = length === blocksEnd ? 0 : bytes.readUIntLE(blocksEnd, length - blocksEnd);
  return finish(hash ^ scramble(tail), length);
}

/** Zero for zero, so that an empty tail changes nothing. */
function scramble(block: number): number {
  const k = Math.imul(block, C1);
  return Math.imul((k << 15) | (k >>> 17), C2);
}

function mix(hash: number, block: number): number {
  const h = hash ^ scramble(block);
  return (Math.imul((h << 13) | (h >>> 19), 5) + 0xe6546b64) | 0;
}

function finish(hash: number, length: number): number {
  let h = hash ^ length;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}
