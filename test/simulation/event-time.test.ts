import { SimSplits } from '../../lib/adapters/simulated/memory-source.ts';
import { fileSink, files, graphOf, json, pipeline, tumbling } from '../../lib/index.ts';
import { Simulation, type SimulationOptions } from '../../lib/testkit/simulation.ts';

interface Event {
  readonly key: string;
  readonly at: number;
  readonly n: number;
}

interface Row {
  readonly key: string;
  readonly start: number;
  readonly n: number;
}

const event = (key: string, at: number, n = 1): Event => ({ key, at, n });

function graph(
  options: {
    lateness?: number;
    late?: 'drop' | 'dead-letter';
    merge?: boolean;
    idleAfter?: number;
    parallelDedupe?: boolean;
  } = {},
) {
  const timed = pipeline('times', { checkpoint: { every: { milliseconds: 30 } } })
    .source('in', files({ schema: json<Event>(), onInvalid: 'dead-letter' }))
    .eventTime((e) => e.at, {
      outOfOrderness: { milliseconds: 10 },
      ...(options.idleAfter === undefined ? {} : { idleAfter: { milliseconds: options.idleAfter } }),
    });
  return graphOf(
    timed
      .keyBy((e) => e.key)
      .window(tumbling({ milliseconds: 100 }), {
        late: options.late ?? 'dead-letter',
        allowedLateness: { milliseconds: options.lateness ?? 0 },
      })
      .aggregate('sums', {
        init: () => 0,
        add: (sum, e) => sum + e.n,
        ...(options.merge === false ? {} : { merge: (a: number, b: number) => a + b }),
      })
      .map((r): Row => ({ key: r.key, start: r.window.start.getTime(), n: r.value }))
      .to('out', fileSink()),
  );
}

function simulate(plan: ReturnType<typeof graph>, content: SimSplits, options: Partial<SimulationOptions> = {}) {
  return new Simulation(plan, new Map([['in', content]]), { seed: 3, partitions: 1, parallelism: 1, ...options });
}

const rowsOf = (simulation: Simulation) =>
  (simulation.committed('out') as Row[]).map((row) => `${row.key}@${row.start}=${row.n}`).sort();

describe('a watermark per partition', () => {
  // Flink's tutorial job loses half of this: it reads one file after the other with one watermark for both.
  test.each([1, 2, 3])('are files with the same times exact when %d subtasks read them?', async (partitions) => {
    const content = new SimSplits();
    for (const file of ['a', 'b', 'c'])
      content.add(
        file,
        Array.from({ length: 60 }, (_, i) => event('k', i * 30)),
      );
    content.complete = true;

    const simulation = simulate(graph(), content, { partitions });
    await simulation.run();

    const total = (simulation.committed('out') as Row[]).reduce((sum, row) => sum + row.n, 0);
    expect(total).toBe(180);
    expect(await simulation.deadLetters()).toEqual([]);
  });

  test('is a file of older times read first, so that nothing of it is late?', async () => {
    const content = new SimSplits();
    content.add(
      'today',
      Array.from({ length: 30 }, (_, i) => event('k', 10_000 + i * 30)),
    );
    content.add(
      'yesterday',
      Array.from({ length: 30 }, (_, i) => event('k', i * 30)),
    );
    content.complete = true;
    const simulation = simulate(graph(), content);

    await simulation.run();

    expect((simulation.committed('out') as Row[]).reduce((sum, row) => sum + row.n, 0)).toBe(60);
  });
});

