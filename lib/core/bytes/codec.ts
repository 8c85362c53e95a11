import { addExtension, Packr, RESET_BUFFER_MODE } from 'msgpackr/index-no-eval';
import { TidemarkError } from '../record/errors.ts';

/**
 * Matches plain objects only, whatever keys they own. Without it a record such as
 * `{"constructor": 1, "toJSON": 1}` would be taken for a class instance and its `toJSON` called.
 */
const PlainObject = {
  [Symbol.hasInstance](value: unknown): boolean {
    const prototype: unknown = Object.getPrototypeOf(value);
    return prototype === Object.prototype || prototype === null;
  },
};

// The library looks extensions up with `instanceof`; one that returns its argument writes it as a plain object.
addExtension({ Class: PlainObject as unknown as () => void, write: (value: unknown) => value });

/**
 * The entry without native code and generated code, because strings that the native reader cuts out keep 6 KiB of
 * their message alive each (measured; state would pin whole batches), and because it is a copy of its own: lmdb
 * uses the main entry in the same process.
 *
 * `useRecords`: objects with the same keys share one definition of these keys inside a message; nothing is shared
 * between messages (maxSharedStructures 0), so each message can be read alone.
 * 64-bit integers are left to the default, bigint: the library writes numbers beyond 32 bits as float64, so that
 * only bigints are written as int64, and 'auto' would turn `5n` into `5`.
 * `copyBuffers`: byte strings that are decoded do not keep the message alive.
 */
const packr = new Packr({ useRecords: true, maxSharedStructures: 0, moreTypes: true, copyBuffers: true });

/**
 * MessagePack bytes of a value: JSON values, undefined, NaN, infinities, Date, bigint, Map, Set and byte arrays.
 * Two things come back differently: -0 as 0, an own key `__proto__` as `__proto_`. A function becomes undefined;
 * a class instance what its `toJSON` says, else a plain object of its own fields.
 *
 * The result is a copy of its own exact size: later calls don't write over it, and it keeps no pool alive. The one
 * buffer that is packed into stays as large as the largest value seen (up to 1 GiB).
 *
 * @throws TidemarkError `TM_CODEC_VALUE` (invalid) for a symbol or a value nested too deep for the stack (cycles too).
 */
export function encode(value: unknown): Uint8Array {
  try {
    return new Uint8Array(packr.pack(value, RESET_BUFFER_MODE));
  } catch (cause) {
    throw new TidemarkError(
      'TM_CODEC_VALUE',
      'invalid',
      'A value can not be encoded.',
      'Keep records and state to plain data: JSON values, Date, bigint, Map, Set, Uint8Array; no symbols, no cycles.',
      cause,
    );
  }
}

/**
 * The value of `encode`d bytes. Strings and byte strings are copies. Bytes that `encode` did not write may decode to
 * anything: check them with a frame first.
 *
 * @throws TidemarkError `TM_CODEC_BYTES` (corrupt) when the bytes are not one whole message.
 */
export function decode(bytes: Uint8Array): unknown {
  try {
    return packr.unpack(bytes) as unknown;
  } catch (cause) {
    throw new TidemarkError(
      'TM_CODEC_BYTES',
      'corrupt',
      `${bytes.byteLength} bytes are not an encoded value.`,
      'The data was damaged or written by another program. Restore from a checkpoint before it.',
      cause,
    );
  }
}
