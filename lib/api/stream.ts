import type { Duration } from '../core/record/duration.ts';
import type { Key } from '../core/record/key.ts';
import type { WindowSpec } from '../core/time/window-spec.ts';
import type { Definition, ShapeOf } from './definition.ts';
import type { EffectKind } from './effect-kinds.ts';
import type { AddEffect, AddSink, AddSource, MergeShapes, Shape } from './shape.ts';
import type { SinkKind } from './sink-kinds.ts';
import type { SourceKind } from './source-kinds.ts';
import type { KeyedContext, StateDeclarations } from './state-kinds.ts';
import type { WindowOptions, WindowResult } from './windows.ts';

/** What a function gives back for one record: none, one or more values, as an array or a generator. Not a string. */
export type Outputs<T> = Iterable<T> & object;

/** Options of `.eventTime(…)`. */
export interface EventTimeOptions {
  /** How far behind the latest event of its split a record may come. The watermark trails by this much. Default: none. */
  readonly outOfOrderness?: Duration;
  /** A split that is quiet for so long no longer holds back the watermark. Default: it does so for ever. */
  readonly idleAfter?: Duration;
}

/** Options of `.dedupe(…)`. */
export interface DedupeOptions<in T> {
  /** What makes two records the same. */
  readonly by: (value: T) => Key;
  /** How long an id is remembered, in event time. More than zero. */
  readonly within: Duration;
}

/** Functions of `.aggregate(…)`. They are pure: they may be called again for the same record. */
export interface Aggregate<in T, in out A> {
  readonly init: () => A;
  /** The accumulator with one more value. May change and return `accumulator` itself. */
  readonly add: (accumulator: A, value: T) => A;
  /** Two accumulators as one. Where it is given, senders combine records before the exchange: fewer bytes, no hot keys. */
  readonly merge?: (left: A, right: A) => A;
}

/** Functions and state of `.process(…)`. */
export interface ProcessOptions<in T, K extends Key, State extends StateDeclarations, out A, out B> {
  /** Pieces of keyed state by name: `{ total: value(0), seen: list<string>(), byDay: map<string, number>() }`. */
  readonly state: State;
  // biome-ignore lint/suspicious/noConfusingVoidType: a function without a return statement gives void
  readonly onElement: (value: T, context: KeyedContext<K, State>) => Outputs<A> | undefined | void;
  /** Called when the watermark reaches a time that `context.timers.set` named. Wants `.eventTime(…)` upstream. */
  // biome-ignore lint/suspicious/noConfusingVoidType: a function without a return statement gives void
  readonly onTimer?: (context: KeyedContext<K, State>) => Outputs<B> | undefined | void;
}

type ElementOf<X> = X extends Stream<infer T, Shape> ? T : never;
type ShapeOfStream<X> = X extends Stream<unknown, infer S> ? S : never;
type Guard<T, U extends T> = (value: T) => value is U;
type Accepted<Predicate, T> = Predicate extends Guard<T, infer U> ? U : T;

/**
 * Records of type `T`; `S` is what the pipeline asks for up to here. Each step returns a new stream; a stream may be
 * read by several steps, each of which gets every record. All functions are synchronous.
 */
export interface Stream<out T, out S extends Shape> {
  /**
   * Says when events happened (milliseconds since 1970, or a Date): what windows, timers and dedupe go by. Directly
   * after a source and its stateless steps, before any union, dedupe or keyBy, since watermarks are kept per split.
   */
  eventTime(timestamp: (value: T) => number | Date, options?: EventTimeOptions): Stream<T, S>;
  map<U>(map: (value: T) => U): Stream<U, S>;
  /** Keeps the records for which `keep` is true; a type guard narrows the type. */
  filter<U extends T>(keep: (value: T) => value is U): Stream<U, S>;
  filter(keep: (value: T) => boolean): Stream<T, S>;
  /** Each record becomes none, one or several. */
  flatMap<U>(flatMap: (value: T) => Outputs<U>): Stream<U, S>;
  /** The records of this and the other streams, in no particular order among them. */
  union<Others extends readonly [Stream<unknown, Shape>, ...Stream<unknown, Shape>[]]>(
    ...others: Others
  ): Stream<T | ElementOf<Others[number]>, MergeShapes<S | ShapeOfStream<Others[number]>>>;
  /** A stream for each predicate, with all records that it accepts; a record may be in several, or in none. */
  branch<Predicates extends Readonly<Record<string, (value: T) => boolean>>>(
    predicates: Predicates,
  ): { readonly [Name in keyof Predicates]: Stream<Accepted<Predicates[Name], T>, S> };
  /** Brings the records of one key together, in the order of each sender: an exchange. */
  keyBy<const K extends Key>(key: (value: T) => K): KeyedStream<K, T, S>;
  /**
   * Lets through the first record of each id. This brings records of one id together: an exchange of its own. After
   * `keyBy` the same step costs none, where records with one id always have one key.
   */
  dedupe(id: string, options: DedupeOptions<T>): Stream<T, S>;
  /** Ends the stream in a sink. What comes back is a definition, and a place for `.afterCommit(…)`. */
  to<Id extends string>(id: Id, sink: SinkKind<T>): Committed<T, AddSink<S, Id, T>>;
}

/** Records of type `T`, those of one key `K` in one place. */
export interface KeyedStream<out K extends Key, out T, out S extends Shape> {
  /** Lets through the first record of each id under its key. No exchange. The stream stays keyed. */
  dedupe(id: string, options: DedupeOptions<T>): KeyedStream<K, T, S>;
  /** Groups each key's records by event time. Late records need a decision. */
  window(window: WindowSpec, options: WindowOptions): WindowedStream<K, T, S>;
  /** State and timers under each key; what the functions return or yield goes on. */
  process<const Id extends string, State extends StateDeclarations, A = never, B = never>(
    id: Id,
    options: ProcessOptions<T, K, State, A, B>,
  ): Stream<A | B, S>;
}

/** Records of type `T` by key and window. */
export interface WindowedStream<out K extends Key, out T, out S extends Shape> {
  /** One result for each key and window that had a record, once, when the window fires. */
  aggregate<A>(id: string, aggregate: Aggregate<T, A>): Stream<WindowResult<K, A>, S>;
}

/** A pipeline being defined. Its handles share one graph; each handle's type knows the chain that led to it. */
export interface Builder<out S extends Shape> extends Definition<S> {
  /** Begins a stream. `id` is the name under which a binding says where it comes from. */
  source<const Id extends string, In, Out>(id: Id, source: SourceKind<In, Out>): Stream<Out, AddSource<S, Id, In>>;
  /**
   * The definition of several chains: give it what `.to(…)` and `.afterCommit(…)` returned at the end of each, so that
   * its type knows all of them. Checks the graph at once. Throws `TM_GRAPH_*`; `TM_GRAPH_BUILD` when a chain is missing.
   */
  build<Ends extends readonly [Definition, ...Definition[]]>(
    ...ends: Ends
  ): Definition<MergeShapes<S | ShapeOf<Ends[number]>>>;
}

/** The end of a chain: rows of a sink, visible when a checkpoint has completed. */
export interface Committed<out Row, out S extends Shape> extends Builder<S> {
  /**
   * Does something to the outside world for each committed row: at least once, never before the commit, with the same
   * idempotency key on every try.
   */
  afterCommit<const Id extends string, Payload>(
    id: Id,
    effect: EffectKind<Row, Payload>,
  ): Committed<Row, AddEffect<S, Id, Payload>>;
}
