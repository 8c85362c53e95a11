import type { Definition } from '../../lib/api/definition.ts';
import type { RunOptions, RunResult } from '../../lib/engine/index.ts';
import { startRun } from '../../lib/engine/start-run.ts';
import * as pipelines from './fixtures/edited-orders.ts';
import { bundled, outcomeOf, type Place, placeWithOrders, rightFor, SLOW, WORKER_ENTRY } from './orders-run.ts';

describe('a pipeline that was edited between two runs', () => {
  let place: Place;

  beforeEach(async () => {
    place = await placeWithOrders(8000);
  });

  afterEach(() => place.remove());

  async function start(definition: Definition, code: string, options: Partial<RunOptions> = {}) {
    const whole = {
      directory: place.state,
      workers: 0,
      parallelism: 2,
      bundleHash: code,
      onOutput: () => undefined,
      ...options,
    };
    const sinks = { ...place.bindings.sinks, 'wide-rows': { kind: 'table' as const } };
    const bindings = definition === pipelines.wide ? { ...place.bindings, sinks } : place.bindings;
    return startRun(definition, bindings, whole, WORKER_ENTRY);
  }

  /** Runs until a checkpoint is committed and more is journaled, then stops at once. */
  async function begin(definition: Definition): Promise<RunResult> {
    const run = await start(definition, 'first', { tuning: SLOW });
    let commits = 0;
    run.onEvent((event) => {
      if (event.kind === 'checkpoint' && event.status === 'committed') commits++;
      if (event.kind === 'progress' && commits > 0) void run.stop({ now: true });
    });
    return run.done;
  }

  const finish = async (definition: Definition, options: Partial<RunOptions> = {}) =>
    (await start(definition, 'second', options)).done;

  test('does it go on with the state of the same ids, exactly?', async () => {
    expect((await begin(pipelines.plain)).end).toBe('stopped');
    const restores: number[] = [];
    const { end, error } = await finish(pipelines.tidied, {
      onEvent: (event) => {
        if (event.kind === 'restore' && event.step === 'running') restores.push(event.checkpoint);
      },
    });

    expect({ end, error }).toEqual({ end: 'finished', error: undefined });
    expect(restores).toEqual([expect.any(Number)]);
    expect(restores[0]).toBeGreaterThan(0);
    expect(await outcomeOf(place)).toEqual(rightFor(place));
  });

  test('is state that nothing claims refused, unless it is dropped by name?', async () => {
    await begin(pipelines.wide);
    await expect(start(pipelines.plain, 'second')).rejects.toMatchObject({ code: 'TM_PLAN_DROPPED' });
    const { end, error } = await finish(pipelines.plain, { allowedDrops: ['wide-sums'] });

    expect({ end, error }).toEqual({ end: 'finished', error: undefined });
    expect(await outcomeOf(place)).toEqual(rightFor(place));
  });

  test('is an edit refused that does not fit the state, and nothing lost by that?', async () => {
    await begin(pipelines.plain);
    await expect(start(pipelines.changed, 'second')).rejects.toMatchObject({ code: 'TM_PLAN_CHANGED' });
    await expect(start(pipelines.renamed, 'second')).rejects.toMatchObject({ code: 'TM_JOB_OTHER' });
    await expect(start(pipelines.plain, 'first', { parallelism: 3 })).rejects.toMatchObject({
      code: 'TM_JOB_PARALLELISM',
    });
    await expect(start(pipelines.plain, 'first', { partitions: 1 })).rejects.toMatchObject({
      code: 'TM_JOB_PARALLELISM',
    });
    const { end, error } = await (await start(pipelines.plain, 'first')).done;

    expect({ end, error }).toEqual({ end: 'finished', error: undefined });
    expect(await outcomeOf(place)).toEqual(rightFor(place));
  });

  test('is an edit checked too when the restore for another edit was interrupted?', async () => {
    await begin(pipelines.plain);
    const run = await start(pipelines.tidied, 'second');
    run.onEvent((event) => event.kind === 'restore' && event.step === 'chosen' && void run.stop({ now: true }));
    expect((await run.done).end).toBe('stopped');

    await expect(start(pipelines.changed, 'third')).rejects.toMatchObject({ code: 'TM_PLAN_CHANGED' });
    const { end, error } = await (await start(pipelines.plain, 'fourth')).done;

    expect({ end, error }).toEqual({ end: 'finished', error: undefined });
    expect(await outcomeOf(place)).toEqual(rightFor(place));
  });

  test('is the width of the first start kept when none is given?', async () => {
    await begin(pipelines.plain);
    const run = await startRun(pipelines.plain, place.bindings, { directory: place.state, workers: 0 }, WORKER_ENTRY);
    const { status } = await run.done;

    expect(status.stages.map(({ parallelism }) => parallelism)).toEqual([2, 2, 2]);
  });

  test.each([0, 2])(
    'does a record that stops the pipeline end the run, until the code is corrected (%i workers)?',
    async (workers) => {
      const file = bundled('edited-orders', place);
      const { end, error } = await finish(pipelines.strict, { workers, module: { file, exportName: 'strict' } });
      expect({ end, error }).toMatchObject({ end: 'failed', error: { code: 'TM_USER_CODE', kind: 'user-code' } });
      expect(error?.message).toContain('has a negative amount');

      const last = await finish(pipelines.lenient, {
        bundleHash: 'third',
        workers,
        module: { file, exportName: 'lenient' },
      });
      expect(last).toMatchObject({ end: 'finished' });
      expect((await outcomeOf(place)).rows).toEqual(rightFor(place).rows);
    },
  );

  test('does a restore of the latest checkpoint repeat nothing, and one of an older one need permission?', async () => {
    await begin(pipelines.plain);
    await expect(start(pipelines.plain, 'first', { restore: { checkpoint: 0 } })).rejects.toMatchObject({
      code: 'TM_RESTORE_OLDER',
    });
    await expect(
      start(pipelines.plain, 'first', { restore: { checkpoint: 0, allowOlder: true } }),
    ).rejects.toMatchObject({ code: 'TM_RESTORE_APPEND' });
    await expect(start(pipelines.plain, 'first', { restore: { checkpoint: 99 } })).rejects.toMatchObject({
      code: 'TM_RESTORE_UNKNOWN',
    });
    const { end, error } = await (await start(pipelines.plain, 'first', { restore: {} })).done;

    expect({ end, error }).toEqual({ end: 'finished', error: undefined });
    expect(await outcomeOf(place)).toEqual(rightFor(place));
  });
});
