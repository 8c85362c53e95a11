import { SimSplits } from '../../lib/adapters/simulated/memory-source.ts';
import type { SimFaults } from '../../lib/adapters/simulated/world.ts';
import type { CheckpointItem } from '../../lib/core/checkpoint/checkpoint-item.ts';
import { type CheckpointOptions, fileSink, files, graphOf, json, pipeline } from '../../lib/index.ts';
import { Simulation, type SimulationOptions } from '../../lib/testkit/simulation.ts';

interface Item {
  readonly key: string;
}

/** Records come one every 5 ms for a second; `slow` makes the receiving subtask wait before each of its appends. */
function simulate(checkpoint: CheckpointOptions, options: Partial<SimulationOptions> = {}): Simulation {
  const definition = pipeline('options', { checkpoint: { every: { milliseconds: 100 }, ...checkpoint } })
    .source('in', files({ schema: json<Item>(), onInvalid: 'fail' }))
    .keyBy((item) => item.key)
    .process('copy', { state: {}, onElement: (item: Item) => [item] })
    .to('out', fileSink());
  const content = new SimSplits();
  for (const split of ['a', 'b']) content.add(split, [], false);
  const settings = { seed: 5, partitions: 2, parallelism: 1, ...options };
  const simulation = new Simulation(graphOf(definition), new Map([['in', content]]), settings);
  for (let i = 0; i < 200; i++) {
    simulation.world.schedule(i * 5, () => content.splits.get(i % 2 ? 'a' : 'b')?.values.push({ key: `k${i % 3}` }));
  }
  simulation.world.schedule(1000, () => {
    for (const split of content.splits.values()) split.closed = true;
    content.complete = true;
  });
  return simulation;
}

const checkpointsOf = (simulation: Simulation): CheckpointItem[] =>
  simulation.stores.items.list('checkpoint/').map((item) => item.value as CheckpointItem);

const begun = (simulation: Simulation): number =>
  simulation.events.filter((event) => event.kind === 'checkpoint' && event.status === 'begun').length;

/** Keeps acknowledgements of one subtask from being written, as if it were cut off. */
function cutOff(simulation: Simulation, subtask: string, times = Number.POSITIVE_INFINITY): void {
  const { items } = simulation.stores;
  const write = items.write.bind(items);
  let left = times;
  items.write = (changes, limit) => {
    if (left > 0 && changes.some(({ key }) => key.startsWith('ack/') && key.endsWith(subtask))) {
      left--;
      return 'conflict';
    }
    return write(changes, limit);
  };
}

describe('every', () => {
  test('do more checkpoints begin when it is shorter?', async () => {
    const often = simulate({ every: { milliseconds: 60 } });
    const seldom = simulate({ every: { milliseconds: 400 } });
    await often.run();
    await seldom.run();
    expect(begun(often)).toBeGreaterThan(2 * begun(seldom));
    expect(often.committed('out')).toHaveLength(200);
    expect(seldom.committed('out')).toHaveLength(200);
  });
});

describe('minPause', () => {
  test('does it keep checkpoints apart although the interval has passed?', async () => {
    const without = simulate({});
    const paused = simulate({ minPause: { milliseconds: 400 } });
    await without.run();
    await paused.run();
    expect(begun(paused)).toBeLessThan(begun(without));
  });
});

describe('timeout and tolerableFailures', () => {
  test('does a checkpoint without all acknowledgements end by time-out, and its output come with the next one?', async () => {
    const simulation = simulate({ timeout: { milliseconds: 150 }, alignedTimeout: 'never' });
    cutOff(simulation, 'key-by-copy/0', 1);
    expect(await simulation.run()).toBe('finished');
    expect(checkpointsOf(simulation).filter((item) => item.reason === 'TIMEOUT')).toHaveLength(1);
    expect(simulation.committed('out')).toHaveLength(200);
  });

  test('does one more failure in a row than is tolerated fail the job?', async () => {
    const simulation = simulate({ timeout: { milliseconds: 150 }, alignedTimeout: 'never', tolerableFailures: 2 });
    cutOff(simulation, 'key-by-copy/0');
    expect(await simulation.run()).toBe('failed');
    expect(checkpointsOf(simulation).filter((item) => item.reason === 'TIMEOUT')).toHaveLength(3);
    expect(simulation.committed('out')).toEqual([]);
  });
});

