import { writeFile } from 'node:fs/promises';
import { bundled, outcomeOf, type Place, placeWithOrders, rightFor, runOrders } from './orders-run.ts';

describe('workers that can not work', () => {
  let place: Place;

  beforeEach(async () => {
    place = await placeWithOrders(500);
  });

  afterEach(() => place.remove());

  test('does a run end with the last words of a worker that dies again and again?', async () => {
    const said: string[] = [];
    const run = await runOrders(place, {
      workers: 2,
      module: { file: bundled('crashing', place) },
      onOutput: (_worker, line) => said.push(line),
    });
    const { end, error } = await run.done;

    expect({ end, error }).toMatchObject({ end: 'failed', error: { code: 'TM_WORKER_CRASH_LOOP' } });
    expect(error?.message).toMatch(/exit code 7.*out of luck/s);
    expect(said).toContain('out of luck');
  });

  test.each([
    ['that is not there', undefined],
    ['that throws', 'throw new Error("no key for the vault")'],
    ['without a pipeline', 'export const orders = 5'],
  ])('is a module %s told at once?', async (_what, text) => {
    const file = `${place.state}.mjs`;
    if (text !== undefined) await writeFile(file, text);
    const result = await runOrders(place, { workers: 1, bundleHash: 'any', module: { file } }).then((run) => run.done);

    expect(result).toMatchObject({ end: 'failed', error: { code: 'TM_RUN_MODULE' } });
  });

  test('is a module with another pipeline refused?', async () => {
    const module = { file: bundled('edited-orders', place), exportName: 'changed' };
    const result = await (await runOrders(place, { workers: 1, module })).done;
    expect(result).toMatchObject({ end: 'failed', error: { code: 'TM_RUN_MODULE' } });

    const last = await (await runOrders(place, { workers: 1, module: { file: bundled('orders', place) } })).done;
    expect(last).toMatchObject({ end: 'finished' });
    expect(await outcomeOf(place)).toEqual(rightFor(place));
  });
});
