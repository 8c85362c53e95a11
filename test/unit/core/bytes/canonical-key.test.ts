import { canonicalKey, keyOf, MAX_KEY_BYTES } from '../../../../lib/core/bytes/canonical-key.ts';
import type { Key } from '../../../../lib/core/record/key.ts';

/** Stored state and key groups rest on these: they never change. */
const GOLDEN: readonly (readonly [Key, string])[] = [
  ['', 's'],
  ['customer-1', 'scustomer-1'],
  ['日本😀', 's日本😀'],
  ['\0', 's\0'],
  [0, 'n0'],
  [42, 'n42'],
  [-1.5, 'n-1.5'],
  [1e21, 'n1e+21'],
  [5e-324, 'n5e-324'],
  [0.1 + 0.2, 'n0.30000000000000004'],
  [0n, 'i0'],
  [-(2n ** 70n), 'i-1180591620717411303424'],
  [true, 't'],
  [false, 'f'],
  [['a'], '(2:sa'],
  [['a', 1, 1n, true], '(2:sa2:n12:i11:t'],
  [['', '😀', '2:sa'], '(1:s3:s😀5:s2:sa'],
];

const refused = expect.objectContaining({ code: 'TM_KEY', kind: 'invalid' });

describe('canonicalKey', () => {
  test.each(GOLDEN)('is the text of %j what it was when it was fixed, and is it read back?', (key, canonical) => {
    expect(canonicalKey(key)).toBe(canonical);
    expect(keyOf(canonical)).toStrictEqual(key);
  });

  test('is -0 the same key as 0?', () => {
    expect(canonicalKey(-0)).toBe('n0');
    expect(canonicalKey([-0])).toBe(canonicalKey([0]));
  });

  test.each([
    NaN,
    Infinity,
    -Infinity,
    '\ud800',
    'a\udc00b',
    undefined,
    null,
    {},
    new Date(0),
    () => 1,
    Symbol('s'),
    [],
    [[]],
    [['a']],
    [null],
    ['a', undefined],
    ['\ud800'],
    [NaN],
    new Array(2),
  ])('is %p refused?', (key) => {
    expect(() => canonicalKey(key as Key)).toThrow(refused);
  });

  test('is it bounded in bytes, not in characters?', () => {
    expect(canonicalKey('a'.repeat(MAX_KEY_BYTES - 1))).toHaveLength(MAX_KEY_BYTES);
    expect(() => canonicalKey('a'.repeat(MAX_KEY_BYTES))).toThrow(refused);
    expect(canonicalKey('é'.repeat(511))).toHaveLength(512);
    expect(() => canonicalKey('é'.repeat(512))).toThrow(refused);
    expect(() => canonicalKey(Array.from({ length: 400 }, () => true))).toThrow(refused);
    expect(() => canonicalKey(Array.from({ length: 1e7 }, () => true))).toThrow(refused);
  });
});

describe('keyOf', () => {
  test.each([
    '',
    'x',
    'n',
    'n-0',
    'n01',
    'n1.0',
    'nNaN',
    'nInfinity',
    'i',
    'i01',
    'i-0',
    'i1.5',
    'tt',
    'f ',
    '(',
    '(2:s',
    '(02:sa',
    '(2:sa3:sb',
    '(2:sa:sb',
    '(-2:sa',
    '( 2:sa',
    '(5:(2:sa',
    's\ud800',
  ])('is %j refused?', (text) => {
    expect(() => keyOf(text)).toThrow(refused);
  });
});
