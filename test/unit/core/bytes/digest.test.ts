import { sha256Hex } from '../../../../lib/core/bytes/digest.ts';

describe('sha256Hex', () => {
  test('is it the SHA-256 of FIPS 180, and of a text that of its UTF-8 bytes?', () => {
    expect(sha256Hex('abc')).toBe('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad');
    expect(sha256Hex('é')).toBe(sha256Hex(Uint8Array.of(0xc3, 0xa9)));
  });
});
