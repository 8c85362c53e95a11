import type { GraphNode, PipelineGraph } from '../../../lib/api/graph.ts';
import type { ProcessScope } from '../../../lib/core/operators/process.ts';
import {
  email,
  fileSink,
  files,
  graphOf,
  isDefinition,
  json,
  list,
  map,
  pipeline,
  sliding,
  stream,
  table,
  tumbling,
  value,
} from '../../../lib/index.ts';
import { refusal } from './refusal.ts';

interface Event {
  readonly id: string;
  readonly user: string;
  readonly at: number;
  readonly n: number;
}
const events = () => files({ schema: json<Event>(), onInvalid: 'dead-letter' });
const nodeOf = <K extends GraphNode['kind']>(graph: PipelineGraph, kind: K) =>
  graph.nodes.find((node) => node.kind === kind) as Extract<GraphNode, { kind: K }>;

function billing() {
  return pipeline('billing', { checkpoint: { every: { seconds: 5 } }, onError: 'fail' })
    .source('usage', stream({ schema: json<Event>(), onInvalid: 'dead-letter' }))
    .eventTime((e) => e.at, { outOfOrderness: { minutes: 5 }, idleAfter: { minutes: 1 } })
    .dedupe('once', { by: (e) => e.id, within: { hours: 24 } })
    .keyBy((e) => e.user)
    .window(tumbling({ hours: 1 }, { offset: { minutes: 15 } }), {
      allowedLateness: { minutes: 10 },
      late: 'dead-letter',
    })
    .aggregate('hourly', { init: () => 0, add: (sum, e) => sum + e.n, merge: (a, b) => a + b })
    .map(({ key, value: n }) => ({ user: key, n }))
    .to('invoices', table({ key: (row) => ({ pk: row.user }), commit: 'atomic-rows' }))
    .afterCommit(
      'receipt',
      email({ idempotencyKey: (row) => row.user, message: (row) => ({ to: row.user, subject: '', text: `${row.n}` }) }),
    );
}