describe('retain', () => {
  test.each([1, 4])('are the last %d completed checkpoints kept?', async (retain) => {
    const simulation = simulate({ retain });
    await simulation.run();
    const kept = checkpointsOf(simulation).filter((item) => item.status === 'COMPLETED');
    expect(kept.map((item) => item.id)).toEqual(
      Array.from({ length: retain }, (_, at) => begun(simulation) - retain + 1 + at),
    );
  });
});

describe('the four modes', () => {
  const inFlight = (simulation: Simulation): number =>
    checkpointsOf(simulation)
      .flatMap((item) => item.channels ?? [])
      .reduce((sum, { sent, processed }) => sum + Math.max(0, sent - processed), 0);
  const orphans = (simulation: Simulation): number =>
    checkpointsOf(simulation)
      .flatMap((item) => item.channels ?? [])
      .filter(({ sent, processed }) => processed > sent).length;

  /** Sums over some seeds: how much is in flight depends on the schedule. */
  async function over(
    checkpoint: CheckpointOptions,
    measure: (simulation: Simulation) => number,
    faults: SimFaults = {},
  ): Promise<number> {
    let sum = 0;
    for (let seed = 1; seed <= 12; seed++) {
      const simulation = simulate({ retain: 100, every: { milliseconds: 25 }, ...checkpoint }, { seed, faults });
      expect(await simulation.run()).toBe('finished');
      expect(simulation.committed('out').length).toBeGreaterThanOrEqual(200);
      sum += measure(simulation);
    }
    return sum;
  }

  test('is nothing in flight in an aligned checkpoint?', async () => {
    expect(await over({ alignedTimeout: 'never' }, inFlight)).toBe(0);
    expect(await over({ alignedTimeout: 'never' }, orphans)).toBe(0);
  });

  test('do unaligned checkpoints hold messages in flight?', async () => {
    expect(await over({ unaligned: true }, inFlight)).toBeGreaterThan(0);
    expect(await over({ unaligned: true }, orphans)).toBe(0);
  });

  test('does alignedTimeout let the coordinator cut for those that are behind?', async () => {
    const escalated = (simulation: Simulation) => checkpointsOf(simulation).filter((item) => item.escalated).length;
    expect(await over({ alignedTimeout: { milliseconds: 3 } }, escalated)).toBeGreaterThan(0);
    expect(await over({ alignedTimeout: 'never' }, escalated)).toBe(0);
  });

  test('does at-least-once process messages beyond the cut, instead of setting them aside?', async () => {
    // Refused calls are tried again later: the barriers of the two sources come apart.
    expect(await over({ mode: 'at-least-once' }, orphans, { refusedRate: 0.2 })).toBeGreaterThan(0);
  });
});

describe('maxConcurrent', () => {
  test.each([1, 2])(
    'are at most %d unaligned checkpoints open at once, and so many when one is slow?',
    async (maxConcurrent) => {
      let most = 0;
      const simulation = simulate(
        {
          unaligned: true,
          maxConcurrent,
          every: { milliseconds: 50 },
          timeout: { milliseconds: 400 },
          tolerableFailures: 100,
        },
        {
          onEvent: (_event, { stores }) => {
            const items = stores.items.list('checkpoint/').map((item) => item.value as CheckpointItem);
            most = Math.max(most, items.filter((item) => item.status === 'IN_PROGRESS').length);
          },
        },
      );
      cutOff(simulation, 'key-by-copy/0', 2);
      await simulation.run();
      expect(most).toBe(maxConcurrent);
      expect(simulation.committed('out')).toHaveLength(200);
    },
  );
});
