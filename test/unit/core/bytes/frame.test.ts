import { randomBytes } from 'node:crypto';
import { frame, unframe } from '../../../../lib/core/bytes/frame.ts';

const CODES = ['TM_FRAME_MAGIC', 'TM_FRAME_VERSION', 'TM_FRAME_LENGTH', 'TM_FRAME_CHECKSUM'];

function codeOf(bytes: Uint8Array): string {
  try {
    unframe(bytes);
    return 'accepted';
  } catch (error) {
    expect(error).toMatchObject({ kind: 'corrupt', advice: expect.stringMatching(/./) });
    return (error as { code: string }).code;
  }
}

const text = (sizeBytes: number): Uint8Array =>
  Buffer.from('{"customer":"c","amount":1}'.repeat(sizeBytes).slice(0, sizeBytes));

describe('frame', () => {
  test('is the layout what it was when it was fixed?', () => {
    expect(Buffer.from(frame(Buffer.from('tide'))).toString('hex')).toBe('d7010000000004c8b37d3a74696465');
  });

  test.each([0, 1, 511, 512, 100_000])('does a payload of %i bytes come back, compressed or not?', (sizeBytes) => {
    for (const payload of [text(sizeBytes), randomBytes(sizeBytes)]) {
      expect(Buffer.from(unframe(frame(payload))).equals(payload)).toBe(true);
      expect(Buffer.from(unframe(frame(payload, { compress: true }))).equals(payload)).toBe(true);
    }
  });

  test('is it compressed only from 512 bytes on, and only when it pays?', () => {
    const plain = (payload: Uint8Array): number => frame(payload).byteLength;
    const asked = (payload: Uint8Array): number => frame(payload, { compress: true }).byteLength;
    expect(asked(text(511))).toBe(plain(text(511)));
    expect(asked(text(512))).toBeLessThan(plain(text(512)) / 2);
    const noise = randomBytes(5000);
    expect(asked(noise)).toBe(plain(noise));
  });

  test('is an uncompressed payload a view and not a copy?', () => {
    const larger = Buffer.concat([Buffer.from('before'), frame(Buffer.from('tide'))]);
    const payload = unframe(larger.subarray(6));
    expect(payload.buffer).toBe(larger.buffer);
    expect(Buffer.from(payload).toString()).toBe('tide');
  });

  test.each([false, true])(
    'is every flipped bit and every truncation of a frame refused? (compress: %s)',
    (compress) => {
      // Prepare
      const bytes = compress ? frame(text(3000), { compress }) : frame(randomBytes(289));
      if (!compress) expect(bytes.byteLength).toBe(300);
      // Act
      const seen = new Set<string>();
      for (let bit = 0; bit < bytes.byteLength * 8; bit += 1) {
        const flipped = Uint8Array.from(bytes);
        flipped[bit >> 3] = (flipped[bit >> 3] as number) ^ (1 << (bit & 7));
        seen.add(codeOf(flipped));
      }
      for (let length = 0; length < bytes.byteLength; length += 1) {
        expect(codeOf(bytes.subarray(0, length))).toBe('TM_FRAME_LENGTH');
      }
      // Assess
      expect([...seen].sort()).toEqual([...CODES].sort());
      expect(codeOf(Buffer.concat([bytes, Buffer.from([0])]))).toBe('TM_FRAME_LENGTH');
      expect(codeOf(bytes)).toBe('accepted');
    },
  );
});
