import type { GraphNode, PipelineGraph, SourceNode } from '../api/graph.ts';
import { GraphView } from '../api/graph-view.ts';
import { sha256Hex } from '../core/bytes/digest.ts';
import { TidemarkError } from '../core/record/errors.ts';
import { keyGroupRange } from '../core/state/key-group.ts';
import type { Exchange, PhysicalPlan, Stage, Subtask } from './physical-plan.ts';
import { shapesOf } from './state-shapes.ts';

/** How wide a plan is. */
export interface PlanOptions {
  /** Subtasks of each stage behind an exchange: 1 … `maxParallelism`. */
  readonly parallelism: number;
  /** Subtasks of each source, at least 1. Splits are given to them by hash. */
  readonly partitions: number;
  /** Key groups, 1 … 32768; fixed at the first start of a job. Default: 128. */
  readonly maxParallelism?: number;
}

const DEFAULT_MAX_PARALLELISM = 128;
const MOST_KEY_GROUPS = 32_768;

/** A node with which a stage begins. */
type StageStart = SourceNode | Exchange['node'];

function isStart(node: GraphNode): node is StageStart {
  return node.kind === 'source' || node.kind === 'key-by' || (node.kind === 'dedupe' && !node.keyed);
}

function checkWidth(name: string, width: number, most: number): void {
  if (Number.isSafeInteger(width) && width >= 1 && width <= most) return;
  throw new TidemarkError(
    'TM_PLAN_PARALLELISM',
    'invalid',
    `${name} is ${width}`,
    `Write a whole number from 1 to ${most}.${name === 'parallelism' ? ' More wants a higher maxParallelism, which is fixed at the first start.' : ''}`,
  );
}

/**
 * The nodes that run in the stage that begins with `start`, in topological order: all that its records reach without a
 * change of owner. Nodes after a union are in each stage whose records reach them.
 */
function nodesOf(view: GraphView, start: StageStart): readonly GraphNode[] {
  const found = new Set<GraphNode>(start.kind === 'key-by' ? [] : [start]);
  const next = [...view.readersOf(start.id)];
  for (let node = next.pop(); node !== undefined; node = next.pop()) {
    if (found.has(node) || isStart(node)) continue;
    found.add(node);
    next.push(...view.readersOf(node.id));
  }
  return Object.freeze(view.graph.nodes.filter((node) => found.has(node)));
}

/** The exchange of a stage. Partial aggregates are combined before it when its one reader can merge them. */
function exchangeOf(view: GraphView, start: StageStart): Exchange | undefined {
  if (start.kind === 'source') return undefined;
  const readers = view.readersOf(start.id);
  const [only] = readers;
  const merges = start.kind === 'key-by' && readers.length === 1 && only?.kind === 'window-aggregate' && only.merge;
  return Object.freeze({ node: start, combine: merges ? only : undefined });
}

function stagesOf(view: GraphView, parallelism: number, partitions: number): readonly Stage[] {
  const starts = view.graph.nodes.filter(isStart);
  const nodes = new Map(starts.map((start) => [start.id, nodesOf(view, start)]));
  const ids = new Map([...nodes].map(([id, own]) => [id, new Set(own.map((node) => node.id))]));
  const sendsTo = (from: StageStart, to: StageStart) => to.inputs.some((input) => ids.get(from.id)?.has(input));
  const ordered = (stages: readonly StageStart[]) => Object.freeze(stages.map((stage) => stage.id).sort());
  return Object.freeze(
    starts.map((start) =>
      Object.freeze({
        id: start.id,
        kind: start.kind === 'source' ? ('source' as const) : ('keyed' as const),
        parallelism: start.kind === 'source' ? partitions : parallelism,
        exchange: exchangeOf(view, start),
        nodes: nodes.get(start.id) ?? [],
        upstream: ordered(starts.filter((other) => sendsTo(other, start))),
        downstream: ordered(starts.filter((other) => sendsTo(start, other))),
      }),
    ),
  );
}

function subtasksOf(stage: Stage, maxParallelism: number): readonly Subtask[] {
  return Array.from({ length: stage.parallelism }, (_, index) =>
    Object.freeze({
      id: `${stage.id}/${index}`,
      stage: stage.id,
      index,
      keyGroups:
        stage.kind === 'source' ? undefined : Object.freeze(keyGroupRange(index, stage.parallelism, maxParallelism)),
    }),
  );
}

/** SHA-256 of the plan without functions, as JSON with one way to write it. */
function hashOf(plan: Omit<PhysicalPlan, 'hash'>): string {
  const structure = [
    plan.name,
    plan.maxParallelism,
    plan.stages.map((stage) => [
      stage.id,
      stage.kind,
      stage.parallelism,
      stage.exchange?.combine?.id ?? null,
      stage.upstream,
      stage.nodes.map((node) => [node.id, node.kind, node.inputs]),
    ]),
    Object.entries(plan.shapes),
  ];
  return sha256Hex(JSON.stringify(structure));
}

/**
 * Cuts a graph into stages and subtasks. A stage begins at each source, and where records change owner: at `keyBy` and
 * at `dedupe` on an unkeyed stream. Stages are in topological order, subtasks in that of their stages.
 *
 * Throws `TM_PLAN_PARALLELISM` (invalid).
 */
export function planPipeline(graph: PipelineGraph, options: PlanOptions): PhysicalPlan {
  const { parallelism, partitions, maxParallelism = DEFAULT_MAX_PARALLELISM } = options;
  checkWidth('maxParallelism', maxParallelism, MOST_KEY_GROUPS);
  checkWidth('parallelism', parallelism, maxParallelism);
  checkWidth('partitions', partitions, MOST_KEY_GROUPS);
  const stages = stagesOf(new GraphView(graph), parallelism, partitions);
  const plan = {
    name: graph.name,
    stages,
    subtasks: Object.freeze(stages.flatMap((stage) => subtasksOf(stage, maxParallelism))),
    maxParallelism,
    checkpoint: graph.checkpoint,
    onError: graph.onError,
    shapes: shapesOf(graph),
  };
  return Object.freeze({ ...plan, hash: hashOf(plan) });
}
