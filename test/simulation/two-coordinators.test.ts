import { runScenario, scenarioOf } from './scenario.ts';
import { runShape, shapeOf } from './three-stages.ts';

describe('two coordinators and two hosts of each subtask', () => {
  const problemsOf = async (seed: number, hosts: number) =>
    (await runScenario(scenarioOf(seed), { coordinators: 2, hosts, workers: 2 })).problems;

  test.each([
    [142, 2, 'a restore fenced the sinks while another process had committed a part: the rest was lost'],
    [184, 2, 'the same'],
    [5101, 1, 'the same, with one host'],
  ])('does seed %i with %i hosts stay mended (%s)?', async (seed, hosts) => {
    expect(await problemsOf(seed, hosts)).toEqual([]);
  });

  test('does a coordinator go on when another one has committed and collected what it was at (seed 2236)?', async () => {
    expect((await runShape(shapeOf(2236))).problems).toEqual([]);
  });

  test('is the output exact whatever they do to each other?', async () => {
    const failures: string[] = [];
    for (let seed = 700; seed < 725; seed++) {
      const [problem] = await problemsOf(seed, 1 + (seed % 2));
      if (problem !== undefined) failures.push(`seed ${seed}: ${problem}`);
    }
    expect(failures).toEqual([]);
  });
});
