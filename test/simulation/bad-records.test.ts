import { SimSplits } from '../../lib/adapters/simulated/memory-source.ts';
import type { PipelineGraph } from '../../lib/index.ts';
import { fileSink, files, graphOf, json, list, pipeline, tumbling } from '../../lib/index.ts';
import { Simulation } from '../../lib/testkit/simulation.ts';

interface Event {
  readonly key: string;
  readonly at: number;
  readonly bad?: boolean;
}

const kind = () => files({ schema: json<Event>(), onInvalid: 'dead-letter' });
const late = { late: 'dead-letter' } as const;
const window = tumbling({ milliseconds: 100 });

async function run(graph: PipelineGraph, inputs: Readonly<Record<string, readonly Event[]>>) {
  const sources = new Map<string, SimSplits>();
  for (const [id, events] of Object.entries(inputs)) {
    const content = new SimSplits();
    content.add('same-name', events);
    content.complete = true;
    sources.set(id, content);
  }
  const simulation = new Simulation(graph, sources, { seed: 3, partitions: 1, parallelism: 1 });
  const end = await simulation.run();
  return { end, rows: simulation.committed('out'), letters: await simulation.deadLetters() };
}

const good = (from: number, count: number): Event[] =>
  Array.from({ length: count }, (_, i) => ({ key: 'k', at: from + i }));

/** What no encoding takes: it was allowed in memory and fails only where it is stored or sent. */
const unstorable = (event: Event): object =>
  event.bad ? { key: event.key, at: event.at, what: Symbol('bad') } : event;

describe('a value that can not be stored', () => {
  const input = [...good(0, 5), { key: 'k', at: 5, bad: true }, ...good(6, 5)];
  const source = () =>
    pipeline('bad')
      .source('in', kind())
      .eventTime((e) => e.at, { outOfOrderness: { seconds: 1 } });
  const count = { init: () => 0, add: (sum: number) => sum + 1 };

  test('is a row of it one dead letter, and the rest written?', async () => {
    const { end, rows, letters } = await run(graphOf(source().map(unstorable).to('out', fileSink())), { in: input });
    expect([end, rows.length, letters.map(({ code }) => code)]).toEqual(['finished', 10, ['TM_CODEC_VALUE']]);
  });

  test('is a record of it on an exchange one dead letter?', async () => {
    const graph = graphOf(
      source()
        .map(unstorable)
        .keyBy(() => 'k')
        .window(window, late)
        .aggregate('count', count)
        .to('out', fileSink()),
    );
    const { end, rows, letters } = await run(graph, { in: input });
    expect([end, rows, letters.map(({ code }) => code)]).toEqual([
      'finished',
      [expect.objectContaining({ value: 10 })],
      ['TM_CODEC_VALUE'],
    ]);
  });

  test('is a record that puts it into state one dead letter?', async () => {
    const graph = graphOf(
      source()
        .keyBy((e) => e.key)
        .process('kept', {
          state: { all: list<object>() },
          onElement: (event, ctx) => {
            ctx.state.all.add(unstorable(event));
            return [ctx.state.all.get().length];
          },
        })
        .to('out', fileSink()),
    );
    const { end, rows, letters } = await run(graph, { in: input });
    expect([end, rows, letters.map(({ code }) => code)]).toEqual([
      'finished',
      [1, 2, 3, 4, 5, 6, 7, 8, 9, 10],
      ['TM_CODEC_VALUE'],
    ]);
  });
});

test('are records at one position of two sources two dead letters, though one step refuses both?', async () => {
  const p = pipeline('bad');
  const read = (id: string) => p.source(id, kind()).eventTime((e) => e.at, { outOfOrderness: { seconds: 1 } });
  const all = read('a').union(read('b'));
  const graph = graphOf(
    all
      .map((event) => {
        if (event.bad) throw new Error('bad');
        return event;
      })
      .to('out', fileSink()),
  );
  const input = [{ key: 'k', at: 0, bad: true }, ...good(1, 3)];
  const { rows, letters } = await run(graph, { a: input, b: input });
  expect([rows.length, letters.length]).toEqual([6, 2]);
});
