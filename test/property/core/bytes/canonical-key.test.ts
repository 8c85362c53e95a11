import fc from 'fast-check';
import { canonicalKey, keyOf } from '../../../../lib/core/bytes/canonical-key.ts';
import type { Key } from '../../../../lib/core/record/key.ts';

const scalar = fc.oneof(
  fc.string({ unit: 'grapheme' }),
  fc.constantFrom('', 's', '1:', '2:sa', '('),
  fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => (value === 0 ? 0 : value)),
  fc.bigInt(),
  fc.boolean(),
);
const key: fc.Arbitrary<Key> = fc.oneof(scalar, fc.array(scalar, { minLength: 1, maxLength: 6 }));

/** Equal as keys: same type, same value, element by element. */
const same = (a: Key, b: Key): boolean =>
  Array.isArray(a) && Array.isArray(b) ? a.length === b.length && a.every((x, i) => x === b[i]) : a === b;

describe('canonicalKey', () => {
  test('does each key come back?', () => {
    fc.assert(
      fc.property(key, (original) => {
        expect(keyOf(canonicalKey(original))).toStrictEqual(original);
      }),
      { numRuns: 2000 },
    );
  });

  test('have two keys one text only when they are the same key?', () => {
    fc.assert(
      fc.property(key, key, (a, b) => {
        expect(canonicalKey(a) === canonicalKey(b)).toBe(same(a, b));
      }),
      { numRuns: 2000 },
    );
  });
});
