import { runScenario, scenarioOf } from './scenario.ts';

/** `npm run swarm -- FIRST COUNT`: a swarm of seeds, printed so that each failing one can be run again alone. */
async function main(): Promise<void> {
  const first = Number(process.argv[2] ?? 1);
  const count = Number(process.argv[3] ?? 500);
  const started = Date.now();
  const faults = new Map<string, number>();
  let calls = 0;
  let failed = 0;
  for (let seed = first; seed < first + count; seed++) {
    const { problems, simulation } = await runScenario(scenarioOf(seed));
    calls += simulation.world.counts.calls;
    for (const [kind, times] of Object.entries(simulation.world.counts.faults))
      faults.set(kind, (faults.get(kind) ?? 0) + times);
    if (problems.length === 0) continue;
    failed++;
    process.stdout.write(`seed ${seed} is wrong: ${problems[0]}\n  run it alone: npm run swarm -- ${seed} 1\n`);
  }
  const seconds = (Date.now() - started) / 1000;
  const kinds = [...faults].map(([kind, times]) => `${kind} ${times}`).join(', ');
  process.stdout.write(
    `seeds ${first}..${first + count - 1}: ${failed} wrong, ${calls} port calls in ${seconds.toFixed(1)} s\nfaults: ${kinds}\n`,
  );
  process.exitCode = failed === 0 ? 0 : 1;
}

await main();
