import { effect, fileSink, files, graphOf, json, pipeline, table, tumbling } from '../../../lib/index.ts';
import { explainJson, explainMermaid, explainText } from '../../../lib/plan/explain.ts';
import { planPipeline } from '../../../lib/plan/planner.ts';

interface Event {
  readonly id: string;
  readonly user: string;
  readonly at: number;
}

function shop(parallelism = 2, mode: 'exactly-once' | 'at-least-once' = 'exactly-once') {
  const p = pipeline('shop', { checkpoint: { mode } });
  const source = (id: string) =>
    p.source(id, files({ schema: json<Event>(), onInvalid: 'fail' })).eventTime((e) => e.at);
  const all = source('web').union(source('app'));
  const raw = all.to('raw', fileSink());
  const hourly = all
    .dedupe('once', { by: (e) => e.id, within: { hours: 24 } })
    .keyBy((e) => e.user)
    .window(tumbling({ hours: 1 }), { allowedLateness: { minutes: 10 }, late: 'dead-letter' })
    .aggregate('hourly', { init: () => 0, add: (n) => n + 1, merge: (a, b) => a + b })
    .to('totals', table({ key: (row) => ({ pk: row.key }), commit: 'atomic-rows' }))
    .afterCommit('tell', effect({ idempotencyKey: (row) => row.key, payload: (row) => row.value }));
  return planPipeline(graphOf(p.build(raw, hourly)), { parallelism, partitions: 1 });
}

describe('explainText', () => {
  test('does it show stages, chains, exchanges, key groups and guarantees, in columns?', () => {
    const plan = shop();
    expect(explainText(plan)).toBe(`pipeline    shop
plan        ${plan.hash.slice(0, 12)}
mode        exactly-once
checkpoint  every 1 min, aligned, unaligned after 30 s, last 3 kept
errors      records that throw: dead-letter

stage web (source, 1 subtask)
  source      web           files, invalid records: fail
  event-time  event-time-1  in order
  union       union-1       reads event-time-1, event-time-2
  sink        raw           files
  sends to    once          what union-1 gives
  subtask     web/0

stage app (source, 1 subtask)
  source      app           files, invalid records: fail
  event-time  event-time-2  in order
  union       union-1       reads event-time-1, event-time-2
  sink        raw           files
  sends to    once          what union-1 gives
  subtask     app/0

stage once (keyed, 2 subtasks)
  exchange  once           dedupe from app, web; 4 channels; each record travels
  dedupe    once           within 24 h
  sends to  key-by-hourly  what once gives
  subtask   once/0         key groups 0-63 of 128
  subtask   once/1         key groups 64-127 of 128

stage key-by-hourly (keyed, 2 subtasks)
  exchange          key-by-hourly    key-by from once; 4 channels; partial aggregates of hourly combined before it
  window-aggregate  hourly           tumbling 1 h, late after 10 min: dead-letter
  sink              totals           table, atomic-rows
  effect            tell             after totals is committed
  subtask           key-by-hourly/0  key groups 0-63 of 128
  subtask           key-by-hourly/1  key groups 64-127 of 128

guarantees
  sink    raw     exactly-once   files get their names once the checkpoint is complete
  sink    totals  exactly-once   rows are written together with the progress once the checkpoint is complete
  effect  tell    at-least-once  never before totals is committed, the same idempotency key on each try
`);
  });

  test('are many subtasks shortened?', () => {
    const text = explainText(shop(20));
    expect(text).toContain('… 12 more');
    expect(text).toContain('once/19');
    expect(text).not.toContain('once/7');
  });

  test('does a weaker mode show at each sink?', () => {
    const text = explainText(shop(1, 'at-least-once'));
    expect(text).toContain('checkpoint  every 1 min, last 3 kept');
    expect(text).toMatch(/sink {4}raw {5}at-least-once/);
  });
});

describe('explainMermaid', () => {
  test('is every step in the box of its stage, and every exchange a thick arrow?', () => {
    const chart = explainMermaid(shop());
    expect(chart).toContain('  subgraph s3["key-by-hourly × 2"]\n    n9["window-aggregate<br/>hourly"]');
    expect(chart.match(/subgraph/g)).toHaveLength(4);
    expect(chart.match(/==>/g)).toHaveLength(3);
    expect(chart).toContain('n8 == "key-by-hourly, combined" ==> n9');
    expect(chart).toContain('n2 == "once" ==> n8');
    expect(chart).toContain('n6 == "once" ==> n8');
  });
});

describe('explainJson', () => {
  test('is it plain data that survives JSON?', () => {
    const summary = explainJson(shop());
    expect(JSON.parse(JSON.stringify(summary))).toEqual(summary);
    expect(summary.stages[3]).toMatchObject({
      id: 'key-by-hourly',
      exchange: { by: 'key-by-hourly', kind: 'key-by', from: ['once'], channels: 4, combines: 'hourly' },
      subtasks: [{ id: 'key-by-hourly/0', keyGroups: { first: 0, last: 63 } }, { id: 'key-by-hourly/1' }],
    });
    expect(summary.stages[0]?.sendsTo).toEqual([{ stage: 'once', after: ['union-1'] }]);
  });
});
