import type { CheckpointSettings, GraphNode, KeyByNode, DedupeNode, WindowAggregateNode } from '../api/graph.ts';

/** What moves records into a stage: the key that decides their owner. */
export interface Exchange {
  /** Id of the `key-by` or unkeyed `dedupe` node that makes records change owner. */
  readonly node: KeyByNode | DedupeNode;
  /** Set when partial aggregates are combined by the sender: the one window that reads this exchange has `merge`. */
  readonly combine: WindowAggregateNode | undefined;
}

/** Operators that run in one function, without a change of owner between them. */
export interface Stage {
  /** Id of the node that begins it: the source, or the exchange's node. Stable across edits that keep ids. */
  readonly id: string;
  readonly kind: 'source' | 'keyed';
  readonly parallelism: number;
  /** Undefined for source stages. */
  readonly exchange: Exchange | undefined;
  /** Nodes that run here, in topological order; a stage of a union of sources begins in each of them. */
  readonly nodes: readonly GraphNode[];
  /** Stages that send to this one / that this one sends to, ordered by id. */
  readonly upstream: readonly string[];
  readonly downstream: readonly string[];
}

/** A stage's parallel instance `<stage>/<index>`. */
export interface Subtask {
  readonly id: string;
  readonly stage: string;
  readonly index: number;
  /** Inclusive range of key groups; undefined for source stages. */
  readonly keyGroups: { readonly first: number; readonly last: number } | undefined;
}

export interface PhysicalPlan {
  readonly name: string;
  readonly stages: readonly Stage[];
  readonly subtasks: readonly Subtask[];
  readonly maxParallelism: number;
  readonly checkpoint: CheckpointSettings;
  readonly onError: 'dead-letter' | 'fail';
  /** Fingerprint of what state depends on: operator id -> shape, as text to compare and to show. */
  readonly shapes: Readonly<Record<string, string>>;
  /** Hash of structure and shapes; with the bundle's hash it is the code identity. */
  readonly hash: string;
}
