import { type Block, blockSize, decodeBlock, encodeBlock } from '../../../../lib/core/channels/block.ts';

const block: Block = {
  keys: ['sa', 'n1'],
  timesMs: Float64Array.from([-0.5, 1e15]),
  values: [{ id: 'x', at: new Date(5) }, null],
  partialKeys: ['sb'],
  panes: [-3_600_000],
  accumulators: [{ sum: 1n }],
  counts: [7],
  origin: { split: 'f.ndjson', first: '0', last: '99' },
};
const empty: Block = {
  keys: [],
  timesMs: new Float64Array(),
  values: [],
  partialKeys: [],
  panes: [],
  accumulators: [],
  counts: [],
  origin: null,
};

describe('encodeBlock and decodeBlock', () => {
  test.each([
    ['records and partials', block],
    ['nothing', empty],
    ['records only', { ...empty, keys: ['sa'], timesMs: Float64Array.of(3), values: ['v'] }],
  ])('does a block of %s come back as it was?', (_what, original) => {
    expect(decodeBlock(encodeBlock(original))).toStrictEqual(original);
  });

  test('are times right when they are a part of a larger buffer, and when the bytes lie at an odd place?', () => {
    const timesMs = Float64Array.from([1, 2, 3, 4]).subarray(1, 3);
    const bytes = encodeBlock({ ...block, timesMs });
    for (let shift = 0; shift < 8; shift += 1) {
      const larger = new Uint8Array(bytes.byteLength + shift);
      larger.set(bytes, shift);
      expect([...decodeBlock(larger.subarray(shift)).timesMs]).toEqual([2, 3]);
    }
  });

  test('is a block with any single bit flipped refused, and one that was cut short?', () => {
    // Prepare
    const bytes = encodeBlock(block);
    const outcome = (damaged: Uint8Array): string => {
      try {
        decodeBlock(damaged);
        return 'accepted';
      } catch (error) {
        return `${(error as { kind: string }).kind} ${(error as { code: string }).code.slice(0, 8)}`;
      }
    };
    // Act
    const seen = new Set<string>();
    for (let bit = 0; bit < bytes.byteLength * 8; bit += 1) {
      const flipped = Uint8Array.from(bytes);
      flipped[bit >> 3] = (flipped[bit >> 3] as number) ^ (1 << (bit & 7));
      seen.add(outcome(flipped));
    }
    for (let length = 0; length < bytes.byteLength; length += 1) seen.add(outcome(bytes.subarray(0, length)));
    // Assess
    expect([...seen]).toEqual(['corrupt TM_FRAME']);
    expect(outcome(bytes)).toBe('accepted');
  });
});

describe('blockSize', () => {
  test('are records and partials counted, each once?', () => {
    expect([blockSize(empty), blockSize(block)]).toEqual([0, 3]);
  });
});
