import { fileSink, files, graphOf, json, list, pipeline, tumbling, value } from '../../../lib/index.ts';
import { planPipeline } from '../../../lib/plan/planner.ts';
import { refusal } from '../api/refusal.ts';

interface Event {
  readonly id: string;
  readonly user: string;
  readonly at: number;
}
type Graph = Parameters<typeof planPipeline>[0];
const timed = (p = pipeline('p'), id = 'events') =>
  p.source(id, files({ schema: json<Event>(), onInvalid: 'fail' })).eventTime((e) => e.at);
const once = { by: (e: Event) => e.id, within: { hours: 24 } };
const hour = tumbling({ hours: 1 });
const count = { init: () => 0, add: (n: number) => n + 1 };
const merging = { ...count, merge: (a: number, b: number) => a + b };
const plan = (graph: Graph, options = {}) => planPipeline(graph, { parallelism: 2, partitions: 3, ...options });
/** Stage by stage: id, senders, nodes, receivers. */
const outline = (graph: Graph) =>
  plan(graph).stages.map(({ id, upstream, nodes, downstream }) => [
    id,
    upstream,
    nodes.map((node) => node.id),
    downstream,
  ]);

describe('stages', () => {
  test('is a pipeline without keys one stage for each source?', () => {
    const end = timed()
      .map((e) => e.user)
      .to('out', fileSink());
    expect(outline(graphOf(end))).toEqual([['events', [], ['events', 'event-time-1', 'map-1', 'out'], []]]);
  });

  test('does keyBy begin a stage, which its node is not in?', () => {
    const end = timed()
      .keyBy((e) => e.user)
      .window(hour, { late: 'drop' })
      .aggregate('hourly', count)
      .map((r) => r.key)
      .to('out', fileSink());
    expect(outline(graphOf(end))).toEqual([
      ['events', [], ['events', 'event-time-1'], ['key-by-hourly']],
      ['key-by-hourly', ['events'], ['hourly', 'map-1', 'out'], []],
    ]);
    expect(plan(graphOf(end)).stages[1]).toMatchObject({
      kind: 'keyed',
      parallelism: 2,
      exchange: { node: { kind: 'key-by' } },
    });
  });

  test('does an unkeyed dedupe begin a stage, which it is the first node of?', () => {
    const end = timed()
      .dedupe('once', once)
      .keyBy((e) => e.user)
      .process('work', { state: {}, onElement: (e) => [e] })
      .to('out', fileSink());
    expect(outline(graphOf(end))).toEqual([
      ['events', [], ['events', 'event-time-1'], ['once']],
      ['once', ['events'], ['once'], ['key-by-work']],
      ['key-by-work', ['once'], ['work', 'out'], []],
    ]);
    expect(plan(graphOf(end)).stages[1]?.exchange?.node.id).toBe('once');
  });

  test('does a keyed dedupe stay in the stage of its keys?', () => {
    const end = timed()
      .keyBy((e) => e.user)
      .dedupe('once', once)
      .process('work', { state: {}, onElement: (e) => [e] })
      .to('out', fileSink());
    expect(outline(graphOf(end))).toEqual([
      ['events', [], ['events', 'event-time-1'], ['key-by-work']],
      ['key-by-work', ['events'], ['once', 'work', 'out'], []],
    ]);
  });

  test('does what follows a union run in each stage that reaches it?', () => {
    const p = pipeline('p');
    const end = timed(p, 'web')
      .union(timed(p, 'app'))
      .map((e) => e.user)
      .to('out', fileSink());
    expect(outline(graphOf(end))).toEqual([
      ['web', [], ['web', 'event-time-1', 'union-1', 'map-1', 'out'], []],
      ['app', [], ['app', 'event-time-2', 'union-1', 'map-1', 'out'], []],
    ]);
  });

  test('do all stages of a union send to the exchange after it?', () => {
    const p = pipeline('p');
    const web = timed(p, 'web');
    const app = timed(p, 'app').dedupe('once', once);
    const end = web
      .union(app)
      .map((e) => e)
      .keyBy((e) => e.user)
      .process('work', { state: {}, onElement: (e) => [e] })
      .to('out', fileSink());
    expect(outline(graphOf(end))).toEqual([
      ['web', [], ['web', 'event-time-1', 'union-1', 'map-1'], ['key-by-work']],
      ['app', [], ['app', 'event-time-2'], ['once']],
      ['once', ['app'], ['once', 'union-1', 'map-1'], ['key-by-work']],
      ['key-by-work', ['once', 'web'], ['work', 'out'], []],
    ]);
  });

  test('does a stage send to several exchanges and sinks when its stream is branched?', () => {
    const { even, odd } = timed().branch({ even: (e) => e.at % 2 === 0, odd: (e) => e.at % 2 === 1 });
    const p = even
      .keyBy((e) => e.user)
      .process('a', { state: {}, onElement: (e) => [e] })
      .to('out-a', fileSink());
    odd
      .keyBy((e) => e.user)
      .process('b', { state: {}, onElement: (e) => [e] })
      .to('out-b', fileSink());
    odd.to('out-c', fileSink());
    expect(outline(graphOf(p))).toEqual([
      ['events', [], ['events', 'event-time-1', 'branch-even', 'branch-odd', 'out-c'], ['key-by-a', 'key-by-b']],
      ['key-by-a', ['events'], ['a', 'out-a'], []],
      ['key-by-b', ['events'], ['b', 'out-b'], []],
    ]);
  });

  test('do two keyed steps in a row make two exchanges, effects beside their sinks?', () => {
    const first = timed()
      .keyBy((e) => e.user)
      .window(hour, { late: 'drop' })
      .aggregate('hourly', merging);
    const end = first
      .keyBy((r) => r.window.start.getTime())
      .process('daily', { state: {}, onElement: (r) => [r] })
      .to('out', fileSink());
    const graph = graphOf(end.afterCommit('tell', { role: 'effect', idempotencyKey: () => '', payload: () => '' }));
    expect(outline(graph)).toEqual([
      ['events', [], ['events', 'event-time-1'], ['key-by-hourly']],
      ['key-by-hourly', ['events'], ['hourly'], ['key-by-daily']],
      ['key-by-daily', ['key-by-hourly'], ['daily', 'out', 'tell'], []],
    ]);
  });
});

