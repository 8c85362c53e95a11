import { decodeBlock } from '../../../../lib/core/channels/block.ts';
import { ExchangeBuffer } from '../../../../lib/core/channels/exchange-buffer.ts';
import { keyGroupOf, keyGroupRange } from '../../../../lib/core/state/key-group.ts';

const opened = (buffer: ExchangeBuffer) =>
  buffer.take(null).map(({ to, records, bytes }) => ({ to, records, block: bytes && decodeBlock(bytes) }));

describe('ExchangeBuffer', () => {
  test('does each record and partial go to the subtask that owns its key group?', () => {
    // Prepare
    const buffer = new ExchangeBuffer(['w/0', 'w/1', 'w/2'], 10);
    const keys = Array.from({ length: 60 }, (_, index) => `n${index}`);
    // Act
    for (const key of keys) {
      buffer.record(key, key, 1);
      buffer.partial(key, 0, key, 1);
    }
    const taken = opened(buffer);
    // Assess
    expect(taken.map(({ to }) => to)).toEqual(['w/0', 'w/1', 'w/2']);
    taken.forEach(({ block, records }, index) => {
      const { first, last } = keyGroupRange(index, 3, 10);
      const own = keys.filter((key) => first <= keyGroupOf(key, 10) && keyGroupOf(key, 10) <= last);
      expect(own.length).toBeGreaterThan(0);
      expect(block?.keys).toEqual(own);
      expect(block?.values).toEqual(own);
      expect(block?.partialKeys).toEqual(own);
      expect(records).toBe(own.length * 2);
    });
  });

  test('are columns in the order of arrival, with the origin, and nothing for a target without records?', () => {
    const buffer = new ExchangeBuffer(['w/0', 'w/1'], 2);
    const of = (group: number) => ['n0', 'n1', 'n2', 'n3'].find((key) => keyGroupOf(key, 2) === group) as string;
    buffer.record(of(1), { a: 1 }, 5);
    buffer.record(of(1), 'two', -5);
    buffer.partial(of(1), -100, [3], 4);
    const origin = { split: 's', first: '1', last: '2' };
    const [none, some] = buffer.take(origin);
    expect(none).toEqual({ to: 'w/0', records: 0, bytes: null });
    expect(decodeBlock(some?.bytes as Uint8Array)).toEqual({
      keys: [of(1), of(1)],
      timesMs: Float64Array.of(5, -5),
      values: [{ a: 1 }, 'two'],
      partialKeys: [of(1)],
      panes: [-100],
      accumulators: [[3]],
      counts: [4],
      origin,
    });
  });

  test('does it start afresh once taken, and when cleared?', () => {
    const buffer = new ExchangeBuffer(['w/0'], 128);
    buffer.record('a', 1, 1);
    const first = opened(buffer);
    buffer.record('b', 2, 2);
    buffer.careful = true;
    buffer.record('c', 3, 3);
    buffer.clear();
    buffer.keepRecord();
    expect([first[0]?.block?.keys, opened(buffer)]).toEqual([['a'], [{ to: 'w/0', records: 0, block: null }]]);
  });

  test('does a record in careful mode add what it sends when it is kept, and nothing when it is dropped?', () => {
    const buffer = new ExchangeBuffer(['w/0'], 128);
    buffer.careful = true;
    buffer.record('a', 1, 1);
    buffer.partial('a', 0, 'x', 2);
    buffer.keepRecord();
    buffer.record('b', 2, 2);
    buffer.partial('b', 0, 'y', 2);
    buffer.dropRecord();
    buffer.keepRecord();
    const [taken] = opened(buffer);
    expect(taken).toMatchObject({ records: 2, block: { keys: ['a'], partialKeys: ['a'], counts: [2] } });
  });
});
