import { TidemarkError } from '../core/record/errors.ts';
import type { ControlChange } from './control-items.ts';

/** What every family refuses alike, so that a name that works on one works on all. */
const MAX_KEY_BYTES = 1024;
const MAX_SEGMENT_BYTES = 240;
const LONE_SURROGATE = /\p{Surrogate}/u;
const utf8 = new TextEncoder();

/** Throws `TM_KEY` (invalid) unless `key` is well-formed text of 1 to 1,024 bytes in UTF-8. */
export function checkItemKey(key: string): void {
  const bytes = utf8.encode(key).byteLength;
  const malformed = LONE_SURROGATE.test(key);
  if (!malformed && bytes > 0 && bytes <= MAX_KEY_BYTES) return;
  throw new TidemarkError(
    'TM_KEY',
    'invalid',
    `The item key ${JSON.stringify(key.slice(0, 80))} can not be stored: ${malformed ? 'it is not well-formed' : `it has ${bytes} bytes`}.`,
    `Use well-formed text of 1 to ${MAX_KEY_BYTES} bytes in UTF-8; hash what is longer.`,
  );
}

/** Throws `TM_ITEMS_CHANGES` (invalid) for too many changes in one write, or a key that is named twice. */
export function checkChanges(changes: readonly ControlChange[], limit: number): void {
  const keys = new Set(changes.map(({ key }) => key));
  const problem =
    changes.length > limit
      ? `it has ${changes.length} changes, ${limit} are possible`
      : keys.size < changes.length
        ? 'it names a key twice'
        : undefined;
  if (problem === undefined) return;
  throw new TidemarkError(
    'TM_ITEMS_CHANGES',
    'invalid',
    `A write of control items is refused: ${problem}.`,
    'Split it along limits.changesPerWrite and give each key once.',
  );
}

/** Throws `TM_BLOB_NAME` (invalid) unless `name` is segments of 1 to 240 escaped bytes between slashes, 1,024 in all. */
export function checkBlobName(name: string): void {
  const segments = name.split('/');
  const tooLong =
    utf8.encode(name).byteLength > MAX_KEY_BYTES ||
    segments.some((segment) => escapedBytes(segment) > MAX_SEGMENT_BYTES);
  if (!tooLong && !segments.includes('') && !LONE_SURROGATE.test(name)) return;
  throw new TidemarkError(
    'TM_BLOB_NAME',
    'invalid',
    `${JSON.stringify(name.slice(0, 80))} is no name for a blob.`,
    `Use segments of 1 to ${MAX_SEGMENT_BYTES} characters between slashes, ${MAX_KEY_BYTES} bytes in all.`,
  );
}

/** Bytes of a segment when all but `a-z 0-9 _ -` is written as `%xx`. */
function escapedBytes(segment: string): number {
  let bytes = 0;
  for (const byte of utf8.encode(segment)) bytes += /[a-z0-9_-]/.test(String.fromCharCode(byte)) ? 1 : 3;
  return bytes;
}

/** The order of keys: by their UTF-8 bytes, which is the order of code points (not of code units). */
export function compareKeys(left: string, right: string): number {
  const a = utf8.encode(left);
  const b = utf8.encode(right);
  for (let at = 0; at < a.length && at < b.length; at++) {
    const difference = (a[at] as number) - (b[at] as number);
    if (difference !== 0) return difference;
  }
  return a.length - b.length;
}
