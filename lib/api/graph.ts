import type { ProcessFunctions } from '../core/operators/process.ts';
import type { Key } from '../core/record/key.ts';
import type { WindowSpec } from '../core/time/window-spec.ts';
import type { StandardSchema } from '../ports/schema.ts';

export type LatePolicy = 'drop' | 'dead-letter';

interface NodeBase {
  /** Unique in the pipeline; given by the user for sources, stateful steps, sinks, effects, else derived (`map-3`). */
  readonly id: string;
  /** Ids of the nodes it reads. */
  readonly inputs: readonly string[];
}

export interface SourceNode extends NodeBase {
  readonly kind: 'source';
  readonly source: 'files' | 'stream';
  readonly schema: StandardSchema<unknown, unknown> | undefined;
  readonly onInvalid: 'dead-letter' | 'fail';
}
export interface EventTimeNode extends NodeBase {
  readonly kind: 'event-time';
  /** Milliseconds or a Date. */
  readonly timestamp: (value: unknown) => number | Date;
  readonly outOfOrdernessMs: number;
  readonly idleAfterMs: number | undefined;
}
export interface MapNode extends NodeBase {
  readonly kind: 'map';
  readonly map: (value: unknown) => unknown;
}
export interface FilterNode extends NodeBase {
  readonly kind: 'filter';
  readonly keep: (value: unknown) => boolean;
}
export interface FlatMapNode extends NodeBase {
  readonly kind: 'flat-map';
  readonly flatMap: (value: unknown) => Iterable<unknown>;
}
export interface UnionNode extends NodeBase {
  readonly kind: 'union';
}
export interface KeyByNode extends NodeBase {
  readonly kind: 'key-by';
  readonly key: (value: unknown) => Key;
}
export interface DedupeNode extends NodeBase {
  readonly kind: 'dedupe';
  readonly by: (value: unknown) => Key;
  readonly withinMs: number;
  /** True after `keyBy`: ids are remembered per key, without another exchange. */
  readonly keyed: boolean;
}
export interface WindowAggregateNode extends NodeBase {
  readonly kind: 'window-aggregate';
  readonly window: WindowSpec;
  readonly allowedLatenessMs: number;
  readonly late: LatePolicy;
  readonly init: () => unknown;
  readonly add: (accumulator: unknown, value: unknown) => unknown;
  readonly merge: ((left: unknown, right: unknown) => unknown) | undefined;
}
export interface ProcessNode extends NodeBase, ProcessFunctions {
  readonly kind: 'process';
}
export interface SinkNode extends NodeBase {
  readonly kind: 'sink';
  readonly sink:
    | { readonly kind: 'files' }
    | {
        readonly kind: 'table';
        readonly key: (row: unknown) => { readonly pk: string; readonly sk?: string | undefined };
        readonly commit: 'atomic-rows';
      };
}
export interface EffectNode extends NodeBase {
  readonly kind: 'effect';
  /** The sink whose committed rows it acts on. */
  readonly after: string;
  readonly idempotencyKey: (row: unknown) => string;
  readonly payload: (row: unknown) => unknown;
}

export type GraphNode =
  | SourceNode
  | EventTimeNode
  | MapNode
  | FilterNode
  | FlatMapNode
  | UnionNode
  | KeyByNode
  | DedupeNode
  | WindowAggregateNode
  | ProcessNode
  | SinkNode
  | EffectNode;

/** Checkpoint options as numbers; `CheckpointOptions` in api/options is what users write. */
export interface CheckpointSettings {
  readonly everyMs: number;
  readonly mode: 'exactly-once' | 'at-least-once';
  readonly timeoutMs: number;
  readonly minPauseMs: number;
  readonly maxConcurrent: number;
  readonly tolerableFailures: number;
  readonly unaligned: boolean;
  /** Infinity for `'never'`. */
  readonly alignedTimeoutMs: number;
  readonly retain: number;
  readonly onCancel: 'retain' | 'delete';
}

/** What a pipeline module exports: data and the user's functions, nothing that runs. */
export interface PipelineGraph {
  readonly name: string;
  readonly nodes: readonly GraphNode[];
  readonly checkpoint: CheckpointSettings;
  /** What happens when user code throws on a record three times. */
  readonly onError: 'dead-letter' | 'fail';
}
