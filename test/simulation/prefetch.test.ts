import { ColdState, type StateMiss } from '../../lib/core/state/cold-state.ts';
import { runScenario, scenarioOf } from './scenario.ts';

/** Misses and fetches of named keys during a scenario with all state out of memory. */
async function counted(prefetch: boolean): Promise<{ misses: number; problems: string[] }> {
  let misses = 0;
  const fetch = ColdState.prototype.fetch;
  ColdState.prototype.fetch = function (miss: StateMiss) {
    // A whole namespace is asked for by a window that fires, not by a record.
    if (miss.key !== undefined) misses++;
    return fetch.call(this, miss);
  };
  try {
    const base = scenarioOf(7);
    const scenario = {
      ...base,
      kind: 'sums',
      mode: 'aligned',
      cold: true,
      restores: 0,
      poison: false,
      faults: {},
    } as const;
    const tuning = { coldState: true, prefetch };
    const { problems } = await runScenario(scenario, { tuning, parallelism: 1, partitions: 1 });
    return { misses, problems };
  } finally {
    ColdState.prototype.fetch = fetch;
  }
}

test('are the keys that a batch names fetched before it, and the others when they are missed?', async () => {
  const named = await counted(true);
  const without = await counted(false);

  expect([named.problems, without.problems]).toEqual([[], []]);
  expect(without.misses).toBeGreaterThan(5);
  expect(named.misses).toBe(0);
});
