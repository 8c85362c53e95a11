import { bundled, outcomeOf, type Place, placeWithOrders, rightFor, SLOW } from './orders-run.ts';
import { type SupervisorEnd, superviseOrders, survivorsOf } from './supervisor-process.ts';

const KILLS = 5;

describe('a run whose supervisor is killed', () => {
  let place: Place;
  let module: string;

  beforeEach(async () => {
    place = await placeWithOrders(20_000);
    module = bundled('orders', place);
  });

  afterEach(() => place.remove());

  test('does everything come out exactly once, and does no worker outlive it?', async () => {
    const workers: number[] = [];
    let last: SupervisorEnd | undefined;
    for (let runs = 0; last?.end === undefined; runs++) {
      const { child, ended } = superviseOrders(place, module, { workers: 2, tuning: runs < KILLS ? SLOW : {} });
      const killer = setTimeout(() => child.kill('SIGKILL'), runs < KILLS ? 700 + Math.random() * 500 : 60_000);
      last = await ended;
      clearTimeout(killer);
      workers.push(...last.workers);
    }

    expect(last).toMatchObject({ end: 'finished' });
    expect(last.code).toBeUndefined();
    expect(await outcomeOf(place)).toEqual(rightFor(place));
    expect(workers.length).toBeGreaterThan(2);
    expect(await survivorsOf(workers)).toEqual([]);
  });

  test('does Ctrl-C in the terminal leave the workers to their supervisor?', async () => {
    const { child, firstCommit, ended } = superviseOrders(place, module, { workers: 2, tuning: SLOW });
    await firstCommit;
    // The terminal sends it to the whole group.
    process.kill(-(child.pid as number), 'SIGINT');
    const stopped = await ended;
    const last = await superviseOrders(place, module, { workers: 2 }).ended;

    expect(stopped).toMatchObject({ end: 'stopped', status: { restarts: 0 } });
    expect(last).toMatchObject({ end: 'finished' });
    expect(await outcomeOf(place)).toEqual(rightFor(place));
  });
});