describe('pipeline', () => {
  test('which nodes does a chain become?', () => {
    const graph = graphOf(billing());
    expect(graph).toMatchObject({ name: 'billing', onError: 'fail', checkpoint: { everyMs: 5000 } });
    expect(graph.nodes.map(({ id, kind, inputs }) => [id, kind, ...inputs])).toEqual([
      ['usage', 'source'],
      ['event-time-1', 'event-time', 'usage'],
      ['once', 'dedupe', 'event-time-1'],
      ['key-by-hourly', 'key-by', 'once'],
      ['hourly', 'window-aggregate', 'key-by-hourly'],
      ['map-1', 'map', 'hourly'],
      ['invoices', 'sink', 'map-1'],
      ['receipt', 'effect', 'invoices'],
    ]);
  });

  test('do the nodes hold what was written, in milliseconds?', () => {
    const graph = graphOf(billing());
    expect(nodeOf(graph, 'source')).toMatchObject({ source: 'stream', onInvalid: 'dead-letter' });
    expect(nodeOf(graph, 'event-time')).toMatchObject({ outOfOrdernessMs: 300_000, idleAfterMs: 60_000 });
    expect(nodeOf(graph, 'dedupe')).toMatchObject({ withinMs: 86_400_000, keyed: false });
    expect(nodeOf(graph, 'window-aggregate')).toMatchObject({
      window: { kind: 'tumbling', sizeMs: 3_600_000, slideMs: 3_600_000, offsetMs: 900_000 },
      allowedLatenessMs: 600_000,
      late: 'dead-letter',
    });
    expect(nodeOf(graph, 'window-aggregate').merge?.(1, 2)).toBe(3);
    expect(nodeOf(graph, 'sink').sink).toMatchObject({ kind: 'table', commit: 'atomic-rows' });
    const receipt = nodeOf(graph, 'effect');
    expect(receipt.after).toBe('invoices');
    expect(receipt.idempotencyKey({ user: 'u', n: 1 })).toBe('u');
    expect(receipt.payload({ user: 'u', n: 1 })).toEqual({ to: 'u', subject: '', text: '1' });
  });

  test('is the graph frozen, and the same for every handle?', () => {
    const p = pipeline('two');
    const source = p.source('events', events());
    const one = source.to('one', fileSink());
    const two = source.to('two', fileSink());
    const graph = graphOf(p);
    expect(graphOf(one)).toEqual(graph);
    expect(graphOf(p.build(one, two))).toEqual(graph);
    for (const part of [
      graph,
      graph.nodes,
      graph.checkpoint,
      ...graph.nodes,
      ...graph.nodes.map((node) => node.inputs),
    ]) {
      expect(Object.isFrozen(part)).toBe(true);
    }
  });

  test('can the caller override checkpoint options?', () => {
    expect(graphOf(billing(), { every: { seconds: 1 } }).checkpoint).toMatchObject({ everyMs: 1000, retain: 3 });
  });

  test('which of the values is a definition?', () => {
    const p = pipeline('p');
    const stream = p.source('events', events());
    const end = stream.to('out', fileSink());
    expect([p, end, p.build(end)].every(isDefinition)).toBe(true);
    expect([stream, undefined, null, {}, 'p'].some(isDefinition)).toBe(false);
    expect(refusal(() => graphOf(stream as never)).code).toBe('TM_GRAPH_DEFINITION');
  });

  test('does each branch get all records that its predicate accepts, under its name?', () => {
    const p = pipeline('p');
    const {
      bigOnes,
      small,
      'Ünü sual': odd,
    } = p
      .source('events', events())
      .branch({ bigOnes: (e) => e.n > 10, small: (e) => e.n <= 10, 'Ünü sual': () => true });
    const end = bigOnes.union(small, odd).to('out', fileSink());
    const filters = graphOf(end).nodes.filter((node) => node.kind === 'filter');
    expect(filters.map((node) => node.id)).toEqual(['branch-big-ones', 'branch-small', 'branch-n-sual']);
    expect(filters.map((node) => [11, 10].map((n) => node.keep({ n })))).toEqual([
      [true, false],
      [false, true],
      [true, true],
    ]);
    expect(nodeOf(graphOf(end), 'union').inputs).toEqual(filters.map((node) => node.id));
  });

  test('do derived ids keep out of the way of given ones?', () => {
    const p = pipeline('p');
    const end = p
      .source('map-1', events())
      .map((e) => e)
      .map((e) => e)
      .keyBy((e) => e.user)
      .process('work', { state: {}, onElement: (e) => [e] })
      .to('key-by-work', fileSink());
    expect(graphOf(end).nodes.map((node) => node.id)).toEqual([
      'map-1',
      'map-2',
      'map-3',
      'key-by-work-2',
      'work',
      'key-by-work',
    ]);
  });

  test('does a keyed stage keep its id when a dedupe comes before its window?', () => {
    const keyed = pipeline('p')
      .source('events', events())
      .eventTime((e) => e.at)
      .keyBy((e) => e.user);
    const end = keyed
      .dedupe('once', { by: (e) => e.id, within: { hours: 1 } })
      .window(sliding({ hours: 1 }, { every: { minutes: 5 } }), { late: 'drop' })
      .aggregate('hourly', { init: () => 0, add: (n) => n + 1 })
      .to('out', fileSink());
    expect(nodeOf(graphOf(end), 'key-by').id).toBe('key-by-hourly');
    expect(nodeOf(graphOf(end), 'dedupe')).toMatchObject({ keyed: true, inputs: ['key-by-hourly'] });
    expect(nodeOf(graphOf(end), 'window-aggregate').window).toMatchObject({ kind: 'sliding', slideMs: 300_000 });
  });

  test.each([
    ['', 'TM_GRAPH_ID'],
    ['Hourly', 'TM_GRAPH_ID'],
    ['-x', 'TM_GRAPH_ID'],
    ['a/b', 'TM_GRAPH_ID'],
    ['~dead-letters', 'TM_GRAPH_ID'],
    ['x'.repeat(65), 'TM_GRAPH_ID'],
    [undefined, 'TM_GRAPH_ID'],
    ['events', 'TM_GRAPH_ID_TWICE'],
  ])('is the id %j refused where it is written?', (id, code) => {
    const source = pipeline('p').source('events', events());
    expect(refusal(() => source.to(id as string, fileSink())).code).toBe(code);
  });

  test('are odd names of pipelines and unknown options refused?', () => {
    expect(refusal(() => pipeline('My pipeline')).code).toBe('TM_GRAPH_ID');
    expect(refusal(() => pipeline('p', { onEror: 'fail' } as never)).advice).toContain("'onError'");
    expect(refusal(() => pipeline('p', { onError: 'ignore' } as never)).code).toBe('TM_OPTION_VALUE');
    expect(refusal(() => pipeline('p', { checkpoint: { every: { seconds: 0 } } })).code).toBe('TM_CHECKPOINT_VALUE');
  });

  test('are wrong kinds refused with what to write?', () => {
    const p = pipeline('p');
    const source = p.source('events', events());
    expect(refusal(() => p.source('x', fileSink() as never)).advice).toContain('files(');
    expect(refusal(() => source.to('x', events() as never)).advice).toContain('fileSink()');
    expect(refusal(() => source.to('x', fileSink()).afterCommit('y', {} as never)).code).toBe('TM_GRAPH_KIND');
    expect(refusal(() => files({ schema: {} as never, onInvalid: 'fail' })).code).toBe('TM_GRAPH_SCHEMA');
    expect(refusal(() => files({ onInvalid: 'fail' } as never)).code).toBe('TM_GRAPH_SCHEMA');
    expect(refusal(() => files({ schema: json() } as never)).code).toBe('TM_OPTION_VALUE');
    expect(refusal(() => table({ key: () => ({ pk: '' }) } as never)).message).toContain('commit');
  });

  test('does union refuse streams of another pipeline and keyed streams?', () => {
    const one = pipeline('one').source('events', events());
    const two = pipeline('two').source('events', events());
    expect(refusal(() => one.union(two)).code).toBe('TM_GRAPH_UNION');
    expect(refusal(() => one.union(two.keyBy((e) => e.user) as never)).code).toBe('TM_GRAPH_UNION');
  });
});

