import { runShape, shapeOf } from './three-stages.ts';

// Windows of windows, several sinks, sinks that are down for a while, several checkpoints at once.
test('are three keyed stages exact, whatever fails?', async () => {
  const failures: string[] = [];
  for (let seed = 1; seed <= 25; seed++) {
    const { problems } = await runShape(shapeOf(seed));
    if (problems.length > 0) failures.push(`seed ${seed}: ${problems[0]}`);
  }
  expect(failures).toEqual([]);
});