describe('idle partitions', () => {
  test('does a quiet partition stop holding back the others after idleAfter?', async () => {
    const content = new SimSplits();
    content.add('busy', [], false);
    content.add('quiet', [event('q', 5)], false);
    const simulation = simulate(graph({ idleAfter: 200 }), content);
    const busy = content.splits.get('busy') as { values: unknown[] };
    for (let i = 0; i < 40; i++) simulation.world.schedule(i * 30, () => busy.values.push(event('b', i * 30)));
    simulation.world.schedule(1500, () => {
      simulation.stop = true;
    });

    await simulation.run();

    expect(rowsOf(simulation)).toContain('b@0=4');
    expect(rowsOf(simulation)).toContain('q@0=1');
  });

  test('without idleAfter, does the quiet partition hold the watermark, and lose nothing?', async () => {
    const content = new SimSplits();
    content.add(
      'busy',
      Array.from({ length: 40 }, (_, i) => event('b', i * 30)),
      false,
    );
    content.add('quiet', [event('q', 5)], false);
    const simulation = simulate(graph(), content);
    simulation.world.schedule(1500, () => {
      simulation.stop = true;
    });

    await simulation.run();

    expect(rowsOf(simulation)).toEqual([]);
  });

  test('when all partitions are idle, does the watermark follow the clock so that the last window closes?', async () => {
    const content = new SimSplits();
    const simulation = simulate(graph({ idleAfter: 50 }), content);
    const now = simulation.world.nowMs;
    content.add('only', [event('k', now + 5), event('k', now + 20)], false);
    simulation.world.schedule(2000, () => {
      simulation.stop = true;
    });

    await simulation.run();

    const start = now - (now % 100);
    expect(rowsOf(simulation)).toEqual([`k@${start}=2`]);
  });
});

describe('late records', () => {
  const late = () => {
    const content = new SimSplits();
    content.add('in', [event('k', 50, 1), event('k', 1000, 2), event('k', 60, 7), event('k', 1010, 3)]);
    content.complete = true;
    return content;
  };

  test.each([true, false])('is a record behind its window one dead letter (partial aggregates: %s)?', async (merge) => {
    const simulation = simulate(graph({ merge }), late(), { seed: 11, tuning: { readBytes: 1 } });
    await simulation.run();

    const letters = await simulation.deadLetters();
    const kept = (simulation.committed('out') as Row[]).reduce((sum, row) => sum + row.n, 0);
    const refused = letters.reduce((sum, letter) => sum + letter.count, 0);
    expect(letters.every((letter) => letter.code === 'TM_RECORD_LATE')).toBe(true);
    // Nothing vanishes: what is not in a window is in the dead letters.
    expect(refused).toBe(kept === 13 ? 0 : 1);
    expect([6, 13]).toContain(kept);
  });

  test('is a late record that is dropped by policy counted?', async () => {
    const content = late();
    const simulation = simulate(graph({ late: 'drop' }), content, { seed: 11 });
    await simulation.run();

    const dropped = simulation.events.flatMap((e) => (e.kind === 'progress' ? [e.late] : []));
    const kept = (simulation.committed('out') as Row[]).reduce((sum, row) => sum + row.n, 0);
    expect(Math.max(...dropped)).toBe(kept === 13 ? 0 : 1);
    expect(await simulation.deadLetters()).toEqual([]);
  });

  test('does allowed lateness keep the window open, and fire it once?', async () => {
    const content = new SimSplits();
    content.add('in', [event('k', 50, 1), event('k', 300, 2), event('k', 60, 7), event('k', 2000, 3)]);
    content.complete = true;
    const simulation = simulate(graph({ lateness: 1000 }), content);

    await simulation.run();

    expect(rowsOf(simulation)).toEqual(['k@0=8', 'k@2000=3', 'k@300=2']);
  });
});

describe('hostile times', () => {
  test('is an event time far in the future refused instead of closing every window?', async () => {
    const content = new SimSplits();
    const ahead = Date.UTC(2999, 0, 1);
    content.add('in', [event('k', 10), event('k', ahead), event('k', 20), event('k', Number.NaN), event('k', 500)]);
    content.complete = true;
    const simulation = simulate(graph(), content);

    await simulation.run();

    expect(rowsOf(simulation)).toEqual(['k@0=2', 'k@500=1']);
    expect((await simulation.deadLetters()).map((letter) => letter.code).sort()).toEqual([
      'TM_EVENT_TIME_FUTURE',
      'TM_EVENT_TIME_INVALID',
    ]);
  });
});
