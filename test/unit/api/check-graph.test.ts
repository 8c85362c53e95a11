import { checkGraph } from '../../../lib/api/check-graph.ts';
import type { GraphNode } from '../../../lib/api/graph.ts';
import { resolveCheckpoint } from '../../../lib/api/options.ts';
import { type Definition, fileSink, files, graphOf, json, pipeline, sliding, tumbling } from '../../../lib/index.ts';
import { refusal } from './refusal.ts';

interface Event {
  readonly user: string;
  readonly at: number;
}
const start = (p = pipeline('p'), id = 'events') => p.source(id, files({ schema: json<Event>(), onInvalid: 'fail' }));
const refused = (definition: Definition) => refusal(() => graphOf(definition));
const count = { init: () => 0, add: (n: number) => n + 1 };
const hourly = { within: { hours: 1 }, by: (e: Event) => e.user };

describe('event time', () => {
  test('is a window without event time refused?', () => {
    const end = start()
      .keyBy((e) => e.user)
      .window(tumbling({ hours: 1 }), { late: 'drop' })
      .aggregate('n', count)
      .to('out', fileSink());
    const error = refused(end);
    expect(error.code).toBe('TM_GRAPH_EVENT_TIME_MISSING');
    expect(error.message).toContain("window-aggregate 'n'");
    expect(error.advice).toContain('.eventTime((value) => value.…');
  });

  test('is it wanted on every way to the window, and the way without it named?', () => {
    const p = pipeline('p');
    const end = start(p, 'with')
      .eventTime((e) => e.at)
      .union(start(p, 'without').map((e) => e))
      .keyBy((e) => e.user)
      .window(tumbling({ hours: 1 }), { late: 'drop' })
      .aggregate('n', count)
      .to('out', fileSink());
    expect(refused(end).message).toContain("source 'without'");
  });

  test('do timers and dedupe want it, and process without timers does not?', () => {
    const keyed = (p = pipeline('p')) => start(p).keyBy((e) => e.user);
    const timers = keyed()
      .process('x', { state: {}, onElement: () => [], onTimer: () => [] })
      .to('out', fileSink());
    const dedupe = start().dedupe('x', hourly).to('out', fileSink());
    const plain = keyed()
      .process('x', { state: {}, onElement: () => [] })
      .to('out', fileSink());
    expect(refused(timers).code).toBe('TM_GRAPH_EVENT_TIME_MISSING');
    expect(refused(dedupe).code).toBe('TM_GRAPH_EVENT_TIME_MISSING');
    expect(graphOf(plain).nodes).toHaveLength(4);
  });

  test('may stateless steps come before it?', () => {
    const end = start()
      .map((e) => e)
      .filter(() => true)
      .flatMap((e) => [e])
      .eventTime((e) => e.at)
      .dedupe('x', hourly)
      .to('out', fileSink());
    expect(graphOf(end).nodes).toHaveLength(7);
  });

  test('is it refused after a union, a dedupe, a keyed step?', () => {
    const p = pipeline('p');
    const union = start(p, 'a')
      .union(start(p, 'b'))
      .eventTime((e) => e.at)
      .to('out', fileSink());
    const processed = start()
      .keyBy((e) => e.user)
      .process('x', { state: {}, onElement: (e) => [e] })
      .eventTime((e) => e.at)
      .to('out', fileSink());
    for (const end of [union, processed]) {
      const error = refused(end);
      expect(error.code).toBe('TM_GRAPH_EVENT_TIME_LATE');
      expect(error.advice).toContain('before union, keyBy and dedupe');
    }
    const union1 = refused(union);
    expect(union1.message).toContain("union 'union-1'");
  });

  test('is a second one refused, on one way and on two branches of one source?', () => {
    const chained = start()
      .eventTime((e) => e.at)
      .eventTime((e) => e.at)
      .to('out', fileSink());
    const source = start();
    const branched = source
      .eventTime((e) => e.at)
      .union(source.map((e) => e).eventTime((e) => e.at))
      .to('out', fileSink());
    expect(refused(chained).code).toBe('TM_GRAPH_EVENT_TIME_TWICE');
    expect(refused(branched).code).toBe('TM_GRAPH_EVENT_TIME_TWICE');
  });

  test('may two sources have one each?', () => {
    const p = pipeline('p');
    const end = start(p, 'a')
      .eventTime((e) => e.at)
      .union(start(p, 'b').eventTime((e) => e.at))
      .dedupe('x', hourly)
      .to('out', fileSink());
    expect(graphOf(end).nodes).toHaveLength(7);
  });
});

