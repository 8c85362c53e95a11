import fc from 'fast-check';
import { decode, encode } from '../../../../lib/core/bytes/codec.ts';
import { load, store } from '../../../../lib/core/state/stored-value.ts';

const text = fc.oneof(
  fc.string({ unit: 'grapheme' }),
  fc
    .tuple(fc.constantFrom('{', '=', '=={', '{"a":1}', '"', '\\'), fc.string({ unit: 'grapheme' }))
    .map((t) => t.join('')),
);
const key = fc.oneof(text, fc.constantFrom('toJSON', 'valueOf', '1')).filter((name) => name !== '__proto__');
const number = fc.oneof(fc.double(), fc.integer()).map((value) => (value === 0 ? 0 : value));
const scalar = fc.oneof(text, number, fc.boolean());
const { value } = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small' },
    scalar,
    fc.constant(null),
    fc.dictionary(key, scalar, { noNullPrototype: true, maxKeys: 6 }),
    fc.array(tie('value'), { maxLength: 5 }),
    fc.dictionary(key, tie('value'), { noNullPrototype: true, maxKeys: 5 }),
  ),
}));

describe('store and load', () => {
  test('does every JSON-like value come back as it was, also through the journal?', () => {
    fc.assert(
      fc.property(value, (original) => {
        const stored = store(original);
        expect(load(stored)).toStrictEqual(original);
        expect(load(decode(encode(stored)) as typeof stored)).toStrictEqual(original);
      }),
      { numRuns: 1000 },
    );
  });

  test('do different texts never share a stored form with each other or with an object?', () => {
    fc.assert(
      fc.property(fc.oneof(text, fc.dictionary(key, scalar, { noNullPrototype: true })), text, (left, right) => {
        fc.pre(left !== right);
        expect(store(left)).not.toEqual(store(right));
      }),
      { numRuns: 500 },
    );
  });
});
