import fc from 'fast-check';
import { decode, encode } from '../../../../lib/core/bytes/codec.ts';

const key = fc.string({ unit: 'grapheme' }).filter((text) => text !== '__proto__');
/** -0 is the one number that does not come back as it was. */
const number = fc.oneof(fc.double(), fc.integer(), fc.maxSafeInteger()).map((value) => (value === 0 ? 0 : value));
const leaf = fc.oneof(
  fc.string({ unit: 'grapheme' }),
  number,
  fc.boolean(),
  fc.constant(null),
  fc.constant(undefined),
  fc.bigInt(),
  fc.bigInt({ min: -(2n ** 64n), max: 2n ** 64n }),
  fc.date({ noInvalidDate: true }),
  fc.uint8Array({ maxLength: 300 }),
);
const { value } = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    leaf,
    fc.array(tie('value'), { maxLength: 20 }),
    fc.dictionary(key, tie('value'), { maxKeys: 20, noNullPrototype: true }),
    fc.array(fc.tuple(leaf, tie('value')), { maxLength: 5 }).map((entries) => new Map(entries)),
    fc.array(leaf, { maxLength: 5 }).map((elements) => new Set(elements)),
  ),
}));

describe('encode and decode', () => {
  test('does every value come back as it was?', () => {
    fc.assert(
      fc.property(value, (original) => {
        expect(decode(encode(original))).toStrictEqual(original);
      }),
      { numRuns: 1000 },
    );
  });

  test('do many objects of few and of many shapes come back, more than there are record ids?', () => {
    const record = fc.dictionary(fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'), number, {
      noNullPrototype: true,
    });
    fc.assert(
      fc.property(fc.array(record, { maxLength: 400 }), (records) => {
        expect(decode(encode(records))).toStrictEqual(records);
      }),
      { numRuns: 200 },
    );
  });

  test('is the encoding of a value the same whatever was encoded before it?', () => {
    fc.assert(
      fc.property(value, value, (before, original) => {
        const alone = encode(original);
        encode([before, original]);
        expect(encode(original)).toEqual(alone);
      }),
      { numRuns: 300 },
    );
  });
});
