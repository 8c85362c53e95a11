import { rm } from 'node:fs/promises';
import path from 'node:path';
import { bundled, outcomeOf, type Place, placeWithOrders, rightFor, runOrders, SLOW } from './orders-run.ts';
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

  test('does a run that was taken over end, and leave the work to the other one?', async () => {
    const run = await runOrders(place, { bundleHash: 'same', tuning: SLOW });
    const committed = new Promise<void>((resolve) => {
      run.onEvent((event) => event.kind === 'checkpoint' && event.status === 'committed' && resolve());
    });
    await committed;
    // As if this process had been taken for dead, on another machine for instance.
    await rm(path.join(place.state, 'owner.json'));
    const other = superviseOrders(place, module, { workers: 1, bundleHash: 'same', tuning: SLOW });
    const { end, error } = await run.done;

    expect({ end, error }).toMatchObject({ end: 'failed', error: { code: 'TM_STORE_FENCED' } });
    expect(await other.ended).toMatchObject({ end: 'finished' });
    expect(await outcomeOf(place)).toEqual(rightFor(place));
  });
});