describe('combining before an exchange', () => {
  const combined = (graph: Graph) => plan(graph).stages.map((stage) => stage.exchange?.combine?.id);
  const keyed = () => timed().keyBy((e) => e.user);

  test('does it want one window with merge?', () => {
    const merges = keyed().window(hour, { late: 'drop' }).aggregate('n', merging).to('out', fileSink());
    const plain = keyed().window(hour, { late: 'drop' }).aggregate('n', count).to('out', fileSink());
    expect(combined(graphOf(merges))).toEqual([undefined, 'n']);
    expect(combined(graphOf(plain))).toEqual([undefined, undefined]);
  });

  test('is there none when somebody else needs the records?', () => {
    const keys = keyed();
    const end = keys.window(hour, { late: 'drop' }).aggregate('n', merging).to('out', fileSink());
    keys.process('other', { state: {}, onElement: (e) => [e] }).to('more', fileSink());
    const deduped = keyed()
      .dedupe('once', once)
      .window(hour, { late: 'drop' })
      .aggregate('n', merging)
      .to('out', fileSink());
    expect(combined(graphOf(end))).toEqual([undefined, undefined]);
    expect(combined(graphOf(deduped))).toEqual([undefined, undefined]);
  });
});

describe('subtasks', () => {
  const graph = graphOf(timed().dedupe('once', once).to('out', fileSink()));

  test('which are there, and which key groups do they own?', () => {
    expect(plan(graph, { maxParallelism: 10, parallelism: 3 }).subtasks).toEqual([
      { id: 'events/0', stage: 'events', index: 0, keyGroups: undefined },
      { id: 'events/1', stage: 'events', index: 1, keyGroups: undefined },
      { id: 'events/2', stage: 'events', index: 2, keyGroups: undefined },
      { id: 'once/0', stage: 'once', index: 0, keyGroups: { first: 0, last: 3 } },
      { id: 'once/1', stage: 'once', index: 1, keyGroups: { first: 4, last: 6 } },
      { id: 'once/2', stage: 'once', index: 2, keyGroups: { first: 7, last: 9 } },
    ]);
    expect(plan(graph).maxParallelism).toBe(128);
  });

  test.each([
    ['parallelism', { parallelism: 0 }],
    ['parallelism', { parallelism: 129 }],
    ['parallelism', { parallelism: 1.5 }],
    ['partitions', { partitions: 0 }],
    ['partitions', { partitions: Number.NaN }],
    ['maxParallelism', { maxParallelism: 0 }],
    ['maxParallelism', { maxParallelism: 32_769 }],
  ])('is a wrong %s refused: %j?', (name, options) => {
    const error = refusal(() => plan(graph, options));
    expect(error.code).toBe('TM_PLAN_PARALLELISM');
    expect(error.message).toContain(name);
  });
});

describe('shapes and hash', () => {
  const shop = (lateness: number, change: (e: Event) => Event = (e) => e) =>
    timed()
      .map(change)
      .dedupe('once', once)
      .keyBy((e) => e.user)
      .dedupe('again', once)
      .process('totals', { state: { total: value(0), seen: list() }, onElement: (e) => [e], onTimer: () => [] })
      .keyBy((e) => e.user)
      .window(tumbling({ hours: 1 }, { offset: { minutes: 1 } }), {
        allowedLateness: { minutes: lateness },
        late: 'drop',
      })
      .aggregate('hourly', count)
      .to('out', fileSink());

  test('what does stored state depend on?', () => {
    expect(plan(graphOf(shop(10))).shapes).toEqual({
      again: 'dedupe 86400000 keyed in key-by-totals',
      events: 'source files',
      hourly: 'window-aggregate tumbling 3600000/3600000+60000 lateness 600000 in key-by-hourly',
      once: 'dedupe 86400000',
      out: 'sink files',
      totals: 'process seen:list total:value in key-by-totals',
    });
  });

  test('does the hash tell structures apart, and nothing else?', () => {
    const hash = (graph: Graph, options = {}) => plan(graph, options).hash;
    const one = hash(graphOf(shop(10)));
    expect(one).toMatch(/^[0-9a-f]{64}$/);
    expect(hash(graphOf(shop(10, (e) => ({ ...e }))))).toBe(one);
    expect(hash(graphOf(shop(10), { every: { seconds: 1 } }))).toBe(one);
    expect(hash(graphOf(shop(11)))).not.toBe(one);
    expect(hash(graphOf(shop(10)), { parallelism: 4 })).not.toBe(one);
    expect(hash(graphOf(shop(10)), { maxParallelism: 64 })).not.toBe(one);
  });

  test('is the plan frozen?', () => {
    const whole = plan(graphOf(shop(1)));
    for (const part of [whole, whole.stages, whole.subtasks, whole.shapes, ...whole.stages, ...whole.subtasks]) {
      expect(Object.isFrozen(part)).toBe(true);
    }
  });
});
