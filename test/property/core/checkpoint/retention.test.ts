import fc from 'fast-check';
import type { Acknowledgement } from '../../../../lib/core/checkpoint/checkpoint-item.ts';
import { collectableUpTo, expirable } from '../../../../lib/core/checkpoint/retention.ts';
import { initialControl, newInChannel, type StateBase } from '../../../../lib/core/journal/control.ts';
import { checkpoint, job } from '../../../unit/core/checkpoint/cut-acks.ts';

const HEAD = 40;
const version = fc.integer({ min: 1, max: HEAD });
const baseUpTo = (upTo: number): fc.Arbitrary<StateBase> =>
  fc.array(fc.tuple(fc.nat(upTo - 1), fc.integer({ min: 1, max: 5 })), { maxLength: 2 }).map((segments) => ({
    snapshot: 's',
    segments: segments.map(([after, length]) => [after, after + length] as const),
  }));

/** The acknowledgements of one kept checkpoint: of the journal's owner `a` and of two receivers. */
const kept: fc.Arbitrary<Acknowledgement[]> = version.chain((cut) =>
  fc
    .record({
      base: baseUpTo(cut),
      channels: fc.array(
        fc.record({
          sent: fc.nat(9),
          received: fc.nat(9),
          version: fc.nat(cut),
          parked: fc.array(fc.integer({ min: 1, max: cut }), { maxLength: 3 }),
        }),
        { minLength: 2, maxLength: 2 },
      ),
    })
    .map(({ base, channels }) => {
      const common = { checkpoint: 1, attempt: 1, atMs: 0, bytes: 0, headBytes: 0 };
      const own = { ...common, subtask: 'a', version: cut, control: initialControl(1, 1, [], ['b0', 'b1']), base };
      const receivers = channels.map((channel, index) => {
        own.control.out[`b${index}`] = channel.sent;
        const control = initialControl(1, 1, [], []);
        control.in['a'] = {
          ...newInChannel(),
          received: channel.received,
          version: channel.version,
          parked: channel.parked.map((at) => ({
            version: at,
            part: 0,
            first: at,
            last: at,
            stamp: 0,
            watermark: 0,
            records: 1,
            bytes: 1,
          })),
        };
        return { ...common, subtask: `b${index}`, version: 1, control, base: { snapshot: null, segments: [] } };
      });
      return [own, ...receivers];
    }),
);

/** Asked for one entry, in the words of DESIGN 4.7: does anything still need it? */
function isNeeded(at: number, all: Acknowledgement[][], head: StateBase, committedUpTo: number): boolean {
  const inBase = (base: StateBase) => base.segments.some(([after, upTo]) => after < at && at <= upTo);
  if (at >= HEAD || at > committedUpTo || inBase(head)) return true;
  return all.some((acks) =>
    acks.some((ack) => {
      if (ack.subtask === 'a') return at >= ack.version || inBase(ack.base);
      const channel = ack.control.in['a'];
      const sent = acks[0]?.control.out[ack.subtask] ?? 0;
      return (
        channel?.parked.some((message) => message.version === at) ||
        (sent > (channel?.received ?? 0) && at > (channel?.version ?? 0))
      );
    }),
  );
}

describe('collectableUpTo', () => {
  test('does it stop right below the first entry that anything needs?', () => {
    fc.assert(
      fc.property(fc.array(kept, { maxLength: 4 }), baseUpTo(HEAD), fc.nat(HEAD), (all, base, committedUpTo) => {
        let free = 0;
        while (!isNeeded(free + 1, all, base, committedUpTo)) free += 1;
        expect(collectableUpTo('a', all, { base, version: HEAD }, committedUpTo)).toBe(free);
      }),
      { numRuns: 1000 },
    );
  });
});

describe('expirable', () => {
  const item = fc.record({
    status: fc.constantFrom('IN_PROGRESS' as const, 'COMPLETED' as const, 'ABORTED' as const, 'EXPIRED' as const),
    committed: fc.boolean(),
    abandoned: fc.boolean(),
  });

  test('do the newest stay, and what is not committed, not completed or being restored?', () => {
    fc.assert(
      fc.property(
        fc.array(item, { maxLength: 12 }),
        fc.integer({ min: 1, max: 5 }),
        fc.nat(12),
        (items, retain, chosen) => {
          const all = items.map((changes, index) => checkpoint(index + 1, changes));
          const restore = { stamp: 99, checkpoint: chosen, allowOlder: true, code: job().code };
          const gone = expirable(all, job({ status: 'RESTORING', restore }), retain);
          const live = all.filter(({ status, abandoned }) => status === 'COMPLETED' && !abandoned);
          for (const { id, status, committed } of gone) {
            expect([status, committed, id === chosen]).toEqual(['COMPLETED', true, false]);
            expect(live.slice(-retain).map((kept) => kept.id)).not.toContain(id);
          }
          const left = all.filter((one) => one.status === 'COMPLETED' && one.committed && !gone.includes(one));
          for (const one of left) expect(one.id === chosen || live.slice(-retain).includes(one)).toBe(true);
        },
      ),
      { numRuns: 500 },
    );
  });
});
