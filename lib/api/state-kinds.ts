import type { StateSpec } from '../core/operators/process.ts';
import type { Key } from '../core/record/key.ts';

/** One value under the current key. Writes take effect with the batch, or not at all. */
export interface ValueState<V> {
  /** The value, or the initial one. Treat it as read-only: only {@link ValueState.set} changes it. */
  get(): V;
  set(value: V): void;
  /** Back to the initial value. */
  clear(): void;
}

/** A list under the current key. */
export interface ListState<V> {
  /** All values, oldest first; empty at the beginning. */
  get(): readonly V[];
  /** Appends one value. */
  add(value: V): void;
  /** Replaces all values. */
  set(values: readonly V[]): void;
  clear(): void;
}

/** A map under the current key. Its keys are what keys of streams are: scalars, or tuples of them. */
export interface MapState<K extends Key, V> {
  get(key: K): V | undefined;
  set(key: K, value: V): void;
  has(key: K): boolean;
  delete(key: K): void;
  /** All keys, in the order of their canonical form. */
  keys(): readonly K[];
  /** All entries, in the order of the keys' canonical form. */
  entries(): readonly (readonly [K, V])[];
  clear(): void;
}

declare const HANDLE: unique symbol;

/** A declared piece of keyed state; `Handle` is what `ctx.state` offers for it. Made by {@link value}, {@link list}, {@link map}. */
export interface StateDeclaration<out Handle> extends StateSpec {
  /** For the compiler only. */
  readonly [HANDLE]?: Handle;
}

/** The pieces of state of one `process`, by name. */
export type StateDeclarations = Readonly<Record<string, StateDeclaration<unknown>>>;

/**
 * What `onElement` and `onTimer` see. It is valid during the call only.
 * All of it belongs to the current key; reads see the writes made before.
 */
export interface KeyedContext<out K extends Key, out State extends StateDeclarations> {
  readonly key: K;
  /** Event time of the element or timer, milliseconds since 1970. */
  readonly timestampMs: number;
  /** No earlier event is expected, milliseconds since 1970. */
  readonly watermarkMs: number;
  readonly state: {
    readonly [Name in keyof State]: State[Name] extends StateDeclaration<infer Handle> ? Handle : never;
  };
  /** Event-time timers of this key: one for each time, fired when the watermark reaches it. */
  readonly timers: {
    set(timeMs: number): void;
    clear(timeMs: number): void;
  };
}

/** One value, `undefined` at the beginning. */
export function value<V>(): StateDeclaration<ValueState<V | undefined>>;
/** One value. A function is called for each first read; anything else is copied. */
export function value<V>(initial: V | (() => V)): StateDeclaration<ValueState<V>>;
export function value(initial?: unknown): StateDeclaration<ValueState<unknown>> {
  return Object.freeze({ kind: 'value', initial: initialOf(initial) });
}

function initialOf(initial: unknown): () => unknown {
  if (typeof initial === 'function') return initial as () => unknown;
  return typeof initial === 'object' && initial !== null ? () => structuredClone(initial) : () => initial;
}

/** A list, empty at the beginning. */
export function list<V>(): StateDeclaration<ListState<V>> {
  return Object.freeze({ kind: 'list' });
}

/** A map, empty at the beginning. */
export function map<K extends Key, V>(): StateDeclaration<MapState<K, V>> {
  return Object.freeze({ kind: 'map' });
}
