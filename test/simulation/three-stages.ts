import { SimSinkStore } from '../../lib/adapters/simulated/memory-sink.ts';
import { SimSplits } from '../../lib/adapters/simulated/memory-source.ts';
import type { SimFaults } from '../../lib/adapters/simulated/world.ts';
import { TidemarkError } from '../../lib/core/record/errors.ts';
import type { CheckpointOptions, PipelineGraph } from '../../lib/index.ts';
import { fileSink, files, graphOf, json, pipeline, sliding, table, tumbling, value } from '../../lib/index.ts';
import { Simulation, type SimulationOptions } from '../../lib/testkit/simulation.ts';
import { draw } from './scenario.ts';

interface Usage {
  readonly id: string;
  readonly customer: string;
  readonly amount: number;
  readonly at: number;
}

interface Row {
  readonly key: string;
  readonly start: number;
  readonly total: number;
}

/** What one seed decides: the widths, the mode, how small everything is cut, what fails and for how long. */
export interface Shape {
  readonly seed: number;
  readonly checkpoint: CheckpointOptions;
  readonly latenessMs: number;
  readonly slides: boolean;
  readonly merges: boolean;
  readonly records: number;
  readonly restores: number;
  readonly outageMs: number;
  readonly faults: SimFaults;
  readonly options: Omit<SimulationOptions, 'seed' | 'faults'>;
}

export function shapeOf(seed: number): Shape {
  const x = draw(seed);
  const whole = (what: string, from: number, to: number) => from + Math.floor(x(what) * (to - from + 1));
  const rate = (name: string, share: number, highest: number) => (x(`${name}?`) < share ? x(name) * highest : 0);
  const unaligned = x('unaligned') < 0.5;
  return {
    seed,
    checkpoint: {
      every: { milliseconds: whole('every', 20, 80) },
      timeout: { milliseconds: x('timeout') < 0.3 ? whole('timeout ms', 2000, 5000) : 20_000 },
      tolerableFailures: 1_000_000,
      retain: whole('retain', 1, 2),
      unaligned,
      maxConcurrent: unaligned ? whole('concurrent', 1, 4) : 1,
      alignedTimeout: x('aligned') < 0.5 ? 'never' : { milliseconds: whole('aligned ms', 1, 40) },
    },
    latenessMs: x('lateness') < 0.5 ? 0 : whole('lateness ms', 1, 250),
    slides: x('slides') < 0.4,
    merges: x('merges') < 0.6,
    records: whole('records', 8, 60),
    restores: x('restores?') < 0.6 ? whole('restores', 1, 3) : 0,
    outageMs: x('outage?') < 0.3 ? whole('outage', 100, 6000) : 0,
    faults: {
      crashRate: rate('crash', 0.6, 0.004),
      lostAnswerRate: rate('lost', 0.5, 0.1),
      refusedRate: rate('refused', 0.5, 0.1),
      lateRate: rate('late', 0.5, 1),
      pauseRate: rate('pause', 0.2, 0.0008),
      hintLossRate: rate('hintLoss', 0.5, 0.4),
      hintDoubleRate: rate('hintDouble', 0.5, 0.3),
      hintReorderRate: rate('hintReorder', 0.5, 0.3),
    },
    options: {
      parallelism: whole('parallelism', 1, 3),
      partitions: whole('partitions', 1, 3),
      inlineBytes: x('inline') < 0.5 ? 0 : 200,
      maxCalls: 600_000,
      coordinators: x('coordinators') < 0.25 ? 2 : 1,
      hosts: x('hosts') < 0.25 ? 2 : 1,
      tuning: {
        coldState: x('cold') < 0.25,
        batchRecords: whole('batch', 1, 16),
        batchHints: whole('hints', 1, 8),
        foldBytes: x('fold') < 0.7 ? 1500 : 1e9,
        parkedBytes: x('parked') < 0.2 ? 200 : 1e9,
      },
    },
  };
}

const FIRST = 100;
const SECOND = 300;

/** dedupe, windows per customer, windows of windows, then a count with timers: a sink behind each of the last three. */
export function graphFor(shape: Shape): PipelineGraph {
  const p = pipeline('stages', { checkpoint: shape.checkpoint });
  const late = { late: 'dead-letter', allowedLateness: { milliseconds: shape.latenessMs } } as const;
  const merge = shape.merges ? { merge: (a: number, b: number) => a + b } : {};
  const rowKey = (row: Row) => ({ pk: row.key, sk: String(row.start) });
  const sums = p
    .source('in', files({ schema: json<Usage>(), onInvalid: 'dead-letter' }))
    .eventTime((usage) => usage.at, { outOfOrderness: { milliseconds: 60 } })
    .dedupe('once', { by: (usage) => usage.id, within: { seconds: 10 } })
    .keyBy((usage) => usage.customer)
    .window(tumbling({ milliseconds: FIRST }), late)
    .aggregate('sums', { init: () => 0, add: (sum, usage) => sum + usage.amount, ...merge })
    .map((r): Row => ({ key: String(r.key), start: r.window.start.getTime(), total: r.value }));
  const wide = sums
    .keyBy((row) => row.key.length)
    .window(
      shape.slides
        ? sliding({ milliseconds: SECOND }, { every: { milliseconds: FIRST } })
        : tumbling({ milliseconds: SECOND }),
      late,
    )
    .aggregate('wide', { init: () => 0, add: (sum, row) => sum + row.total, ...merge })
    .map((r): Row => ({ key: `w${String(r.key)}`, start: r.window.start.getTime(), total: r.value }));
  const last = wide
    .keyBy((row) => row.key)
    .process('last', {
      state: { total: value(0) },
      onElement: (row, ctx) => {
        ctx.state.total.set(ctx.state.total.get() + row.total);
        ctx.timers.set(1_000_000);
        return [];
      },
      onTimer: (ctx) => [{ key: String(ctx.key), start: 0, total: ctx.state.total.get() }],
    });
  return graphOf(
    p.build(
      sums.to('sums-out', fileSink()),
      wide.to('wide-out', fileSink()),
      wide.to('wide-rows', table({ key: rowKey, commit: 'atomic-rows' })),
      last.to('last-out', fileSink()),
    ),
  );
}