describe('build', () => {
  const p = pipeline('p');
  const source = p.source('events', events());
  const one = source.to('one', fileSink());
  const two = source.to('two', fileSink());
  const told = two.afterCommit(
    'tell',
    email({ idempotencyKey: () => '', message: () => ({ to: '', subject: '', text: '' }) }),
  );

  test('does it want every chain, so that bindings are complete?', () => {
    expect(refusal(() => p.build(one)).message).toContain("'two', 'tell'");
    expect(refusal(() => p.build(one, two)).message).toContain("'tell'");
    expect(isDefinition(p.build(one, told))).toBe(true);
    expect(isDefinition(p.build(p.build(one, told)))).toBe(true);
    expect(isDefinition(one.build(told))).toBe(true);
  });

  test('does it refuse what is not an end of this pipeline?', () => {
    const other = pipeline('other').source('events', events()).to('out', fileSink());
    expect(refusal(() => p.build(one, other)).code).toBe('TM_GRAPH_BUILD');
    expect(refusal(() => p.build(source as never)).code).toBe('TM_GRAPH_BUILD');
  });
});

describe('process', () => {
  function run(context: Partial<ProcessScope>, onElement: (n: number) => unknown): unknown[] {
    const emitted: unknown[] = [];
    const end = pipeline('p')
      .source('events', files({ schema: json<number>(), onInvalid: 'fail' }))
      .keyBy((n) => n)
      .process('work', { state: {}, onElement: onElement as () => undefined })
      .to('out', fileSink());
    nodeOf(graphOf(end), 'process').onElement(3, { ...context, emit: (one: unknown) => emitted.push(one) } as never);
    return emitted;
  }

  test('is everything emitted that the function returns or yields?', () => {
    expect(run({}, (n) => [n, n + 1])).toEqual([3, 4]);
    expect(
      run({}, function* (n) {
        yield n;
        yield n * 2;
      }),
    ).toEqual([3, 6]);
    expect(run({}, () => undefined)).toEqual([]);
    expect(run({}, () => new Set(['a']))).toEqual(['a']);
  });

  test.each([['text'], [1], [null], [{}], [true]])('is %j refused as output?', (output) => {
    expect(() => run({}, () => output)).toThrow('neither an array nor a generator');
  });

  test('does onTimer emit too, and is it absent where it was not given?', () => {
    const keyed = pipeline('p')
      .source('events', events())
      .eventTime((e) => e.at)
      .keyBy((e) => e.user);
    const silent = keyed.process('silent', { state: {}, onElement: () => {} });
    const ticking = keyed.process('ticking', { state: {}, onElement: () => {}, onTimer: (ctx) => [ctx.key] });
    const graph = graphOf(silent.union(ticking).to('out', fileSink()));
    const [first, second] = graph.nodes.filter((node) => node.kind === 'process');
    const emitted: unknown[] = [];
    second?.onTimer?.({ key: 'u', emit: (one: unknown) => emitted.push(one) } as never);
    expect(first?.onTimer).toBeUndefined();
    expect(emitted).toEqual(['u']);
  });

  test('what are initial values, and are they never shared?', () => {
    const shared = { count: 0 };
    const specs = {
      a: value(1),
      b: value(shared),
      c: value(() => [1]),
      d: value(),
      e: list<string>(),
      f: map<string, number>(),
    };
    expect(Object.values(specs).map((spec) => spec.kind)).toEqual(['value', 'value', 'value', 'value', 'list', 'map']);
    expect([specs.a, specs.b, specs.c, specs.d].map((spec) => spec.initial?.())).toEqual([
      1,
      { count: 0 },
      [1],
      undefined,
    ]);
    expect(specs.b.initial?.()).not.toBe(shared);
    expect(specs.c.initial?.()).not.toBe(specs.c.initial?.());
  });

  test.each([[{ total: 0 }], [{ '~timers': value(0) }], [{ '': value(0) }], [null]])(
    'is the state %j refused?',
    (state) => {
      const keyed = pipeline('p')
        .source('events', events())
        .keyBy((e) => e.user);
      const error = refusal(() => keyed.process('work', { state: state as never, onElement: () => [] }));
      expect(['TM_GRAPH_STATE', 'TM_OPTION_VALUE']).toContain(error.code);
    },
  );
});
