import { SimSplits } from '../../lib/adapters/simulated/memory-source.ts';
import type { SimFaults } from '../../lib/adapters/simulated/world.ts';
import type { CheckpointOptions, PipelineGraph } from '../../lib/index.ts';
import {
  effect,
  fileSink,
  files,
  graphOf,
  json,
  list,
  map,
  pipeline,
  sliding,
  table,
  tumbling,
  value,
} from '../../lib/index.ts';
import { Simulation, type SimulationOptions } from '../../lib/testkit/simulation.ts';
import { type Expectation, expectedCounts, expectedSums, type Usage } from './reference.ts';

/** Everything that one seed decides. */
export interface Scenario {
  readonly seed: number;
  readonly kind: 'sums' | 'billing' | 'counts' | 'united';
  readonly mode: 'aligned' | 'unaligned' | 'timeout' | 'at-least-once';
  readonly restores: number;
  readonly older: boolean;
  readonly cold: boolean;
  readonly slides: boolean;
  readonly merges: boolean;
  readonly poison: boolean;
  readonly growing: boolean;
  readonly faults: SimFaults;
}

/** Numbers from a seed that don't depend on each other: taking one away leaves the others. */
export function draw(seed: number): (what: string) => number {
  return (what) => {
    let hash = 0x811c9dc5 ^ seed;
    for (const char of `${what}/${seed}`) hash = Math.imul(hash ^ char.charCodeAt(0), 0x01000193);
    hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d);
    hash = Math.imul(hash ^ (hash >>> 12), 0x297a2d39);
    return ((hash ^ (hash >>> 15)) >>> 0) / 2 ** 32;
  };
}

const pick = <T>(items: readonly T[], fraction: number): T => items[Math.floor(fraction * items.length)] as T;

/** The swarm: each seed draws its own pipeline, mode and weights of faults, many of them 0. */
export function scenarioOf(seed: number): Scenario {
  const x = draw(seed);
  const rate = (name: string, share: number, highest: number) => (x(`${name}?`) < share ? x(name) * highest : 0);
  const mode = pick(['aligned', 'aligned', 'unaligned', 'timeout', 'timeout', 'at-least-once'] as const, x('mode'));
  return {
    seed,
    kind: pick(['sums', 'billing', 'counts', 'united'] as const, x('kind')),
    mode,
    restores: x('restores?') < 0.5 ? 1 + Math.floor(x('restores') * 3) : 0,
    older: x('older') < 0.3,
    cold: x('cold') < 0.25,
    slides: x('slides') < 0.3,
    merges: x('merges') < 0.6,
    poison: x('poison') < 0.3,
    growing: x('growing') < 0.4,
    faults: {
      crashRate: rate('crash', 0.6, 0.02),
      lostAnswerRate: rate('lost', 0.5, 0.1),
      refusedRate: rate('refused', 0.5, 0.1),
      lateRate: rate('late', 0.5, 1),
      pauseRate: rate('pause', 0.3, 0.004),
      hintLossRate: rate('hintLoss', 0.5, 0.3),
      hintDoubleRate: rate('hintDouble', 0.5, 0.3),
      hintReorderRate: rate('hintReorder', 0.5, 0.3),
    },
  };
}

function checkpointOf(scenario: Scenario): CheckpointOptions {
  const { mode } = scenario;
  return {
    every: { milliseconds: 40 },
    timeout: { seconds: 20 },
    tolerableFailures: 1_000_000,
    retain: 2,
    mode: mode === 'at-least-once' ? 'at-least-once' : 'exactly-once',
    unaligned: mode === 'unaligned',
    alignedTimeout: mode === 'timeout' ? { milliseconds: 5 } : 'never',
  };
}

const POISON_AMOUNT = 13;

function poisonous(usage: Usage): Usage {
  if (usage.amount === POISON_AMOUNT) throw new Error('thirteen');
  return usage;
}

