import { initialControl, newInChannel } from '../../../../lib/core/journal/control.ts';
import { decodeHead, type EntryHead, encodeHead, isBarrier } from '../../../../lib/core/journal/entry.ts';

const message = { to: 'w/0', first: 3, last: 4, stamp: 2, watermark: -5, part: 0, records: 2, bytes: 9 };

function entry(): EntryHead {
  const control = initialControl(2, 3, ['events/0'], ['w/0']);
  control.splits['f'] = { position: '12', maxMs: -7.5, idleSinceMs: null, idle: false, closed: true };
  control.in['events/0'] = { ...newInChannel(), received: 4, processed: 2, parked: [{ version: 1, ...message }] };
  return {
    kind: 'cut',
    pure: false,
    control,
    messages: [message],
    rows: [{ sink: 'out', part: 1, count: 2 }],
    changes: [
      { table: 't', namespace: 'w1', drop: true, keys: [], values: [] },
      { table: 't', namespace: '', drop: false, keys: ['a', 'b', 'c'], values: [null, '{"n":1}', Uint8Array.of(1, 2)] },
    ],
  };
}
const fields = ({ kind, pure, control, messages, rows, changes }: EntryHead) => ({
  kind,
  pure,
  control,
  messages,
  rows,
  changes,
});

describe('encodeHead and decodeHead', () => {
  test('does a head come back as it was, its changes too, however often they are asked for?', () => {
    const head = decodeHead(encodeHead(entry()));
    expect(fields(head)).toMatchObject(entry());
    expect(head.changes).toEqual(entry().changes);
  });

  test('is a head that was read encoded to the same bytes again?', () => {
    const bytes = encodeHead(entry());
    expect(encodeHead(decodeHead(bytes))).toEqual(bytes);
  });

  test('is any single flipped bit refused?', () => {
    const bytes = encodeHead(entry());
    for (let bit = 0; bit < bytes.byteLength * 8; bit += 1) {
      const flipped = Uint8Array.from(bytes);
      flipped[bit >> 3] = (flipped[bit >> 3] as number) ^ (1 << (bit & 7));
      expect(() => decodeHead(flipped)).toThrow(expect.objectContaining({ kind: 'corrupt' }));
    }
  });
});

describe('isBarrier', () => {
  test('is it a message without a seq of its own?', () => {
    expect(isBarrier({ ...message, first: 5, last: 4 })).toBe(true);
    expect(isBarrier({ ...message, first: 5, last: 5, records: 0, part: -1 })).toBe(false);
  });
});
