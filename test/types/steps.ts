import {
  type Bindings,
  effect,
  fileSink,
  files,
  json,
  list,
  map,
  pipeline,
  type ShapeOf,
  type Stream,
  sliding,
  table,
  tumbling,
  value,
  type WindowResult,
} from '../../lib/index.ts';
import type { SinkBinding } from '../../lib/ports/sink.ts';
import type { SourceBinding } from '../../lib/ports/source.ts';
import type { Equal, Expect } from './equal.ts';

interface Click {
  readonly kind: 'click';
  readonly user: string;
  readonly at: number;
  readonly x: number;
}
interface View {
  readonly kind: 'view';
  readonly user: string;
  readonly at: number;
  readonly page: string | undefined;
}
type Action = Click | View;
type ElementOf<X> = X extends Stream<infer T, infer _> ? T : never;

const actions = () => files({ schema: json<Action>(), onInvalid: 'fail' });
const p = pipeline('actions');
const source = p.source('actions', actions()).eventTime((a) => a.at);
const keyed = source.keyBy((a) => a.user);

/** Stateless steps. */
const mapped = source.map((a) => a.user.length);
const guarded = source.filter((a): a is Click => a.kind === 'click');
const inferredGuard = source.filter((a) => a.kind === 'view');
const plainFilter = source.filter((a) => a.at > 10);
const flat = source.flatMap((a) => (a.kind === 'click' ? [a.x, a.x] : []));
const generated = source.flatMap(function* (a) {
  yield a.user;
});
const joined = mapped.union(guarded, generated);
const branched = source.branch({ clicks: (a) => a.kind === 'click', early: (a) => a.at < 10 });
export type StatelessChecks = [
  Expect<Equal<ElementOf<typeof mapped>, number>>,
  Expect<Equal<ElementOf<typeof guarded>, Click>>,
  Expect<Equal<ElementOf<typeof inferredGuard>, View>>,
  Expect<Equal<ElementOf<typeof plainFilter>, Action>>,
  Expect<Equal<ElementOf<typeof flat>, number>>,
  Expect<Equal<ElementOf<typeof generated>, string>>,
  Expect<Equal<ElementOf<typeof joined>, number | Click | string>>,
  Expect<Equal<keyof typeof branched, 'clicks' | 'early'>>,
  Expect<Equal<ElementOf<(typeof branched)['clicks']>, Click>>,
  Expect<Equal<ElementOf<(typeof branched)['early']>, Action>>,
];
// @ts-expect-error a record has no such field
source.map((a) => a.usr);
// @ts-expect-error text is iterable, but hardly meant to become its letters
source.flatMap((a) => a.user);
// @ts-expect-error an object is not a key
source.keyBy((a) => ({ user: a.user }));
// @ts-expect-error a duration is an object
source.eventTime((a) => a.at, { outOfOrderness: 5000 });
// @ts-expect-error an unknown unit
source.dedupe('once', { by: (a) => a.user, within: { hour: 1 } });
// @ts-expect-error no such branch
branched.late;

/** Sources name what happens to invalid records. */
// @ts-expect-error onInvalid is missing
files({ schema: json<Action>() });
// @ts-expect-error schema is missing
files({ onInvalid: 'fail' });

/** Windows want keys, and a decision about late records. */
const counted = keyed
  .window(sliding({ hours: 1 }, { every: { minutes: 5 } }), { late: 'drop' })
  .aggregate('counted', { init: () => 0, add: (n, a) => n + a.at, merge: (a, b) => a + b });
const pairs = source
  .keyBy((a) => [a.user, a.at])
  .window(tumbling({ days: 1 }), { late: 'drop' })
  .aggregate('pairs', { init: () => [] as string[], add: (all, a) => [...all, a.kind] });
export type WindowChecks = [
  Expect<Equal<ElementOf<typeof counted>, WindowResult<string, number>>>,
  Expect<Equal<ElementOf<typeof pairs>, WindowResult<readonly [string, number], string[]>>>,
];
// @ts-expect-error the stream is not keyed
source.window(tumbling({ hours: 1 }), { late: 'drop' });
// @ts-expect-error what becomes of late records is not said
keyed.window(tumbling({ hours: 1 }), { allowedLateness: { minutes: 1 } });
// @ts-expect-error there is no such decision
keyed.window(tumbling({ hours: 1 }), { late: 'ignore' });
// @ts-expect-error stateful steps have an id
keyed.window(tumbling({ hours: 1 }), { late: 'drop' }).aggregate({ init: () => 0, add: (n: number) => n });
// @ts-expect-error windows slide every so often
sliding({ hours: 1 });
// @ts-expect-error a keyed stream is not mapped
keyed.map((a: Action) => a);
// @ts-expect-error the sum is a number
keyed.window(tumbling({ hours: 1 }), { late: 'drop' }).aggregate('sum', { init: () => 0, add: (_, a) => a.user });

