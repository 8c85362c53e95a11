import { SimSplits } from '../../lib/adapters/simulated/memory-source.ts';
import { fileSink, files, graphOf, json, pipeline, tumbling } from '../../lib/index.ts';
import { Simulation } from '../../lib/testkit/simulation.ts';

interface Event {
  readonly key: string;
  readonly at: number;
}

const graph = graphOf(
  pipeline('idle', { checkpoint: { every: { milliseconds: 30 } } })
    .source('in', files({ schema: json<Event>(), onInvalid: 'dead-letter' }))
    .eventTime((e) => e.at, { outOfOrderness: { milliseconds: 10 }, idleAfter: { milliseconds: 100 } })
    .keyBy((e) => e.key)
    .window(tumbling({ milliseconds: 100 }), { late: 'dead-letter' })
    .aggregate('sums', { init: () => 0, add: (sum) => sum + 1 })
    .to('out', fileSink()),
);

/** A split that goes on for three seconds of real time, beside others, read by two subtasks; nothing is ever closed. */
async function rows(others: Readonly<Record<string, readonly number[]>>): Promise<number> {
  const content = new SimSplits();
  content.add('busy', [], false);
  const simulation = new Simulation(graph, new Map([['in', content]]), { seed: 3, partitions: 2, parallelism: 1 });
  const { world } = simulation;
  for (const [id, times] of Object.entries(others))
    content.add(
      id,
      times.map((time): Event => ({ key: 'quiet', at: world.nowMs + time })),
      false,
    );
  const busy = content.splits.get('busy') as { values: unknown[] };
  for (let i = 0; i < 300; i++)
    world.schedule(i * 10, () => busy.values.push({ key: 'busy', at: world.nowMs } satisfies Event));
  world.schedule(3500, () => {
    simulation.stop = true;
  });
  await simulation.run();
  return (simulation.committed('out') as { key: string }[]).filter(({ key }) => key === 'busy').length;
}

test('do windows go on closing when all splits of another subtask have been idle for long?', async () => {
  // Of four names some fall to the other subtask.
  expect(await rows({ q1: [5], q2: [5], q3: [5], q4: [5] })).toBeGreaterThan(25);
});

test('do they when another subtask has no split at all?', async () => {
  expect(await rows({})).toBeGreaterThan(25);
});
