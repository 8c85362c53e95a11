import { SimSplits } from '../../lib/adapters/simulated/memory-source.ts';
import type { JobItem } from '../../lib/core/checkpoint/checkpoint-item.ts';
import type { PipelineGraph } from '../../lib/index.ts';
import { fileSink, files, graphOf, json, pipeline, tumbling } from '../../lib/index.ts';
import { codeIdentity, setUpJob } from '../../lib/runtime/job-setup.ts';
import { continueRestore } from '../../lib/runtime/restore-runner.ts';
import { Simulation } from '../../lib/testkit/simulation.ts';

interface Event {
  readonly key: string;
  readonly at: number;
  readonly n: number;
}

interface Row {
  readonly key: string;
  readonly n: number;
}

type Part = 'second source' | 'second stage' | 'stage before' | 'stage behind';

/** Sums per key, with some parts more. */
function graph(unaligned: boolean, ...parts: Part[]): PipelineGraph {
  const p = pipeline('edited', {
    checkpoint: { every: { milliseconds: 30 }, timeout: { seconds: 5 }, tolerableFailures: 3, unaligned },
  });
  const source = (id: string) =>
    p
      .source(id, files({ schema: json<Event>(), onInvalid: 'dead-letter' }))
      .eventTime((e) => e.at, { outOfOrderness: { milliseconds: 10 } });
  const read = source('in');
  const once = parts.includes('stage before')
    ? read.dedupe('once', { by: (e) => e.at, within: { milliseconds: 1 } })
    : read;
  const all = parts.includes('second source') ? once.union(source('more')) : once;
  const window = tumbling({ milliseconds: 1000 });
  const late = { late: 'dead-letter' } as const;
  const add = { init: () => 0, add: (sum: number, e: { readonly n: number }) => sum + e.n };
  const sums = all
    .keyBy((e) => e.key)
    .window(window, late)
    .aggregate('sums', add)
    .map((r): Row => ({ key: r.key, n: r.value }));
  const ends: ReturnType<typeof sums.to>[] = [sums.to('out', fileSink())];
  if (parts.includes('second stage')) {
    const other = all
      .keyBy((e) => e.n)
      .window(window, late)
      .aggregate('other', add);
    ends.push(other.map((r): Row => ({ key: String(r.key), n: r.value })).to('other-out', fileSink()));
  }
  if (parts.includes('stage behind')) {
    const behind = sums
      .keyBy((row) => row.key)
      .window(window, late)
      .aggregate('behind', add);
    ends.push(behind.map((r): Row => ({ key: r.key, n: r.value })).to('behind-out', fileSink()));
  }
  return graphOf(p.build(...(ends as [(typeof ends)[number]])));
}

/** Runs `before` over half of the input, then `after` over all of it, on the same stores. */
async function edit(before: PipelineGraph, after: PipelineGraph, drops: readonly string[] = [], midway = 0) {
  const content = new SimSplits();
  const more = new SimSplits();
  more.add('m', [{ key: 'k', at: 4990, n: 1 }]);
  more.complete = true;
  content.add('s', [], false);
  const s = content.splits.get('s') as { values: unknown[]; closed: boolean };
  const sources = new Map([
    ['in', content],
    ['more', more],
  ]);
  const feed = (from: number) => {
    for (let i = from; i < from + 40; i++) s.values.push({ key: `k${i % 5}`, at: i * 50, n: 1 });
  };
  let inFlight = false;
  const first = new Simulation(before, sources, {
    seed: midway || 5,
    maxCalls: 20_000,
    onEvent: (event, simulation) => {
      if (midway === 0 || event.kind !== 'checkpoint' || event.status !== 'committed') return;
      inFlight = (simulation.stores.items.read('job')?.value as JobItem | undefined)?.inFlight ?? false;
      if (inFlight) simulation.end = 'stopped';
    },
  });
  feed(0);
  first.world.schedule(600, () => {
    first.stop = true;
  });
  await first.run();
  const second = new Simulation(after, sources, { seed: 6, maxCalls: 40_000 });
  Object.assign(second, { stores: first.stores, sinks: first.sinks });
  await restore(second, drops);
  feed(40);
  s.closed = true;
  content.complete = true;
  const end = await second.run();
  const total = (sink: string) => (second.committed(sink) as Row[]).reduce((sum, { n }) => sum + n, 0);
  return { end, total, inFlight };
}

/** Workers start with new code once the restore is through, as the supervisor sees to it. */
async function restore(simulation: Simulation, drops: readonly string[]): Promise<void> {
  let done = false;
  const run = async () => {
    const env = await simulation.operator();
    await setUpJob(env, codeIdentity(simulation.plan, ''), drops);
    await continueRestore(env);
    done = true;
  };
  let failure: unknown;
  simulation.world.schedule(0, () => {
    run().catch((error: unknown) => {
      failure = error;
    });
  });
  await simulation.world.run(() => done || failure !== undefined, 1000);
  if (failure !== undefined) throw failure;
}

describe.each([false, true])('stages that come and go with an edit (unaligned: %s)', (unaligned) => {
  const plain = graph(unaligned);

  test.each<[Part, Record<string, number>]>([
    ['second stage', { out: 80 }],
    ['second source', { out: 81 }],
    ['stage before', { out: 80 }],
    ['stage behind', { out: 80 }],
  ])('does the job go on with a %s more?', async (part, totals) => {
    const { end, total } = await edit(plain, graph(unaligned, part));
    expect(end).toBe('finished');
    for (const [sink, sum] of Object.entries(totals)) expect(total(sink)).toBe(sum);
  });

  test.each<[Part, string[]]>([
    ['second stage', ['other']],
    ['second source', ['more']],
    ['stage before', ['once']],
    ['stage behind', ['behind']],
  ])('does it go on without a %s that is dropped by name?', async (part, drops) => {
    const { end, total } = await edit(graph(unaligned, part), plain, drops);
    expect(end).toBe('finished');
    expect(total('out')).toBe(part === 'second source' ? 81 : 80);
  });
});

test('is an edit refused that would strand messages in flight, and else exact?', async () => {
  const ends = new Set<string>();
  for (let seed = 1; seed <= 12; seed++) {
    const { inFlight, ...run } = await edit(graph(true, 'stage before'), graph(true), ['once'], seed).catch(
      (error: unknown) => ({ inFlight: true, error }),
    );
    if ('error' in run) expect(run.error).toMatchObject({ code: 'TM_RESTORE_IN_FLIGHT' });
    else expect([seed, run.end, run.total('out')]).toEqual([seed, 'finished', 80]);
    ends.add('error' in run ? 'refused' : `finished, in flight: ${inFlight}`);
  }
  expect(ends).toContain('refused');
});
