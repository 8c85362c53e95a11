import type { CheckpointSettings, DedupeNode, GraphNode, KeyByNode, WindowAggregateNode } from '../api/graph.ts';

// The runtime sees nodes through the plan only.
export type { EffectNode, EventTimeNode, GraphNode, SinkNode, SourceNode } from '../api/graph.ts';

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
  /**
   * Nodes that run here, in topological order, up to the next exchanges: an exchange's node is not in the `nodes` of its
   * senders, who find it as `exchange.node` of their downstream stages. The first node is the source, or the unkeyed
   * `dedupe` of the exchange; a `key-by` is in no stage's `nodes`, its readers begin the stage. What follows a union is
   * in each stage that reaches it, so a node's `inputs` may name nodes of other stages. Effects are here too.
   */
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
  /** Fingerprint of what state depends on: id of an operator, source or sink -> shape, as text to compare and to show. */
  readonly shapes: Readonly<Record<string, string>>;
  /** Hash of structure and shapes; with the bundle's hash it is the code identity. */
  readonly hash: string;
}