/** State of process. */
const processed = keyed.dedupe('per-user', { by: (a) => a.at, within: { hours: 1 } }).process('totals', {
  state: { total: value(0), last: value<Date>(), seen: list<string>(), byDay: map<string, number>() },
  onElement: (a, ctx) => {
    type State = typeof ctx.state;
    type Checks = [
      Expect<Equal<ReturnType<State['total']['get']>, number>>,
      Expect<Equal<ReturnType<State['last']['get']>, Date | undefined>>,
      Expect<Equal<ReturnType<State['seen']['get']>, readonly string[]>>,
      Expect<Equal<ReturnType<State['byDay']['get']>, number | undefined>>,
      Expect<Equal<typeof ctx.key, string>>,
    ];
    ctx.state.total.set(ctx.state.total.get() + a.at);
    ctx.state.seen.add(a.user);
    ctx.state.byDay.set('today', 1);
    // @ts-expect-error the total is a number
    ctx.state.total.set('1');
    // @ts-expect-error there is no such state
    ctx.state.count;
    // @ts-expect-error lists hold text
    ctx.state.seen.add(1);
    // @ts-expect-error maps have text as keys
    ctx.state.byDay.get(1);
    // @ts-expect-error times are numbers
    ctx.timers.set('soon');
    ctx.timers.set(ctx.timestampMs + 1000);
    return [{ user: ctx.key, total: ctx.state.total.get(), checks: null as Checks | null }.total];
  },
  onTimer: (ctx) => [ctx.key],
});
const yielding = keyed.process('yielding', {
  state: { n: value({ count: 0 }) },
  *onElement(a, ctx) {
    if (ctx.state.n.get().count > 1) yield { user: a.user };
  },
});
const quiet = keyed.process('quiet', {
  state: {},
  onElement: (_, ctx) => {
    ctx.timers.set(ctx.timestampMs);
  },
  onTimer: (ctx) => [ctx.timestampMs],
});
const sometimes = keyed.process('sometimes', {
  state: { n: value(() => 0) },
  onElement: (a, ctx) => {
    if (ctx.state.n.get() === 0) return undefined;
    return [a.kind];
  },
});
export type ProcessChecks = [
  Expect<Equal<ElementOf<typeof processed>, number | string>>,
  Expect<Equal<ElementOf<typeof yielding>, { user: string }>>,
  Expect<Equal<ElementOf<typeof quiet>, number>>,
  Expect<Equal<ElementOf<typeof sometimes>, 'click' | 'view'>>,
];
// @ts-expect-error outputs come as an array
keyed.process('wrong', { state: {}, onElement: (a) => a });
// @ts-expect-error state is made by value, list and map
keyed.process('wrong', { state: { total: 0 }, onElement: () => [] });

/** Sinks and effects see the rows. */
const rows = counted.map(({ key, value: n }) => ({ user: key, n }));
const committed = rows.to('totals', table({ key: (row) => ({ pk: row.user }), commit: 'atomic-rows' }));
const told = committed.afterCommit('tell', effect({ idempotencyKey: (row) => row.user, payload: (row) => row.n }));
const copied = rows.to('copies', fileSink());
// @ts-expect-error the key is a column that is not there
rows.to('totals', table({ key: (row) => ({ pk: row.customer }), commit: 'atomic-rows' }));
// @ts-expect-error keys are text
rows.to('totals', table({ key: (row) => ({ pk: row.n }), commit: 'atomic-rows' }));
// @ts-expect-error how rows become visible is not said
rows.to('totals', table({ key: (row) => ({ pk: row.user }) }));
// @ts-expect-error a source is no sink
rows.to('totals', actions());
// @ts-expect-error the idempotency key is text
committed.afterCommit('tell', effect({ idempotencyKey: (row) => row.n, payload: (row) => row.n }));
// @ts-expect-error effects follow sinks
rows.afterCommit('tell', effect({ idempotencyKey: () => '', payload: () => '' }));

/** Several chains: `build` knows all of them; one chain knows itself. */
const both = p.build(told, copied);
const chained = copied.source('more', actions()).to('more-copies', fileSink());
const merged = mapped
  .union(p.source('other', files({ schema: json<string>(), onInvalid: 'fail' })))
  .to('out', fileSink());
export type ShapeChecks = [
  Expect<Equal<keyof ShapeOf<typeof both>['sources'], 'actions'>>,
  Expect<Equal<keyof ShapeOf<typeof both>['sinks'], 'totals' | 'copies'>>,
  Expect<Equal<ShapeOf<typeof both>['sinks']['totals'], { user: string; n: number }>>,
  Expect<Equal<ShapeOf<typeof both>['effects']['tell'], number>>,
  Expect<Equal<keyof ShapeOf<typeof chained>['sources'], 'actions' | 'more'>>,
  Expect<Equal<keyof ShapeOf<typeof chained>['sinks'], 'copies' | 'more-copies'>>,
  Expect<Equal<keyof ShapeOf<typeof merged>['sources'], 'actions' | 'other'>>,
  Expect<Equal<ShapeOf<typeof merged>['sources']['other'], string>>,
  Expect<Equal<ShapeOf<typeof merged>['sinks']['out'], number | string>>,
];
declare const from: SourceBinding;
declare const into: SinkBinding;
declare function run(bindings: Bindings<typeof chained>): void;
run({ sources: { actions: from, more: from }, sinks: { copies: into, 'more-copies': into } });
run({ sources: { actions: from, more: from }, sinks: { copies: into, 'more-copies': into }, effects: {} });
// @ts-expect-error one of two sinks is not bound
run({ sources: { actions: from, more: from }, sinks: { copies: into } });
// @ts-expect-error there are no effects
run({ sources: { actions: from, more: from }, sinks: { copies: into, 'more-copies': into }, effects: { tell: into } });
// @ts-expect-error a stream that has not ended is no definition
p.build(rows);
// @ts-expect-error an unknown option
pipeline('options', { checkpoint: { evry: { seconds: 1 } } });
// @ts-expect-error an unknown mode
pipeline('options', { checkpoint: { mode: 'at-most-once' } });
