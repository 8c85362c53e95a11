import { TidemarkError } from '../../core/record/errors.ts';
import { invariant } from '../../core/record/invariant.ts';

/** LMDB takes keys of up to 1,978 bytes; the other families' limits lie around 1 to 2 KB, so all of them take this. */
const MAX_KEY_BYTES = 1_024;
const MAX_SUBTASK_BYTES = 512;
const VERSION_BYTES = 8;
const PART_BYTES = 4;
const LONE_SURROGATE = /\p{Surrogate}/u;

/** The UTF-8 bytes of a name, whose order is the order of the table. */
function nameBytes(name: string, what: string, maxBytes: number, forbidden?: string): Buffer {
  const bytes = Buffer.from(name, 'utf8');
  const malformed = LONE_SURROGATE.test(name) || (forbidden !== undefined && name.includes(forbidden));
  if (malformed || bytes.length === 0 || bytes.length > maxBytes) {
    throw new TidemarkError(
      'TM_KEY',
      'invalid',
      `The ${what} ${JSON.stringify(name.slice(0, 80))} can not be stored: ${malformed ? 'it is not well-formed' : `it has ${bytes.length} bytes`}.`,
      `Use well-formed text of 1 to ${maxBytes} bytes in UTF-8; hash what is longer.`,
    );
  }
  return bytes;
}

/** The key of a control item. */
export function itemKey(key: string): Buffer {
  return nameBytes(key, 'item key', MAX_KEY_BYTES);
}

/**
 * The smallest key above all that start with `prefix`, or undefined when there is no bound: the last byte that can be
 * raised is raised, what follows is cut off.
 */
export function afterPrefix(prefix: Uint8Array): Buffer | undefined {
  let length = prefix.length;
  while (length > 0 && prefix[length - 1] === 0xff) length -= 1;
  if (length === 0) return undefined;
  const bound = Buffer.from(prefix.subarray(0, length));
  bound[length - 1] = (bound[length - 1] ?? 0) + 1;
  return bound;
}

/** Keys of one subtask's journal: name, 0, version (64 bits, big-endian), and for a part its number (32 bits). */
export class JournalKeys {
  readonly #name: Buffer;

  constructor(subtask: string) {
    this.#name = Buffer.concat([nameBytes(subtask, 'subtask name', MAX_SUBTASK_BYTES, '\0'), Buffer.alloc(1)]);
  }

  head(version: number): Buffer {
    return this.#key(version, 0);
  }

  part(version: number, part: number): Buffer {
    const key = this.#key(version, PART_BYTES);
    key.writeUInt32BE(part, key.length - PART_BYTES);
    return key;
  }

  /** Before all keys of this journal, heads and parts. */
  get first(): Buffer {
    return this.#key(0, 0);
  }

  /** After all of them. */
  get end(): Buffer {
    const end = Buffer.from(this.#name);
    end[end.length - 1] = 1;
    return end;
  }

  /** The version in a key that `head` made. */
  versionOf(key: Uint8Array): number {
    const view = new DataView(key.buffer, key.byteOffset, key.byteLength);
    const at = this.#name.length;
    return view.getUint32(at) * 2 ** 32 + view.getUint32(at + 4);
  }

  #key(version: number, more: number): Buffer {
    invariant(Number.isSafeInteger(version) && version >= 0, 'a version is a whole number');
    const at = this.#name.length;
    const key = Buffer.allocUnsafe(at + VERSION_BYTES + more);
    this.#name.copy(key);
    key.writeUInt32BE(Math.floor(version / 2 ** 32), at);
    key.writeUInt32BE(version % 2 ** 32, at + 4);
    return key;
  }
}