function inputFor(shape: Shape): Usage[][] {
  const x = draw(shape.seed);
  return [0, 1, 2].map((split) =>
    Array.from({ length: shape.records }, (_, i) => {
      const id = `${split}-${i}`;
      return {
        id,
        customer: 'c'.repeat(1 + Math.floor(x(`customer ${id}`) * 4)),
        amount: Math.floor(x(`amount ${id}`) * 100),
        at: 1000 + i * 25 - Math.floor(x(`at ${id}`) * 50),
      };
    }).flatMap((usage) => (x(`again ${usage.id}`) < 0.1 ? [usage, usage] : [usage])),
  );
}

function expected(shape: Shape, input: readonly Usage[]): Map<string, Map<string, number>> {
  const add = (rows: Map<string, number>, id: string, amount: number) => rows.set(id, (rows.get(id) ?? 0) + amount);
  const sums = new Map<string, number>();
  const wide = new Map<string, number>();
  const last = new Map<string, number>();
  for (const usage of new Map(input.map((one) => [one.id, one])).values())
    add(sums, `${usage.customer}@${usage.at - (usage.at % FIRST)}`, usage.amount);
  for (const [id, amount] of sums) {
    const [customer = '', start = ''] = id.split('@');
    const time = Number(start) + FIRST - 1;
    const slide = shape.slides ? FIRST : SECOND;
    for (let from = time - (time % slide); from > time - SECOND; from -= slide)
      add(wide, `w${customer.length}@${from}`, amount);
  }
  for (const [id, amount] of wide) add(last, `${id.split('@')[0]}@0`, amount);
  return new Map([
    ['sums-out', sums],
    ['wide-out', wide],
    ['wide-rows', wide],
    ['last-out', last],
  ]);
}

/** A sink that can't be reached for a while. */
class FailingStore extends SimSinkStore {
  constructor(down: () => boolean) {
    super();
    const refuse = (map: Map<string, unknown>) => {
      const set = map.set.bind(map);
      map.set = (key, rows) => {
        if (down()) throw new TidemarkError('TM_TEST_SINK', 'unavailable', 'the sink is down', 'Wait.');
        return set(key, rows);
      };
    };
    refuse(this.staged);
    refuse(this.visible);
  }
}

export async function runShape(
  shape: Shape,
  override: Partial<SimulationOptions> = {},
): Promise<{ simulation: Simulation; problems: string[] }> {
  const x = draw(shape.seed);
  const input = inputFor(shape);
  const content = new SimSplits();
  const simulation = new Simulation(graphFor(shape), new Map([['in', content]]), {
    seed: shape.seed,
    faults: shape.faults,
    ...shape.options,
    ...override,
  });
  const { world } = simulation;
  const startMs = world.nowMs;
  const down = () => world.nowMs > startMs + 150 && world.nowMs < startMs + 150 + shape.outageMs;
  if (shape.outageMs > 0) simulation.sinks.set('wide-out', new FailingStore(down));
  const growing = x('growing') < 0.5;
  input.forEach((records, index) => {
    content.add(`s${index}`, growing ? [] : records, !growing);
    if (!growing) return;
    records.forEach((record, at) => {
      world.schedule(at * 12 + x(`grow ${record.id}`) * 8, () => content.splits.get(`s${index}`)?.values.push(record));
    });
  });
  content.complete = !growing;
  if (growing) {
    world.schedule(shape.records * 15 + 200, () => {
      for (const split of content.splits.values()) split.closed = true;
      content.complete = true;
    });
  }
  for (let n = 0; n < shape.restores; n++)
    world.schedule(50 + x(`restore ${n}`) * 900, () => void simulation.restore(undefined).catch(() => undefined));
  const problems: string[] = [];
  await simulation.run().catch((error: unknown) => problems.push(String(error instanceof Error ? error.stack : error)));
  if (problems.length > 0) return { simulation, problems };
  for (const [sink, rows] of expected(shape, input.flat())) {
    const found = new Map<string, number>();
    for (const row of simulation.committed(sink) as Row[]) {
      const id = `${row.key}@${row.start}`;
      if (found.has(id)) problems.push(`${sink}: ${id} twice`);
      found.set(id, row.total);
    }
    for (const [id, total] of rows)
      if (found.get(id) !== total) problems.push(`${sink}: ${id} is ${found.get(id)}, not ${total}`);
    if (found.size !== rows.size) problems.push(`${sink}: ${found.size} rows, not ${rows.size}`);
  }
  const letters = await simulation.deadLetters();
  if (letters.length > 0) problems.push(`${letters.length} dead letters, the first one ${letters[0]?.code}`);
  return { simulation, problems };
}
