/// <reference lib="es2024.string" />
import { TidemarkError } from '../record/errors.ts';
import type { Key, KeyScalar } from '../record/key.ts';

/** Largest canonical key, in bytes of UTF-8. */
export const MAX_KEY_BYTES = 1024;

/**
 * One text per key, different for different keys (DESIGN 1): `s` + the string, `n` + the shortest decimal number
 * (-0 as 0), `i` + the bigint, `t`, `f`, and for tuples `(` + per element its canonical length, `:` and canonical text.
 * Golden vectors in the tests fix it: stored state and key groups rest on it.
 *
 * @throws TidemarkError `TM_KEY` (invalid) for anything but a {@link Key}: NaN, infinities, lone surrogates,
 * undefined, null, objects, the empty tuple, more than {@link MAX_KEY_BYTES} bytes.
 */
export function canonicalKey(key: Key): string {
  const canonical = typeof key === 'object' ? canonicalTuple(key) : canonicalScalar(key);
  // A code unit has at most three bytes.
  if (canonical.length * 3 > MAX_KEY_BYTES && Buffer.byteLength(canonical) > MAX_KEY_BYTES) {
    throw badKey(`it takes ${Buffer.byteLength(canonical)} bytes, ${MAX_KEY_BYTES} are allowed`);
  }
  return canonical;
}

function canonicalScalar(key: KeyScalar): string {
  switch (typeof key) {
    case 'string':
      if (!key.isWellFormed()) throw badKey('the string holds half of a surrogate pair');
      return `s${key}`;
    case 'number':
      if (!Number.isFinite(key)) throw badKey(`${key} is not a finite number`);
      return `n${key}`;
    case 'bigint':
      return `i${key}`;
    case 'boolean':
      return key ? 't' : 'f';
    default:
      throw badKey(key === null ? 'it is null' : `it is of type ${typeof key}`);
  }
}

function canonicalTuple(key: readonly KeyScalar[]): string {
  if (!Array.isArray(key)) throw badKey(key === null ? 'it is null' : 'it is an object');
  if (key.length === 0) throw badKey('it is an empty tuple');
  if (key.length > MAX_KEY_BYTES) throw badKey(`it is a tuple of ${key.length} elements`);
  let canonical = '(';
  for (const element of key as readonly KeyScalar[]) {
    const part = canonicalScalar(element);
    canonical += `${part.length}:${part}`;
  }
  return canonical;
}

/**
 * The key of a canonical text: the inverse of {@link canonicalKey}.
 *
 * @throws TidemarkError `TM_KEY` (invalid) for a text that `canonicalKey` never returns.
 */
export function keyOf(canonical: string): Key {
  const key = canonical.startsWith('(') ? tupleOf(canonical) : scalarOf(canonical);
  if (canonicalKey(key) !== canonical) throw notCanonical(canonical);
  return key;
}

function tupleOf(canonical: string): KeyScalar[] {
  const tuple: KeyScalar[] = [];
  for (let at = 1; at < canonical.length; ) {
    const colon = canonical.indexOf(':', at);
    const length = Number(canonical.slice(at, colon));
    if (colon <= at || !(length > 0) || colon + 1 + length > canonical.length) throw notCanonical(canonical);
    tuple.push(scalarOf(canonical.slice(colon + 1, colon + 1 + length)));
    at = colon + 1 + length;
  }
  return tuple;
}

function scalarOf(canonical: string): KeyScalar {
  const text = canonical.slice(1);
  switch (canonical[0]) {
    case 's':
      return text;
    case 'n':
      return Number(text);
    case 'i':
      if (/^(0|-?[1-9][0-9]*)$/.test(text)) return BigInt(text);
      break;
    case 't':
      return true;
    case 'f':
      return false;
    default:
  }
  throw notCanonical(canonical);
}

function notCanonical(canonical: string): TidemarkError {
  return badKey(`${JSON.stringify(canonical.slice(0, 80))} is not a canonical key`);
}

function badKey(why: string): TidemarkError {
  return new TidemarkError(
    'TM_KEY',
    'invalid',
    `This can not be a key: ${why}.`,
    'Let the key selector return a string, a boolean, a finite number, a bigint, or a non-empty array of these.',
  );
}
