import { murmur3 } from '../../../../lib/core/bytes/murmur3.ts';

describe('murmur3', () => {
  // From the reference implementation (a second one, in Python, gave the same).
  test.each([
    ['', 0],
    ['a', 0x3c2569b2],
    ['ab', 0x9bbfd75f],
    ['abc', 0xb3dd93fa],
    ['hello', 0x248bfa47],
    ['hello, world', 0x149bbb7f],
    ['The quick brown fox jumps over the lazy dog', 0x2e4ff723],
    ['scustomer-1', 0xf27e3112],
    ['é', 0x10110787],
    ['abcdé', 0xe4012811],
    ['日本語', 0xa5a47297],
    ['😀', 0xbeb42efa],
  ])('is the hash of %j the published one?', (text, hash) => {
    expect(murmur3(text)).toBe(hash);
  });
});