describe('ends', () => {
  test('is a stream without a sink refused, by the step that it follows?', () => {
    const p = pipeline('p');
    const source = start(p);
    const end = source.to('out', fileSink());
    source.map((e) => e.user);
    const error = refused(end);
    expect(error.code).toBe('TM_GRAPH_DANGLING');
    expect(error.message).toContain("map 'map-1'");
    expect(refusal(() => p.build(end)).code).toBe('TM_GRAPH_DANGLING');
  });

  test('is a branch that nobody reads refused by its name?', () => {
    const { big } = start().branch({ big: (e) => e.at > 1, small: (e) => e.at <= 1 });
    expect(refused(big.to('out', fileSink())).message).toContain('branch-small');
  });

  test('are keys that nobody reads refused, with what may follow?', () => {
    const source = start().eventTime((e) => e.at);
    const end = source.to('out', fileSink());
    source.keyBy((e) => e.user).dedupe('x', hourly);
    expect(refused(end).message).toContain("dedupe 'x'");
    expect(refused(end).advice).toContain('.window(…)');
  });

  test('is a pipeline without a source refused?', () => {
    expect(refused(pipeline('p')).code).toBe('TM_GRAPH_NO_SOURCE');
  });

  test('is a union of a stream with itself refused?', () => {
    const source = start();
    expect(refused(source.union(source).to('out', fileSink())).code).toBe('TM_GRAPH_UNION_TWICE');
  });
});

describe('times', () => {
  const windowed = (window: Parameters<ReturnType<ReturnType<typeof start>['keyBy']>['window']>[0]) =>
    start()
      .eventTime((e) => e.at)
      .keyBy((e) => e.user)
      .window(window, { late: 'drop' })
      .aggregate('n', count)
      .to('out', fileSink());

  test.each([
    ['no size', tumbling({})],
    ['no size, sliding', sliding({}, { every: { seconds: 1 } })],
    ['no slide', sliding({ hours: 1 }, { every: {} })],
    ['gaps', sliding({ minutes: 1 }, { every: { minutes: 2 } })],
    ['parts of milliseconds', tumbling({ milliseconds: 0.5 })],
  ])('are windows with %s refused?', (_, window) => {
    expect(refused(windowed(window)).code).toBe('TM_GRAPH_WINDOW');
  });

  test('may a window slide by its own size?', () => {
    expect(graphOf(windowed(sliding({ hours: 1 }, { every: { hours: 1 } }))).nodes).toHaveLength(5);
  });

  test('is a dedupe that remembers nothing refused?', () => {
    const end = start()
      .eventTime((e) => e.at)
      .dedupe('x', { by: (e) => e.user, within: {} })
      .to('out', fileSink());
    expect(refused(end).code).toBe('TM_GRAPH_DEDUPE');
  });
});

describe('graphs by hand', () => {
  const source: GraphNode = {
    kind: 'source',
    id: 's',
    inputs: [],
    source: 'files',
    schema: undefined,
    onInvalid: 'fail',
  };
  const sink = (id: string, ...inputs: string[]): GraphNode => ({ kind: 'sink', id, inputs, sink: { kind: 'files' } });
  const keyBy: GraphNode = { kind: 'key-by', id: 'k', inputs: ['s'], key: () => '' };
  const check = (...nodes: GraphNode[]) =>
    refusal(() => checkGraph({ name: 'p', nodes, checkpoint: resolveCheckpoint(), onError: 'fail' })).code;
  const process = (id: string, input: string): GraphNode => ({
    kind: 'process',
    id,
    inputs: [input],
    state: {},
    onElement: () => {},
    onTimer: undefined,
  });
  const effect = (input: string, after = input): GraphNode => ({
    kind: 'effect',
    id: 'e',
    inputs: [input],
    after,
    idempotencyKey: () => '',
    payload: () => '',
  });

  test('are twice the same id, wrong order and unknown inputs refused?', () => {
    expect(check(source, sink('x', 's'), sink('x', 's'))).toBe('TM_GRAPH_ID_TWICE');
    expect(check(sink('x', 's'), source)).toBe('TM_GRAPH_ORDER');
    expect(check(source, sink('x', 'nowhere'))).toBe('TM_GRAPH_ORDER');
  });

  test('are wrong numbers of inputs refused?', () => {
    expect(check({ ...source, inputs: [] }, sink('x'))).toBe('TM_GRAPH_INPUTS');
    expect(check(source, { ...source, id: 't' }, sink('x', 's', 't'))).toBe('TM_GRAPH_INPUTS');
    expect(check(source, { kind: 'union', id: 'u', inputs: ['s'] })).toBe('TM_GRAPH_INPUTS');
  });

  test('do keyed steps want keys, and other steps none?', () => {
    expect(check(source, process('x', 's'), sink('y', 'x'))).toBe('TM_GRAPH_UNKEYED');
    expect(check(source, keyBy, sink('x', 'k'))).toBe('TM_GRAPH_KEYED');
  });

  test('do effects follow sinks, and nothing else?', () => {
    expect(check(source, effect('s'))).toBe('TM_GRAPH_EFFECT');
    expect(check(source, sink('x', 's'), effect('x', 's'))).toBe('TM_GRAPH_EFFECT');
    expect(check(source, sink('x', 's'), { kind: 'map', id: 'm', inputs: ['x'], map: (v) => v })).toBe(
      'TM_GRAPH_EFFECT',
    );
    expect(check(source, sink('x', 's'), effect('x'), sink('y', 'e'))).toBe('TM_GRAPH_EFFECT');
  });
});
