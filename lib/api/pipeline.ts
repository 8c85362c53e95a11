import { type Duration, durationMs } from '../core/record/duration.ts';
import { TidemarkError } from '../core/record/errors.ts';
import type { WindowSpec } from '../core/time/window-spec.ts';
import { DEFINITION, type Definition, type DefinitionContent, isDefinition } from './definition.ts';
import { Draft, type DraftNode } from './draft.ts';
import type { EffectKind } from './effect-kinds.ts';
import type { DedupeNode, GraphNode, SinkNode, WindowAggregateNode } from './graph.ts';
import { checkChoice, checkFunction, checkOptions } from './option-check.ts';
import type { CheckpointOptions, PipelineOptions } from './options.ts';
import { checkState, emitAll } from './process-functions.ts';
import type { EmptyShape, Shape } from './shape.ts';
import type { SinkKind } from './sink-kinds.ts';
import type { SourceKind } from './source-kinds.ts';
import type {
  Aggregate,
  Builder,
  Committed,
  DedupeOptions,
  EventTimeOptions,
  KeyedStream,
  Outputs,
  ProcessOptions,
  Stream,
  WindowedStream,
} from './stream.ts';
import type { WindowOptions } from './windows.ts';

/**
 * Begins the definition of a pipeline.
 *
 * `name` is part of every stored name: 1 to 64 of a-z, 0-9 and '-'. Throws `TM_GRAPH_ID`, `TM_OPTION_UNKNOWN`,
 * `TM_OPTION_VALUE`, `TM_CHECKPOINT_*`, `TM_DURATION`.
 */
export function pipeline(name: string, options: PipelineOptions = {}): Builder<EmptyShape> {
  // The steps below are untyped: types live in stream.ts, and this is the one place where they are put on.
  return new BuilderSteps(new Draft(name, options), new Set()) as unknown as Builder<EmptyShape>;
}

/** Any value of the user's, where the types of stream.ts have already been checked. */
type Of<Value> = (value: Value) => unknown;
type Methods<Interface> = { readonly [Name in keyof Interface]: unknown };

/** Ids of the sources, sinks and effects that a handle's type knows: what `build` compares with the graph. */
type Known = ReadonlySet<string>;

/** Common to all handles: the shared draft, the node they stand for, what their type knows. */
class Steps {
  readonly draft: Draft;
  readonly node: DraftNode;
  readonly known: Known;

  constructor(draft: Draft, node: DraftNode, known: Known) {
    this.draft = draft;
    this.node = node;
    this.known = known;
  }

  protected addDedupe(id: string, options: DedupeOptions<unknown>, keyed: boolean): DraftNode {
    checkOptions(`dedupe '${id}'`, options, ['by', 'within']);
    checkFunction(`by of dedupe '${id}'`, options.by);
    const withinMs = durationMs(options.within, `within of dedupe '${id}'`);
    const { by } = options;
    const make: DraftNode['make'] = (own, inputs) => ({ kind: 'dedupe', id: own, inputs, by, withinMs, keyed });
    return this.draft.addNamed(id, [this.node], make, keyed);
  }
}

