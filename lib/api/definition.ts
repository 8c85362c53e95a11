import { TidemarkError } from '../core/record/errors.ts';
import type { EffectBinding } from '../ports/effect.ts';
import type { SinkBinding } from '../ports/sink.ts';
import type { SourceBinding } from '../ports/source.ts';
import type { PipelineGraph } from './graph.ts';
import type { CheckpointOptions } from './options.ts';
import type { Shape } from './shape.ts';

/** `Symbol.for`, so that a definition from another copy of this module is recognised: bundlers double modules. */
export const DEFINITION: unique symbol = Symbol.for('tidemark.definition');

/** What a definition carries. `shape` exists for the compiler only. */
export interface DefinitionContent<out S extends Shape> {
  readonly graph: (checkpoint?: CheckpointOptions) => PipelineGraph;
  /** The same object for all handles of one pipeline. */
  readonly origin: object;
  /** Ids of the sources, sinks and effects that `shape` knows. */
  readonly known: ReadonlySet<string>;
  readonly shape?: S;
}

/** What a pipeline module exports: data and the user's functions, nothing that runs. */
export interface Definition<out S extends Shape = Shape> {
  /** Name of the pipeline. */
  readonly name: string;
  readonly [DEFINITION]: DefinitionContent<S>;
}

/** Ids and types of the sources, sinks and effects of a definition. */
export type ShapeOf<D extends Definition> = D extends Definition<infer S> ? S : never;

/** One binding for each id; optional when there is no id. */
type Bound<Name extends keyof Shape, Ids, Binding> = [keyof Ids] extends [never]
  ? { readonly [K in Name]?: Record<string, never> }
  : { readonly [K in Name]: { readonly [Id in keyof Ids]: Binding } };

/** Where the sources, sinks and effects of a definition really are, by id. A forgotten or misspelt id does not compile. */
export type Bindings<D extends Definition> = Bound<'sources', ShapeOf<D>['sources'], SourceBinding> &
  Bound<'sinks', ShapeOf<D>['sinks'], SinkBinding> &
  Bound<'effects', ShapeOf<D>['effects'], EffectBinding>;

/** True for what `pipeline(…)` and its `.to(…)`, `.afterCommit(…)` and `.build(…)` give. */
export function isDefinition(value: unknown): value is Definition {
  return typeof value === 'object' && value !== null && DEFINITION in value;
}

/**
 * The checked graph of a definition. `checkpoint` overrides the definition's own options one by one.
 *
 * Throws `TM_GRAPH_*` (invalid) when the graph cannot run, with what to write instead.
 */
export function graphOf(definition: Definition, checkpoint?: CheckpointOptions): PipelineGraph {
  if (!isDefinition(definition)) {
    throw new TidemarkError(
      'TM_GRAPH_DEFINITION',
      'invalid',
      'this is not a finished pipeline definition',
      "Export what .to(…), .afterCommit(…) or .build(…) returns: export default pipeline('name').source(…)….to(…).",
    );
  }
  return definition[DEFINITION].graph(checkpoint);
}
