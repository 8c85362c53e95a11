import { SimSplits } from '../../lib/adapters/simulated/memory-source.ts';
import { effect, fileSink, files, graphOf, json, pipeline } from '../../lib/index.ts';
import type { EffectOutcome } from '../../lib/ports/effect.ts';
import { Simulation } from '../../lib/testkit/simulation.ts';

interface Row {
  readonly id: string;
}

function simulate(effectOutcome: (key: string) => EffectOutcome | undefined): Simulation {
  const definition = pipeline('effects', { checkpoint: { every: { milliseconds: 40 }, retain: 50 } })
    .source('in', files({ schema: json<Row>(), onInvalid: 'fail' }))
    .to('out', fileSink())
    .afterCommit('notice', effect({ idempotencyKey: (row) => row.id, payload: (row) => row }));
  const content = new SimSplits();
  content.add('a', [], false);
  const simulation = new Simulation(graphOf(definition), new Map([['in', content]]), {
    seed: 4,
    partitions: 1,
    effectOutcome: ({ key }) => effectOutcome(key),
  });
  for (let i = 0; i < 40; i++) {
    simulation.world.schedule(i * 20, () => content.splits.get('a')?.values.push({ id: `n${i}` }));
  }
  simulation.world.schedule(900, () => {
    (content.splits.get('a') as { closed: boolean }).closed = true;
    content.complete = true;
  });
  return simulation;
}

test('is a request that the receiver refuses one dead letter, and not sent again?', async () => {
  const simulation = simulate((key) => (key === 'n7' ? { outcome: 'refused', message: 'no such address' } : undefined));

  await simulation.run();

  const letters = await simulation.deadLetters();
  expect(letters.map(({ code, operator, record }) => [code, operator, record])).toEqual([
    ['TM_EFFECT_REFUSED', 'notice', { id: 'n7' }],
  ]);
  expect(simulation.deliveries.map((delivery) => delivery.key).sort()).toEqual(
    Array.from({ length: 40 }, (_, i) => `n${i}`).sort(),
  );
});

test('does a receiver that is down delay the notices only: checkpoints go on, and all are sent in the end?', async () => {
  let completedWhileDown = 0;
  let down = true;
  const simulation = simulate(() => (down ? { outcome: 'retry', message: 'down' } : undefined));
  simulation.world.schedule(20_000, () => {
    completedWhileDown = simulation.events.filter((e) => e.kind === 'checkpoint' && e.status === 'completed').length;
    down = false;
  });

  expect(await simulation.run()).toBe('finished');

  expect(completedWhileDown).toBeGreaterThan(1);
  expect(new Set(simulation.deliveries.map((delivery) => delivery.key)).size).toBe(40);
  expect(simulation.committed('out')).toHaveLength(40);
  expect(await simulation.deadLetters()).toEqual([]);
});
