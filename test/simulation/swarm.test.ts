import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { runScenario, scenarioOf } from './scenario.ts';

const corpus = JSON.parse(readFileSync(join(process.cwd(), 'test/simulation/corpus.json'), 'utf8')) as {
  seed: number;
  mended: string;
}[];

const FIRST = Number(process.env['TIDEMARK_SEED'] ?? 1);
const COUNT = Number(process.env['TIDEMARK_SEEDS'] ?? 100);

describe('a swarm of seeds', () => {
  test(`is every output exact under faults drawn anew per seed (seeds ${FIRST}..${FIRST + COUNT - 1})?`, async () => {
    const failures: string[] = [];
    for (let seed = FIRST; seed < FIRST + COUNT; seed++) {
      const { problems } = await runScenario(scenarioOf(seed));
      if (problems.length > 0) failures.push(`seed ${seed}: ${problems[0]}`);
    }
    expect(failures).toEqual([]);
  }, 600_000);
});

describe('the corpus', () => {
  test.each(corpus)('does seed $seed stay mended ($mended)?', async ({ seed }) => {
    const { problems } = await runScenario(scenarioOf(seed));
    expect(problems).toEqual([]);
  });
});

describe('determinism', () => {
  test('does a seed decide everything, call by call?', async () => {
    const trace = async () => {
      const calls: string[] = [];
      await runScenario(scenarioOf(77), {
        onEvent: (event, simulation) => calls.push(`${simulation.world.nowMs} ${JSON.stringify(event)}`),
      });
      return calls;
    };
    expect(await trace()).toEqual(await trace());
  });
});
