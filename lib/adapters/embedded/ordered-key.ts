import { TidemarkError } from '../../core/record/errors.ts';
import { invariant } from '../../core/record/invariant.ts';
import { checkItemKey } from '../../ports/checks.ts';

/** LMDB takes keys of up to 1,978 bytes. */
const MAX_SUBTASK_BYTES = 512;
const VERSION_BYTES = 8;
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
  checkItemKey(key);
  return Buffer.from(key, 'utf8');
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

/** The smallest key above another one. */
export function afterKey(key: Uint8Array): Buffer {
  return Buffer.concat([key, Buffer.alloc(1)]);
}

/** Subtask and version of a key of the journal. */
export function journalKeyParts(key: Uint8Array): { readonly subtask: string; readonly version: number } {
  const bytes = Buffer.from(key.buffer, key.byteOffset, key.byteLength);
  const at = bytes.length - VERSION_BYTES;
  return {
    subtask: bytes.toString('utf8', 0, at - 1),
    version: bytes.readUInt32BE(at) * 2 ** 32 + bytes.readUInt32BE(at + 4),
  };
}

/** Keys of one subtask's journal: name, 0, version (64 bits, big-endian). Their order is that of the versions. */
export class JournalKeys {
  readonly #name: Buffer;

  constructor(subtask: string) {
    this.#name = Buffer.concat([nameBytes(subtask, 'subtask name', MAX_SUBTASK_BYTES, '\0'), Buffer.alloc(1)]);
  }

  /** The key of an entry; version 0 is before all entries. */
  at(version: number): Buffer {
    invariant(Number.isSafeInteger(version) && version >= 0, 'a version is a whole number');
    const end = this.#name.length;
    const key = Buffer.allocUnsafe(end + VERSION_BYTES);
    this.#name.copy(key);
    key.writeUInt32BE(Math.floor(version / 2 ** 32), end);
    key.writeUInt32BE(version % 2 ** 32, end + 4);
    return key;
  }

  /** After all entries of this journal. */
  get end(): Buffer {
    const end = Buffer.from(this.#name);
    end[end.length - 1] = 1;
    return end;
  }
}