/** The pipeline of a scenario. Rows of windows: {key, start, total, count}; of counts: {key, n, total}. */
export function graphFor(scenario: Scenario): PipelineGraph {
  const p = pipeline('simulated', { checkpoint: checkpointOf(scenario) });
  const source = files({ schema: json<Usage>(), onInvalid: 'dead-letter' });
  const times = { outOfOrderness: { milliseconds: 60 } };
  const guard = (usage: Usage) => (scenario.poison ? poisonous(usage) : usage);
  const window = scenario.slides
    ? sliding({ milliseconds: 120 }, { every: { milliseconds: 40 } })
    : tumbling({ milliseconds: 100 });
  const aggregate = {
    init: () => ({ total: 0, count: 0 }),
    add: (sum: { total: number; count: number }, usage: Usage) => {
      // In place on purpose: a lost batch must not leak into the state.
      sum.total += usage.amount;
      sum.count++;
      return sum;
    },
    ...(scenario.merges
      ? {
          merge: (a: { total: number; count: number }, b: { total: number; count: number }) => ({
            total: a.total + b.total,
            count: a.count + b.count,
          }),
        }
      : {}),
  };
  const rowOf = (r: { key: string; window: { start: Date }; value: { total: number; count: number } }) => ({
    key: r.key,
    start: r.window.start.getTime(),
    ...r.value,
  });
  const rows = table<{ key: string; start: number; total: number; count: number }>({
    key: (r) => ({ pk: r.key, sk: String(r.start) }),
    commit: 'atomic-rows',
  });
  const notice = effect<{ key: string; start: number }, { key: string }>({
    idempotencyKey: (r) => `${r.key}/${r.start}`,
    payload: (r) => ({ key: r.key }),
  });
  if (scenario.kind === 'counts') {
    const counted = p
      .source('a', source)
      .eventTime((e) => e.at, times)
      .map(guard)
      .keyBy((e) => e.customer)
      .process('count', {
        state: { n: value(0), seen: list<string>(), byPartition: map<string, number>() },
        onElement: (usage, ctx) => {
          const n = ctx.state.n.get() + 1;
          ctx.state.n.set(n);
          ctx.state.seen.add(usage.id);
          ctx.state.byPartition.set(usage.from, (ctx.state.byPartition.get(usage.from) ?? 0) + usage.amount);
          ctx.timers.set(5_000);
          return [{ key: usage.customer, start: n, total: usage.amount, count: ctx.state.seen.get().length }];
        },
        onTimer: (ctx) => {
          const total = [...ctx.state.byPartition.entries()].reduce((sum, [, part]) => sum + part, 0);
          return [{ key: String(ctx.key), start: 0, total, count: ctx.state.n.get() }];
        },
      });
    return graphOf(
      scenario.older
        ? counted.to('rows', rows).afterCommit('notice', notice)
        : p.build(counted.to('out', fileSink()), counted.to('rows', rows)),
    );
  }
  if (scenario.kind === 'united') {
    const a = p
      .source('a', source)
      .eventTime((e) => e.at, times)
      .map(guard);
    const b = p
      .source('b', source)
      .eventTime((e) => e.at, times)
      .map(guard);
    const { small, large } = a.union(b).branch({ small: (e) => e.amount < 50, large: (e) => e.amount >= 50 });
    const sums = small
      .union(large)
      .keyBy((e) => e.customer)
      .window(window, { late: 'dead-letter' })
      .aggregate('sums', aggregate)
      .map(rowOf);
    return graphOf(scenario.older ? sums.to('rows', rows) : p.build(sums.to('out', fileSink()), sums.to('rows', rows)));
  }
  const timed = p
    .source('a', source)
    .eventTime((e) => e.at, times)
    .map(guard);
  const once = scenario.kind === 'billing' ? timed.dedupe('once', { by: (e) => e.id, within: { seconds: 10 } }) : timed;
  const sums = once
    .keyBy((e) => e.customer)
    .window(window, { late: 'dead-letter' })
    .aggregate('sums', aggregate)
    .map(rowOf);
  if (scenario.older) return graphOf(sums.to('rows', rows).afterCommit('notice', notice));
  return graphOf(p.build(sums.to('out', fileSink()), sums.to('rows', rows).afterCommit('notice', notice)));
}

/** Input of one source: three splits, per split in order but for at most 50 ms. */
function inputFor(scenario: Scenario, source: string): Map<string, Usage[]> {
  const x = draw(scenario.seed);
  const splits = new Map<string, Usage[]>();
  for (let s = 0; s < 3; s++) {
    const from = `${source}${s}`;
    const records: Usage[] = [];
    const length = 6 + Math.floor(x(`length ${from}`) * 24);
    for (let i = 0; i < length; i++) {
      const id = `${from}-${i}`;
      const usage: Usage = {
        id,
        from,
        customer: `c${Math.floor(x(`customer ${id}`) ** 2 * 5)}`,
        amount: Math.floor(x(`amount ${id}`) * 100),
        at: 1000 + i * 20 - Math.floor(x(`at ${id}`) * 50),
      };
      records.push(usage);
      if (scenario.kind === 'billing' && x(`again ${id}`) < 0.2) records.push(usage);
    }
    splits.set(from, records);
  }
  return splits;
}

export interface Outcome {
  readonly simulation: Simulation;
  readonly problems: string[];
}