class StreamSteps extends Steps implements Methods<Stream<unknown, Shape>> {
  eventTime(timestamp: Of<unknown>, options: EventTimeOptions = {}): StreamSteps {
    checkFunction('the first argument of eventTime(…)', timestamp);
    checkOptions('eventTime(…)', options, ['outOfOrderness', 'idleAfter']);
    const optional = (name: 'outOfOrderness' | 'idleAfter', duration: Duration | undefined) =>
      duration === undefined ? undefined : durationMs(duration, `${name} of eventTime(…)`);
    const outOfOrdernessMs = optional('outOfOrderness', options.outOfOrderness) ?? 0;
    const idleAfterMs = optional('idleAfter', options.idleAfter);
    const read = timestamp as (value: unknown) => number | Date;
    return this.#then('event-time', (id, inputs) => ({
      kind: 'event-time',
      id,
      inputs,
      timestamp: read,
      outOfOrdernessMs,
      idleAfterMs,
    }));
  }

  map(map: Of<unknown>): StreamSteps {
    checkFunction('the argument of map(…)', map);
    return this.#then('map', (id, inputs) => ({ kind: 'map', id, inputs, map }));
  }

  filter(keep: (value: unknown) => boolean, stem = 'filter'): StreamSteps {
    checkFunction('the argument of filter(…)', keep);
    return this.#then(stem, (id, inputs) => ({ kind: 'filter', id, inputs, keep }));
  }

  flatMap(flatMap: (value: unknown) => Outputs<unknown>): StreamSteps {
    checkFunction('the argument of flatMap(…)', flatMap);
    return this.#then('flat-map', (id, inputs) => ({ kind: 'flat-map', id, inputs, flatMap }));
  }

  union(...others: readonly StreamSteps[]): StreamSteps {
    for (const other of others) {
      if (other instanceof StreamSteps && other.draft === this.draft) continue;
      throw new TidemarkError(
        'TM_GRAPH_UNION',
        'invalid',
        'union(…) joins streams of one pipeline(…) only',
        'Begin all of them with .source(…) of the same pipeline; a keyed or windowed stream joins after .aggregate(…) or .process(…).',
      );
    }
    const all = [this, ...others];
    const node = this.draft.addDerived(
      'union',
      all.map((stream) => stream.node),
      (id, inputs) => ({ kind: 'union', id, inputs }),
    );
    return new StreamSteps(this.draft, node, new Set(all.flatMap((stream) => [...stream.known])));
  }

  branch(predicates: Readonly<Record<string, (value: unknown) => boolean>>): Readonly<Record<string, StreamSteps>> {
    const branches = Object.entries(predicates).map(([name, keep]) => [name, this.filter(keep, stemOfBranch(name))]);
    return Object.freeze(Object.fromEntries(branches));
  }

  keyBy(key: Of<unknown>): KeyedSteps {
    checkFunction('the argument of keyBy(…)', key);
    const read = key as DedupeNode['by'];
    const node = this.draft.addDerived('key-by', [this.node], (id, inputs) => ({
      kind: 'key-by',
      id,
      inputs,
      key: read,
    }));
    return new KeyedSteps(this.draft, node, this.known);
  }

  dedupe(id: string, options: DedupeOptions<unknown>): StreamSteps {
    return new StreamSteps(this.draft, this.addDedupe(id, options, false), this.known);
  }

  to(id: string, sink: SinkKind<unknown>): CommittedSteps {
    checkRole(`to('${id}', …)`, sink, 'sink', 'fileSink() or table({ key, commit })');
    const kind: SinkNode['sink'] =
      sink.kind === 'files' ? { kind: 'files' } : { kind: 'table', key: sink.key, commit: sink.commit };
    const node = this.draft.addNamed(id, [this.node], (own, inputs) => ({ kind: 'sink', id: own, inputs, sink: kind }));
    return new CommittedSteps(this.draft, node, new Set([...this.known, id]));
  }

  #then(stem: string, make: (id: string, inputs: readonly string[]) => GraphNode): StreamSteps {
    return new StreamSteps(this.draft, this.draft.addDerived(stem, [this.node], make), this.known);
  }
}

class KeyedSteps extends Steps implements Methods<KeyedStream<string, unknown, Shape>> {
  dedupe(id: string, options: DedupeOptions<unknown>): KeyedSteps {
    return new KeyedSteps(this.draft, this.addDedupe(id, options, true), this.known);
  }

  window(window: WindowSpec, options: WindowOptions): WindowedSteps {
    checkOptions('window(…)', options, ['allowedLateness', 'late']);
    checkChoice('late of window(…)', options.late, ['drop', 'dead-letter']);
    const allowedLatenessMs = durationMs(options.allowedLateness ?? {}, 'allowedLateness of window(…)');
    return new WindowedSteps(this, { window, allowedLatenessMs, late: options.late });
  }

  process(id: string, options: ProcessOptions<unknown, string, Record<never, never>, unknown, unknown>): StreamSteps {
    checkOptions(`process '${id}'`, options, ['state', 'onElement', 'onTimer']);
    const { state, onElement, onTimer } = options;
    checkState(id, state);
    checkFunction(`onElement of process '${id}'`, onElement);
    if (onTimer !== undefined) checkFunction(`onTimer of process '${id}'`, onTimer);
    const node = this.draft.addNamed(id, [this.node], (own, inputs) => ({
      kind: 'process',
      id: own,
      inputs,
      state: Object.freeze({ ...state }),
      onElement: (value, context) => emitAll(onElement(value, context as never), context),
      onTimer: onTimer === undefined ? undefined : (context) => emitAll(onTimer(context as never), context),
    }));
    return new StreamSteps(this.draft, node, this.known);
  }
}

class WindowedSteps extends Steps implements Methods<WindowedStream<string, unknown, Shape>> {
  readonly #window: Pick<WindowAggregateNode, 'window' | 'allowedLatenessMs' | 'late'>;

  constructor(keyed: Steps, window: Pick<WindowAggregateNode, 'window' | 'allowedLatenessMs' | 'late'>) {
    super(keyed.draft, keyed.node, keyed.known);
    this.#window = window;
  }

