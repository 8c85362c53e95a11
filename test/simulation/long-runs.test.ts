import { SimSplits } from '../../lib/adapters/simulated/memory-source.ts';
import { fileSink, files, graphOf, json, pipeline, tumbling } from '../../lib/index.ts';
import { Simulation } from '../../lib/testkit/simulation.ts';

interface Event {
  readonly key: string;
  readonly at: number;
}

describe('a long run after a restore', () => {
  test('is the journal collected again, however long ago the restore was?', async () => {
    const graph = graphOf(
      pipeline('long', { checkpoint: { every: { milliseconds: 50 }, retain: 2 } })
        .source('in', files({ schema: json<Event>(), onInvalid: 'dead-letter' }))
        .eventTime((e) => e.at, { outOfOrderness: { milliseconds: 10 } })
        .keyBy((e) => e.key)
        .window(tumbling({ milliseconds: 100 }), { late: 'dead-letter' })
        .aggregate('sums', { init: () => 0, add: (sum) => sum + 1 })
        .map((r) => ({ key: r.key, n: r.value }))
        .to('out', fileSink()),
    );
    const content = new SimSplits();
    content.add('only', [], false);
    const simulation = new Simulation(graph, new Map([['in', content]]), {
      seed: 4,
      partitions: 1,
      parallelism: 1,
      tuning: { foldBytes: 2000 },
    });
    const only = content.splits.get('only') as { values: unknown[]; closed: boolean };
    const sizes: number[] = [];
    for (let i = 0; i < 600; i++) {
      simulation.world.schedule(i * 10, () => {
        only.values.push({ key: `k${i % 3}`, at: i * 10 });
        if (i % 100 === 99) sizes.push(simulation.stores.journal.size);
      });
    }
    simulation.world.schedule(500, () => void simulation.restore(undefined));
    simulation.world.schedule(6100, () => {
      only.closed = true;
      content.complete = true;
    });

    await simulation.run();

    expect((simulation.committed('out') as { n: number }[]).reduce((sum, { n }) => sum + n, 0)).toBe(600);
    expect(simulation.events.filter((event) => event.kind === 'restore' && event.step === 'running')).toHaveLength(2);
    expect(Math.max(...sizes)).toBeLessThan(120);
  });
});
