import { SimSplits } from '../../lib/adapters/simulated/memory-source.ts';
import type { Actor } from '../../lib/adapters/simulated/world.ts';
import type { CheckpointItem } from '../../lib/core/checkpoint/checkpoint-item.ts';
import type { CheckpointOptions } from '../../lib/index.ts';
import { fileSink, files, graphOf, json, pipeline, value } from '../../lib/index.ts';
import type { TelemetryEvent } from '../../lib/ports/telemetry.ts';
import { cancelJob } from '../../lib/runtime/cancel-runner.ts';
import { Simulation, type SimulationOptions } from '../../lib/testkit/simulation.ts';
import { Bench, interpose } from './bench.ts';
import { type Item, item } from './rules/graphs.ts';

/** Counts items per key. The options of the definition are what the tests override. */
const definition = pipeline('options', { checkpoint: { every: { seconds: 1 } } })
  .source('in', files({ schema: json<Item>(), onInvalid: 'dead-letter' }))
  .keyBy((record) => record.key)
  .process('count', {
    state: { count: value(0) },
    onElement: (record, { state }): { key: string; count: number }[] => {
      state.count.set(state.count.get() + 1);
      return [{ key: record.key, count: state.count.get() }];
    },
  })
  .to('out', fileSink());

type Checkpointed = TelemetryEvent & { readonly kind: 'checkpoint' };

/** What happened to checkpoints, and when, in milliseconds since the beginning. */
interface Moment {
  readonly atMs: number;
  readonly event: Checkpointed;
  /** Checkpoints open at that time. */
  readonly open: number;
}

interface Run {
  readonly simulation: Simulation;
  readonly moments: readonly Moment[];
  at(status: Checkpointed['status']): Moment[];
}

/** Ten items for each of `seconds`, one every 100 ms if not told otherwise, then the end. `worker-1` hosts the counting subtask. */
function start(
  overrides: CheckpointOptions,
  seconds: number,
  options: Partial<SimulationOptions> = {},
  everyMs = 100,
): Run {
  const content = new SimSplits();
  content.add('s', [], false);
  const moments: Moment[] = [];
  const simulation = new Simulation(graphOf(definition, overrides), new Map([['in', content]]), {
    seed: 1,
    partitions: 1,
    parallelism: 1,
    onEvent: (event, { world, stores }) => {
      if (event.kind !== 'checkpoint') return;
      const items = stores.items.list('checkpoint/').map((entry) => entry.value as CheckpointItem);
      const open = items.filter(({ status }) => status === 'IN_PROGRESS').length;
      moments.push({ atMs: world.nowMs - startedMs, event, open });
    },
    ...options,
  });
  const startedMs = simulation.world.nowMs;
  const split = content.splits.get('s');
  for (let n = 0; n < seconds * 10; n++) simulation.world.schedule(n * everyMs, () => split?.values.push(item('a')));
  simulation.world.schedule(seconds * 1000, () => {
    if (split) split.closed = true;
    content.complete = true;
  });
  return { simulation, moments, at: (status) => moments.filter(({ event }) => event.status === status) };
}

/** Kills the host of the counting subtask and lets it come back later. */
function absent(simulation: Simulation, fromMs: number, toMs: number): void {
  const revive = simulation.world.onDeath;
  const dead: Actor[] = [];
  simulation.world.onDeath = (actor) => void dead.push(actor);
  simulation.world.schedule(fromMs, () => simulation.kill('worker-1'));
  simulation.world.schedule(toMs, () => {
    simulation.world.onDeath = revive;
    for (const actor of dead) revive(actor);
  });
}

const counts = (simulation: Simulation): number[] =>
  (simulation.committed('out') as { count: number }[]).map(({ count }) => count).sort((a, b) => a - b);

const upTo = (last: number): number[] => Array.from({ length: last }, (_, index) => index + 1);

const gaps = (moments: readonly Moment[]): number[] =>
  moments.slice(1).map(({ atMs }, index) => atMs - (moments[index] as Moment).atMs);

describe('every', () => {
  test.each([1, 3])('does a checkpoint begin every %d s while there is something to save?', async (seconds) => {
    const run = start({ every: { seconds } }, 12);
    await run.simulation.run();
    const begun = run.at('begun');
    // The last one is for the end of the input and does not wait.
    for (const gap of gaps(begun.slice(0, -1))) {
      expect(gap).toBeGreaterThanOrEqual(seconds * 1000);
      expect(gap).toBeLessThan(seconds * 1000 + 100);
    }
    expect(begun.length).toBeGreaterThanOrEqual(12 / seconds);
    expect(begun.length).toBeLessThanOrEqual(12 / seconds + 2);
  });
});