  aggregate(id: string, aggregate: Aggregate<unknown, unknown>): StreamSteps {
    checkOptions(`aggregate '${id}'`, aggregate, ['init', 'add', 'merge']);
    const { init, add, merge } = aggregate;
    checkFunction(`init of aggregate '${id}'`, init);
    checkFunction(`add of aggregate '${id}'`, add);
    if (merge !== undefined) checkFunction(`merge of aggregate '${id}'`, merge);
    const fields = { ...this.#window, init, add, merge };
    const node = this.draft.addNamed(id, [this.node], (own, inputs) => ({
      kind: 'window-aggregate',
      id: own,
      inputs,
      ...fields,
    }));
    return new StreamSteps(this.draft, node, this.known);
  }
}

class BuilderSteps implements Methods<Builder<Shape>> {
  readonly name: string;
  readonly draft: Draft;
  readonly known: Known;
  readonly [DEFINITION]: DefinitionContent<Shape>;

  constructor(draft: Draft, known: Known) {
    this.name = draft.name;
    this.draft = draft;
    this.known = known;
    this[DEFINITION] = contentOf(draft, known);
  }

  source(id: string, source: SourceKind<unknown, unknown>): StreamSteps {
    checkRole(`source('${id}', …)`, source, 'source', 'files({ schema, onInvalid }) or stream({ schema, onInvalid })');
    const { source: kind, schema, onInvalid } = source;
    const node = this.draft.addNamed(id, [], (own, inputs) => ({
      kind: 'source',
      id: own,
      inputs,
      source: kind,
      schema,
      onInvalid,
    }));
    return new StreamSteps(this.draft, node, new Set([...this.known, id]));
  }

  build(...ends: readonly Definition[]): Definition {
    for (const end of ends) {
      if (isDefinition(end) && end[DEFINITION].origin === this.draft) continue;
      throw new TidemarkError(
        'TM_GRAPH_BUILD',
        'invalid',
        `build(…) of pipeline '${this.name}' was given something that is not an end of this pipeline`,
        'Give it what .to(…) or .afterCommit(…) returned at the end of each chain.',
      );
    }
    const known = new Set([...this.known, ...ends.flatMap((end) => [...end[DEFINITION].known])]);
    const graph = this.draft.graph();
    const missing = graph.nodes.filter((node) => BOUND_KINDS.has(node.kind) && !known.has(node.id));
    if (missing.length > 0) {
      throw new TidemarkError(
        'TM_GRAPH_BUILD',
        'invalid',
        `build(…) of pipeline '${this.name}' was not given the chain of ${missing.map(({ id }) => `'${id}'`).join(', ')}`,
        'Give it what .to(…) or .afterCommit(…) returned at the end of every chain, so that bindings are typed.',
      );
    }
    return Object.freeze({ name: this.name, [DEFINITION]: contentOf(this.draft, known) });
  }
}

class CommittedSteps extends BuilderSteps implements Methods<Committed<unknown, Shape>> {
  readonly node: DraftNode;

  constructor(draft: Draft, node: DraftNode, known: Known) {
    super(draft, known);
    this.node = node;
  }

  afterCommit(id: string, effect: EffectKind<unknown, unknown>): CommittedSteps {
    checkRole(`afterCommit('${id}', …)`, effect, 'effect', 'effect({ idempotencyKey, payload })');
    const { idempotencyKey, payload } = effect;
    const after = this.node.id;
    this.draft.addNamed(id, [this.node], (own, inputs) => ({
      kind: 'effect',
      id: own,
      inputs,
      after,
      idempotencyKey,
      payload,
    }));
    return new CommittedSteps(this.draft, this.node, new Set([...this.known, id]));
  }
}

/** Kinds of nodes that need a binding. */
const BOUND_KINDS: ReadonlySet<string> = new Set<GraphNode['kind']>(['source', 'sink', 'effect']);

function contentOf(draft: Draft, known: Known): DefinitionContent<Shape> {
  return Object.freeze({ graph: (checkpoint?: CheckpointOptions) => draft.graph(checkpoint), origin: draft, known });
}

function checkRole(where: string, kind: { readonly role: string }, role: string, write: string): void {
  if (typeof kind === 'object' && kind !== null && kind.role === role) return;
  throw new TidemarkError('TM_GRAPH_KIND', 'invalid', `${where} wants a kind of ${role}`, `Write ${write} there.`);
}

/** `branch-` and the name of the branch, as an id may be written. */
function stemOfBranch(name: string): string {
  const words =
    name
      .replace(/([a-z0-9])([A-Z])/g, '$1-$2')
      .toLowerCase()
      .match(/[a-z0-9]+/g) ?? [];
  return ['branch', ...words].join('-').slice(0, 48);
}
