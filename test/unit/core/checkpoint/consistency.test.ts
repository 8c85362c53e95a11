import { hasInFlight, judgeCut } from '../../../../lib/core/checkpoint/consistency.ts';
import { ack } from './cut-acks.ts';

const STRICT = { orphansAllowed: false, inFlightAllowed: false };
const cut = (sent: number, processed: number) => [
  ack('a', { out: { b: sent } }),
  ack('b', { in: { a: { processed, received: Math.max(sent, processed) } } }),
];
const channel = { from: 'a', to: 'b' };

describe('judgeCut', () => {
  test.each([
    ['all that was sent', 5, 5, 'consistent'],
    ['more than was sent', 5, 6, 'ORPHAN'],
    ['less than was sent', 5, 4, 'IN_FLIGHT'],
    ['nothing of nothing', 0, 0, 'consistent'],
  ])('what is a cut at which %s was processed?', (_what, sent, processed, expected) => {
    const verdict = judgeCut(cut(sent, processed), STRICT);
    expect(verdict.consistent ? 'consistent' : verdict.reason).toBe(expected);
    expect(verdict.channels).toEqual([{ ...channel, sent, processed }]);
  });

  test('are messages in flight allowed without alignment, and orphans still not?', () => {
    const rules = { orphansAllowed: false, inFlightAllowed: true };
    expect(judgeCut(cut(5, 4), rules).consistent).toBe(true);
    expect(judgeCut(cut(5, 6), rules)).toMatchObject({ consistent: false, reason: 'ORPHAN' });
  });

  test('are orphans allowed at least once, and messages in flight still not?', () => {
    const rules = { orphansAllowed: true, inFlightAllowed: false };
    expect(judgeCut(cut(5, 6), rules).consistent).toBe(true);
    expect(judgeCut(cut(5, 4), rules)).toMatchObject({ consistent: false, reason: 'IN_FLIGHT' });
  });

  test.each([
    ['the orphan is found first', 6, 1],
    ['the message in flight is found first', 1, 6],
  ])('is an orphan the worse reason, also when %s?', (_order, fromA, fromB) => {
    const acks = [
      ack('a', { out: { c: 3 } }),
      ack('b', { out: { c: 3 } }),
      ack('c', { in: { a: { processed: fromA }, b: { processed: fromB } } }),
    ];
    expect(judgeCut(acks, STRICT)).toMatchObject({ consistent: false, reason: 'ORPHAN' });
  });

  test('is one bad channel among good ones enough, and is each channel in the proof?', () => {
    const acks = [
      ack('a', { out: { c: 3, d: 2 } }),
      ack('b', { out: { c: 1, d: 1 } }),
      ack('c', { in: { a: { processed: 3 }, b: { processed: 1 } } }),
      ack('d', { in: { a: { processed: 2 }, b: { processed: 0 } } }),
    ];
    const verdict = judgeCut(acks, STRICT);
    expect(verdict).toMatchObject({ consistent: false, reason: 'IN_FLIGHT' });
    expect(verdict.channels).toHaveLength(4);
  });

  test('is what a sender outside the cut is said to have sent nothing, so that what came of it is an orphan?', () => {
    const receiver = ack('b', { in: { a: { processed: 1 } } });
    expect(judgeCut([receiver], STRICT)).toMatchObject({ consistent: false, reason: 'ORPHAN' });
  });
});

describe('hasInFlight', () => {
  test('is it true for a channel that had sent more than was processed, and only then?', () => {
    const of = (sent: number, processed: number) => ({ ...channel, sent, processed });
    expect([hasInFlight([]), hasInFlight([of(2, 2), of(2, 3)]), hasInFlight([of(2, 2), of(3, 2)])]).toEqual([
      false,
      false,
      true,
    ]);
  });
});