describe('minPause', () => {
  test('does the next one wait so long after the end of the last one?', async () => {
    const run = start({ every: { milliseconds: 500 }, minPause: { seconds: 2 } }, 12);
    await run.simulation.run();
    const ended = run.at('completed');
    const begun = run.at('begun').slice(1, -1);
    expect(begun.length).toBeGreaterThan(2);
    begun.forEach(({ atMs }, index) => {
      expect(atMs - (ended[index] as Moment).atMs).toBeGreaterThanOrEqual(1999);
    });
  });
});

describe('timeout', () => {
  test('is one aborted that is not complete by then, and its output carried over?', async () => {
    const run = start({ timeout: { seconds: 2 }, alignedTimeout: 'never', tolerableFailures: 10 }, 8);
    absent(run.simulation, 1500, 6000);
    await run.simulation.run();
    const aborted = run.at('aborted');
    expect(aborted.length).toBeGreaterThan(0);
    for (const { event } of aborted) {
      expect(event.reason).toBe('TIMEOUT');
      expect(event.durationMs).toBeGreaterThanOrEqual(2000);
      expect(event.durationMs).toBeLessThan(2200);
    }
    expect(counts(run.simulation)).toEqual(upTo(80));
  });
});

describe('tolerableFailures', () => {
  test.each([0, 2])(
    'does the job fail after %d tolerated failures in a row and one more?',
    async (tolerableFailures) => {
      const run = start({ timeout: { seconds: 2 }, alignedTimeout: 'never', tolerableFailures }, 30);
      absent(run.simulation, 1500, 60_000);
      expect(await run.simulation.run()).toBe('failed');
      expect(run.at('aborted').length).toBe(tolerableFailures + 1);
    },
  );

  test('does a completed one in between begin the count anew?', async () => {
    const run = start({ timeout: { seconds: 2 }, alignedTimeout: 'never', tolerableFailures: 1 }, 20);
    absent(run.simulation, 1500, 4500);
    run.simulation.world.schedule(9000, () => absent(run.simulation, 500, 3500));
    expect(await run.simulation.run()).toBe('finished');
    expect(run.at('aborted').length).toBeGreaterThanOrEqual(2);
  });
});

describe('alignedTimeout', () => {
  test('does the coordinator then cut for a subtask that is behind, so that the checkpoint completes?', async () => {
    const run = start({ timeout: { seconds: 4 }, alignedTimeout: { milliseconds: 500 } }, 8);
    absent(run.simulation, 1500, 6000);
    await run.simulation.run();
    expect(run.at('aborted')).toEqual([]);
    // Complete while the subtask was not there.
    const escalated = run.at('completed').filter(({ atMs }) => atMs > 2000 && atMs < 6000);
    expect(escalated.length).toBeGreaterThan(2);
    for (const { event } of escalated) {
      expect(event.durationMs).toBeGreaterThanOrEqual(500);
      expect(event.durationMs).toBeLessThan(700);
    }
    expect(counts(run.simulation)).toEqual(upTo(80));
  });

  test("does 'never' keep it aligned until the time-out?", async () => {
    const run = start({ timeout: { seconds: 4 }, alignedTimeout: 'never' }, 8);
    absent(run.simulation, 1500, 6000);
    await run.simulation.run();
    expect(run.at('escalated')).toEqual([]);
    expect(run.at('aborted').length).toBe(1);
  });
});

/** Two sources, so that barriers come one after the other. */
async function parkedMessages(overrides: CheckpointOptions): Promise<number> {
  const content = new SimSplits();
  for (const split of ['p', 'q', 'r', 's'])
    content.add(
      split,
      Array.from({ length: 200 }, () => item('a')),
    );
  content.complete = true;
  const graph = graphOf(definition, { every: { milliseconds: 20 }, alignedTimeout: 'never', ...overrides });
  // A lost hint makes the barriers of the two sources come far from each other.
  const options = { seed: 1, partitions: 2, parallelism: 1, faults: { hintLossRate: 0.3 } };
  const simulation = new Simulation(graph, new Map([['in', content]]), options);
  await simulation.run();
  return simulation.events.filter((event) => event.kind === 'align' && event.step === 'parked').length;
}

describe('mode and unaligned', () => {
  test('are messages parked behind barriers only when exactly-once is aligned?', async () => {
    expect(await parkedMessages({})).toBeGreaterThan(0);
    expect(await parkedMessages({ unaligned: true })).toBe(0);
    expect(await parkedMessages({ mode: 'at-least-once' })).toBe(0);
  });
});

