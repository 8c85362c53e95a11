import { PartialAggregate } from '../../../../lib/core/operators/partial-aggregate.ts';
import type { WindowSettings } from '../../../../lib/core/operators/window-aggregate.ts';
import { OperatorBench } from './operator-bench.ts';

function setUp(changes: Partial<WindowSettings> = {}) {
  const host = new OperatorBench();
  const sent: unknown[][] = [];
  const settings: WindowSettings = {
    id: 'hourly',
    window: { kind: 'tumbling', sizeMs: 100, slideMs: 100, offsetMs: 0 },
    allowedLatenessMs: 10,
    late: 'drop',
    init: () => ({ n: 0 }),
    add: (total, value) => {
      (total as { n: number }).n += value as number;
      return total;
    },
    merge: (left) => left,
    ...changes,
  };
  const combiner = new PartialAggregate(host, settings, {
    partial: (...partial) => void sent.push(['partial', ...partial]),
    record: (...record) => void sent.push(['record', ...record]),
  });
  return { host, sent, combiner };
}

describe('PartialAggregate', () => {
  test('is a batch one partial for each key and pane, panes ascending, sent only at its end?', () => {
    const { combiner, sent, host } = setUp();
    for (const [key, value, timeMs] of [
      ['b', 1, 150],
      ['a', 2, 99],
      ['b', 4, 100],
      ['a', 8, -1],
      ['a', 16, 0],
    ] as const)
      combiner.add(key, value, timeMs);
    expect(sent).toEqual([]);
    combiner.flush();
    expect(sent).toEqual([
      ['partial', 'a', -100, { n: 8 }, 1],
      ['partial', 'a', 0, { n: 18 }, 2],
      ['partial', 'b', 100, { n: 5 }, 2],
    ]);
    expect(host.at).toBe('hourly');
  });

  test('is nothing held between batches, whether they were sent or given up?', () => {
    const { combiner, sent } = setUp();
    combiner.add('a', 1, 0);
    combiner.clear();
    combiner.add('a', 2, 0);
    combiner.flush();
    combiner.flush();
    expect(sent).toEqual([['partial', 'a', 0, { n: 2 }, 1]]);
  });

  test('does a record that is late already travel alone, from the very watermark at which its window fires?', () => {
    const { combiner, sent, host } = setUp();
    host.watermarkMs = 108;
    combiner.add('a', 1, 99);
    host.watermarkMs = 109;
    combiner.add('a', 2, 99);
    combiner.add('a', 4, 100);
    combiner.flush();
    expect(sent).toEqual([
      ['record', 'a', 2, 99],
      ['partial', 'a', 0, { n: 1 }, 1],
      ['partial', 'a', 100, { n: 4 }, 1],
    ]);
  });

  test('does a record that some sliding window still takes go along with the others?', () => {
    const { combiner, sent, host } = setUp({
      window: { kind: 'sliding', sizeMs: 100, slideMs: 50, offsetMs: 0 },
      allowedLatenessMs: 0,
    });
    host.watermarkMs = 148;
    combiner.add('a', 1, 99);
    host.watermarkMs = 149;
    combiner.add('a', 2, 99);
    combiner.flush();
    expect(sent).toEqual([
      ['record', 'a', 2, 99],
      ['partial', 'a', 50, { n: 1 }, 1],
    ]);
  });

  test('is nothing combined in careful mode, so that one record can be taken back?', () => {
    const { combiner, sent, host } = setUp();
    host.setCareful(true);
    combiner.add('a', 1, 0);
    combiner.add('a', 2, 0);
    expect(sent).toEqual([
      ['partial', 'a', 0, { n: 1 }, 1],
      ['partial', 'a', 0, { n: 2 }, 1],
    ]);
    combiner.flush();
    expect(sent).toHaveLength(2);
  });

  test('does a record stay as it was when the function keeps the first one as the accumulator and changes it?', () => {
    const { combiner, sent } = setUp({
      init: () => undefined,
      add: (first, value) => {
        if (first === undefined) return value;
        (first as { n: number }).n += (value as { n: number }).n;
        return first;
      },
    });
    const records = [{ n: 1 }, { n: 2 }];
    for (const record of records) combiner.add('a', record, 0);
    combiner.flush();
    expect(sent).toEqual([['partial', 'a', 0, { n: 3 }, 2]]);
    expect(records).toEqual([{ n: 1 }, { n: 2 }]);
  });
});
