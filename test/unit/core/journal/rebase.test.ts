import { takeCut } from '../../../../lib/core/channels/barrier-aligner.ts';
import { copyControl, initialControl, newInChannel } from '../../../../lib/core/journal/control.ts';
import { takeCutOf } from '../../../../lib/core/journal/rebase.ts';

describe('takeCutOf', () => {
  test('does a batch take the cut it is put on, and keep all that is its own?', () => {
    // Prepare
    const before = initialControl(1, 4, ['a', 'b', 'c'], ['w/0']);
    before.sinceCut = { heads: 5, all: 50 };
    const cut = copyControl(before);
    takeCut(cut, 6, 9);
    const batch = copyControl(before);
    batch.in['a'] = { ...newInChannel(), received: 3, processed: 2, barrier: 5 };
    batch.in['b'] = { ...newInChannel(), barrier: 6 };
    batch.in['c'] = { ...newInChannel(), barrier: 7 };
    batch.out['w/0'] = 12;
    batch.watermark = 99;
    // Act
    takeCutOf(batch, cut);
    // Assess
    expect(batch).toMatchObject({
      stamp: 6,
      lastCut: { checkpoint: 6, version: 9, cost: { heads: 5, all: 50 } },
      sinceCut: { heads: 0, all: 0 },
      watermark: 99,
      out: { 'w/0': 12 },
      in: { a: { received: 3, processed: 2, barrier: 0 }, b: { barrier: 0 }, c: { barrier: 7 } },
    });
  });
});
