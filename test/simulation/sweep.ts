import { runScenario, type Scenario } from './scenario.ts';

/** The smallest scenario with everything in it: no faults but the one of the sweep. */
export const SWEPT: Scenario = {
  seed: 5,
  kind: 'sums',
  mode: 'aligned',
  restores: 0,
  older: false,
  cold: false,
  slides: false,
  merges: true,
  poison: true,
  growing: false,
  faults: {},
};

export interface SweepResult {
  readonly calls: number;
  readonly runs: number;
  readonly failures: readonly string[];
}

/** Runs the scenario once for each port call and each moment, killing the process that makes the call; audits each. */
export async function sweep(
  scenario: Scenario,
  step = 1,
  progress: (done: number, of: number) => void = () => undefined,
): Promise<SweepResult> {
  const undisturbed = await runScenario(scenario);
  const { calls } = undisturbed.simulation.world.counts;
  const failures: string[] = undisturbed.problems.map((problem) => `undisturbed: ${problem}`);
  let runs = 1;
  for (let call = 1; call <= calls; call += step) {
    for (const when of ['before', 'after'] as const) {
      const { problems } = await runScenario({ ...scenario, faults: { crashAt: { call, when } } });
      runs++;
      if (problems.length > 0) failures.push(`killed ${when} call ${call}: ${problems[0]}`);
    }
    progress(call, calls);
  }
  return { calls, runs, failures };
}
