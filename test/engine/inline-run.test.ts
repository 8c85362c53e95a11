import { readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import type { RunEvent } from '../../lib/engine/index.ts';
import { outcomeOf, type Place, placeWithOrders, rightFor, runOrders, SLOW } from './orders-run.ts';

describe('a run in one process', () => {
  let place: Place;

  beforeEach(async () => {
    place = await placeWithOrders(20_000);
  });

  afterEach(() => place.remove());

  test('does everything come out exactly once?', async () => {
    const run = await runOrders(place, {});
    const { end, error, status } = await run.done;

    expect({ end, error }).toEqual({ end: 'finished', error: undefined });
    expect(await outcomeOf(place)).toEqual(rightFor(place));
    expect(status).toMatchObject({ pipeline: 'orders', state: 'finished', deadLetters: place.expected.letters.length });
    expect(status.stages[0]).toMatchObject({
      id: 'orders',
      recordsIn: place.expected.lines,
      finished: 2,
      bytesLeft: 0,
    });
  });

  test('is a finished job left as it is by a second run?', async () => {
    await (await runOrders(place, {})).done;
    const before = await filesOf(place.output);

    const { end, status } = await (await runOrders(place, {})).done;

    expect(end).toBe('finished');
    expect(status.completed).toBe(0);
    expect(status.stages[0]?.recordsIn).toBe(place.expected.lines);
    expect(await filesOf(place.output)).toEqual(before);
    expect(await outcomeOf(place)).toEqual(rightFor(place));
  });

  test('does a run that was stopped go on where it stopped?', async () => {
    const ends: string[] = [];
    for (const now of [false, true, false, true]) {
      const run = await runOrders(place, { tuning: SLOW });
      run.onEvent((event) => {
        if (isCommit(event)) void run.stop({ now });
      });
      ends.push((await run.done).end);
    }
    const { end, error } = await (await runOrders(place, {})).done;

    expect({ ends, end, error }).toEqual({ ends: Array(4).fill('stopped'), end: 'finished', error: undefined });
    expect(await outcomeOf(place)).toEqual(rightFor(place));
  });

  test('is a directory refused that another run uses?', async () => {
    const run = await runOrders(place, { tuning: SLOW });

    await expect(runOrders(place, {})).rejects.toMatchObject({ code: 'TM_DIRECTORY_IN_USE' });

    expect((await run.done).end).toBe('finished');
    expect(await outcomeOf(place)).toEqual(rightFor(place));
  });

  test('is a directory given back when a run can not begin?', async () => {
    const bindings = { ...place.bindings, sources: { orders: { kind: 'files' as const, patterns: ['no/such/*'] } } };
    await expect(runOrders({ ...place, bindings }, {})).rejects.toMatchObject({ code: 'TM_SOURCE_EMPTY' });
    await expect(runOrders(place, { workers: -1 })).rejects.toMatchObject({ code: 'TM_RUN_OPTION' });
    await expect(runOrders(place, { workers: 1 })).rejects.toMatchObject({ code: 'TM_RUN_MODULE' });

    expect((await (await runOrders(place, {})).done).end).toBe('finished');
    expect(await outcomeOf(place)).toEqual(rightFor(place));
  });
});

const isCommit = (event: RunEvent): boolean => event.kind === 'checkpoint' && event.status === 'committed';

async function filesOf(directory: string): Promise<unknown[]> {
  const names = (await readdir(directory)).sort();
  return Promise.all(names.map(async (name) => [name, (await stat(path.join(directory, name))).mtimeMs]));
}