describe('maxConcurrent', () => {
  test.each([1, 2])('are as many as %d open at once, with unaligned?', async (maxConcurrent) => {
    const run = start({ unaligned: true, maxConcurrent, timeout: { seconds: 20 } }, 12);
    absent(run.simulation, 1500, 6000);
    await run.simulation.run();
    expect(Math.max(...run.moments.map(({ open }) => open))).toBe(maxConcurrent);
    // The newer one completes first and ends the older one.
    const reasons = run.at('aborted').map(({ event }) => event.reason);
    expect(reasons.filter((reason) => reason !== 'SUBSUMED')).toEqual([]);
    expect(counts(run.simulation)).toEqual(upTo(120));
  });
});

describe('retain', () => {
  test.each([1, 4])('are the last %d completed ones kept?', async (retain) => {
    const run = start({ retain }, 8);
    await run.simulation.run();
    const completed = run.at('completed').map(({ event }) => event.id);
    expect(completed.length).toBeGreaterThan(5);
    expect(run.simulation.completedCheckpoints()).toEqual(completed.slice(-retain));
  });
});

/** Lets virtual time pass until `work` is done. */
async function settled<T>(simulation: Simulation, work: Promise<T>): Promise<T> {
  let done = false;
  const end = () => {
    done = true;
  };
  work.then(end, end);
  await new Promise<void>((resolve) => setImmediate(resolve));
  await simulation.world.run(() => done, simulation.world.counts.calls + 10_000);
  return work;
}

/** Cancels the job after five of ten seconds. */
async function cancelled(onCancel: 'retain' | 'delete'): Promise<Simulation> {
  const { simulation } = start({ onCancel }, 10, { tuning: { foldBytes: 100 } });
  const cancel = new Promise<void>((resolve, reject) => {
    simulation.world.schedule(5050, () => void simulation.operator().then(cancelJob).then(resolve, reject));
  });
  expect(await simulation.run()).toBe('stopped');
  await settled(simulation, cancel);
  return simulation;
}

const keys = (simulation: Simulation, prefix: string): number => simulation.stores.items.list(prefix).length;
const staged = (simulation: Simulation): number => simulation.sinks.get('out')?.staged.size ?? 0;

describe('onCancel', () => {
  test('does retain keep the checkpoints, so that a restore goes on exactly there?', async () => {
    const simulation = await cancelled('retain');
    expect(keys(simulation, 'checkpoint/')).toBeGreaterThan(0);
    expect(staged(simulation)).toBe(0);
    const seen = counts(simulation);
    expect(seen).toEqual(upTo(seen.length));

    const again = start({}, 10, { seed: 2, after: simulation }, 0).simulation;
    await settled(again, again.restore(undefined));
    expect(await again.run()).toBe('finished');
    expect(counts(again)).toEqual(upTo(100));
  });

  test('does delete leave committed output, and nothing else that takes room?', async () => {
    const simulation = await cancelled('delete');
    for (const prefix of ['checkpoint/', 'ack/', 'manifest/']) expect(keys(simulation, prefix)).toBe(0);
    expect(simulation.stores.blobs.blobs.size).toBe(0);
    expect(staged(simulation)).toBe(0);
    const seen = counts(simulation);
    expect(seen.length).toBeGreaterThan(10);
    expect(seen).toEqual(upTo(seen.length));
  });

  test.each(['retain', 'delete'] as const)(
    'is a cancelled job refused when it is run again (%s)?',
    async (onCancel) => {
      const again = start({}, 1, { seed: 2, after: await cancelled(onCancel) }).simulation;
      await expect(again.run()).rejects.toMatchObject({ code: 'TM_JOB_CANCELLED' });
    },
  );

  test('is a cancellation that died at any port call finished by the next one?', async () => {
    let deaths = 0;
    for (let call = 1; deaths === call - 1; call++) {
      const bench = new Bench(graphOf(definition, { onCancel: 'delete' }));
      bench.content.add('s', [item('a')], false);
      const env = await bench.start();
      await bench.settle(env);
      await bench.checkpoint(env, false);
      await bench.begin(env);
      await bench.settle(env);
      let calls = 0;
      const dying = interpose(env, () => {
        if (++calls === call) throw new Error('dies');
      });
      await bench.do(cancelJob(dying)).catch(() => deaths++);
      await bench.do(cancelJob(env));

      const { stores } = bench.simulation;
      expect(bench.job()).toMatchObject({ status: 'CANCELLED', attempt: 2 });
      expect(['checkpoint/', 'ack/', 'manifest/'].flatMap((prefix) => stores.items.list(prefix))).toEqual([]);
      expect(counts(bench.simulation)).toEqual([1]);
      expect(staged(bench.simulation)).toBe(0);
    }
    expect(deaths).toBeGreaterThan(20);
  });

  test('is a restore refused when everything is deleted?', async () => {
    const again = start({}, 1, { seed: 2, after: await cancelled('delete') }).simulation;
    await expect(settled(again, again.restore(undefined))).rejects.toMatchObject({ code: 'TM_RESTORE_UNKNOWN' });
  });
});
