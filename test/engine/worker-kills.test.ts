import type { RunEvent } from '../../lib/engine/index.ts';
import { bundled, outcomeOf, type Place, placeWithOrders, rightFor, runOrders, SLOW } from './orders-run.ts';

const KILLS = 6;

describe('a run with worker processes', () => {
  let place: Place;

  beforeEach(async () => {
    place = await placeWithOrders(20_000);
  });

  afterEach(() => place.remove());

  test('does everything come out exactly once while workers are killed?', async () => {
    const recovered: number[] = [];
    const run = await runOrders(place, { workers: 2, module: { file: bundled('orders', place) }, tuning: SLOW });
    run.onEvent((event) => {
      if (event.kind === 'worker-recovered') recovered.push(event.durationMs);
    });
    let kills = 0;
    const killer = setInterval(() => {
      const workers = run.workers();
      const victim = workers[Math.floor(Math.random() * workers.length)];
      if (victim && kills < KILLS && process.kill(victim.pid, 'SIGKILL')) kills++;
    }, 200);
    const { end, error, status } = await run.done;
    clearInterval(killer);

    expect({ end, error, kills }).toEqual({ end: 'finished', error: undefined, kills: KILLS });
    expect(await outcomeOf(place)).toEqual(rightFor(place));
    expect(status.restarts).toBe(KILLS);
    expect(status.longestRecoveryMs).toBe(Math.max(...recovered));
    expect(run.workers()).toEqual([]);
  });

  test('does a run with workers go on where it stopped?', async () => {
    const module = { file: bundled('orders', place) };
    const ends: string[] = [];
    for (const now of [false, true]) {
      const run = await runOrders(place, { workers: 2, module, tuning: SLOW });
      run.onEvent((event) => {
        if (event.kind === 'checkpoint' && event.status === 'committed') void run.stop({ now });
      });
      ends.push((await run.done).end);
    }
    const { end, error } = await (await runOrders(place, { workers: 3, module })).done;

    expect({ ends, end, error }).toEqual({ ends: ['stopped', 'stopped'], end: 'finished', error: undefined });
    expect(await outcomeOf(place)).toEqual(rightFor(place));
  });

  test('are source and keyed subtasks on all workers?', async () => {
    const started: Extract<RunEvent, { kind: 'worker-started' }>[] = [];
    const onEvent = (event: RunEvent) => {
      if (event.kind === 'worker-started') started.push(event);
    };
    const run = await runOrders(place, { workers: 2, module: { file: bundled('orders', place) }, onEvent });
    await run.done;

    expect(started.map(({ subtasks }) => subtasks)).toEqual([
      ['orders/0', 'once/0', 'key-by-sums/0'],
      ['orders/1', 'once/1', 'key-by-sums/1'],
    ]);
  });
});