/** Runs a scenario to the end of its input, restarting what fails, and audits what is visible. */
export async function runScenario(scenario: Scenario, override: Partial<SimulationOptions> = {}): Promise<Outcome> {
  const x = draw(scenario.seed);
  const names = scenario.kind === 'united' ? ['a', 'b'] : ['a'];
  const inputs = new Map(names.map((name) => [name, inputFor(scenario, name)]));
  const contents = new Map<string, SimSplits>();
  for (const name of inputs.keys()) contents.set(name, new SimSplits());
  const simulation = new Simulation(graphFor(scenario), contents, {
    seed: scenario.seed,
    faults: scenario.faults,
    parallelism: 1 + Math.floor(x('parallelism') * 3),
    partitions: 1 + Math.floor(x('partitions') * 3),
    inlineBytes: x('inline') < 0.5 ? 0 : 200,
    maxCalls: 400_000,
    tuning: {
      coldState: scenario.cold,
      prefetch: x('prefetch') < 0.5,
      foldBytes: x('fold') < 0.5 ? 2000 : 1e9,
      parkedBytes: x('parked') < 0.2 ? 200 : 1e9,
    },
    ...override,
  });
  for (const [name, splits] of inputs) feed(simulation, scenario, contents.get(name) as SimSplits, splits);
  for (let n = 0; n < scenario.restores; n++) {
    simulation.world.schedule(50 + x(`restore ${n}`) * 600, () => {
      const kept = simulation.completedCheckpoints();
      const chosen = scenario.older && kept.length > 0 ? pick(kept, x(`which ${n}`)) : undefined;
      simulation.restore(chosen, true).catch(() => undefined);
    });
  }
  const problems: string[] = [];
  await simulation.run().catch((error: unknown) => problems.push(String(error instanceof Error ? error.stack : error)));
  if (problems.length === 0)
    problems.push(
      ...audit(
        scenario,
        simulation,
        [...inputs.values()].flatMap((splits) => [...splits.values()]),
      ),
    );
  return { simulation, problems };
}

/** Splits that grow and appear while the run goes on, or are there from the start. */
function feed(
  simulation: Simulation,
  scenario: Scenario,
  content: SimSplits,
  splits: ReadonlyMap<string, readonly Usage[]>,
): void {
  if (!scenario.growing) {
    for (const [id, records] of splits) content.add(id, records);
    content.complete = true;
    return;
  }
  const x = draw(scenario.seed);
  let last = 0;
  const ids = [...splits.keys()];
  // Bounded disorder between splits: a split that appears late must not find its windows closed.
  for (const id of ids) content.add(id, [], false);
  for (const [id, records] of splits) {
    records.forEach((record, index) => {
      const atMs = index * 12 + x(`grow ${record.id} ${index}`) * 8;
      last = Math.max(last, atMs);
      simulation.world.schedule(atMs, () => content.splits.get(id)?.values.push(record));
    });
  }
  simulation.world.schedule(last + 1, () => {
    for (const id of ids) (content.splits.get(id) as { closed: boolean }).closed = true;
    content.complete = true;
  });
}

interface Row {
  readonly key: string;
  readonly start: number;
  readonly total: number;
  readonly count: number;
}

function audit(scenario: Scenario, simulation: Simulation, splits: readonly (readonly Usage[])[]): string[] {
  const healthy = splits.map((records) =>
    records.filter((usage) => !scenario.poison || usage.amount !== POISON_AMOUNT),
  );
  const expected: Expectation =
    scenario.kind === 'counts'
      ? expectedCounts(healthy.flat())
      : expectedSums(
          healthy.flat(),
          scenario.kind === 'billing',
          scenario.slides ? { size: 120, slide: 40 } : { size: 100, slide: 100 },
        );
  const problems: string[] = [];
  const again = scenario.mode === 'at-least-once';
  for (const sink of simulation.plan.stages
    .flatMap((stage) => stage.nodes)
    .flatMap((node) => (node.kind === 'sink' ? [node.id] : []))) {
    if (again && scenario.kind !== 'sums' && scenario.kind !== 'united') continue;
    problems.push(...compare(sink, simulation.committed(sink) as Row[], expected, again));
  }
  const poisoned = splits.flat().filter((usage) => scenario.poison && usage.amount === POISON_AMOUNT).length;
  const letters = simulation.stores.items.list('dead-letter/').length;
  if (again ? letters < poisoned : letters !== poisoned)
    problems.push(`${letters} dead letters for ${poisoned} poisoned records`);
  if (!again && simulation.plan.stages.some((stage) => stage.nodes.some((node) => node.kind === 'effect'))) {
    const keys = new Set(simulation.deliveries.map((delivery) => delivery.key));
    const wanted = new Set([...expected.rows.keys()]);
    if (keys.size !== wanted.size) problems.push(`${keys.size} notices for ${wanted.size} rows`);
  }
  return problems;
}

function compare(sink: string, rows: readonly Row[], expected: Expectation, again: boolean): string[] {
  const problems: string[] = [];
  const seen = new Map<string, Row>();
  for (const row of rows) {
    const id = `${row.key}/${row.start}`;
    if (seen.has(id)) problems.push(`${sink}: ${id} twice`);
    seen.set(id, row);
  }
  for (const [id, { total, count }] of expected.rows) {
    const row = seen.get(id);
    if (!row) problems.push(`${sink}: ${id} lost`);
    else if (again ? row.count < count : row.count !== count)
      problems.push(`${sink}: ${id} counts ${row.count}, not ${count}`);
    else if (!again && total !== undefined && row.total !== total)
      problems.push(`${sink}: ${id} sums ${row.total}, not ${total}`);
  }
  if (seen.size !== expected.rows.size) problems.push(`${sink}: ${seen.size} rows, not ${expected.rows.size}`);
  return problems.slice(0, 5);
}
