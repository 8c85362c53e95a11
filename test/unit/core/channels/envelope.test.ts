import { decodeHint, encodeHint, type Hint } from '../../../../lib/core/channels/envelope.ts';

const message = { to: 'w/0', first: 3, last: 4, stamp: 2, watermark: -5, part: 0, records: 2, bytes: 9 };
const envelope = { kind: 'message', from: 'events/0', attempt: 1, version: 7, message } as const;

describe('encodeHint and decodeHint', () => {
  test.each<[string, Hint]>([
    ['message with its payload', { ...envelope, payload: Uint8Array.from([1, 2, 3]) }],
    ['message without one', { ...envelope, payload: null }],
    ['wake-up', { kind: 'wake', attempt: 3 }],
    ['request to escalate', { kind: 'escalate', checkpoint: 9 }],
    ['word that a subtask has finished', { kind: 'finished', subtask: 'w/1' }],
  ])('does a %s come back as it was?', (_kind, hint) => {
    expect(decodeHint(encodeHint(hint))).toStrictEqual(hint);
  });

  test('is a payload a copy, which does not keep or share the bytes of the hint?', () => {
    const bytes = encodeHint({ ...envelope, payload: Uint8Array.from([1, 2, 3]) });
    const hint = decodeHint(bytes) as { payload: Uint8Array };
    bytes.fill(0);
    expect([...hint.payload]).toEqual([1, 2, 3]);
    expect(hint.payload.buffer).not.toBe(bytes.buffer);
  });
});
