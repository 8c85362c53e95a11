import type { GraphNode } from '../api/graph.ts';
import { durationText } from './duration-text.ts';
import type { PhysicalPlan, Stage, Subtask } from './physical-plan.ts';

/** One operator of a stage. */
export interface StepSummary {
  readonly id: string;
  readonly kind: GraphNode['kind'];
  readonly inputs: readonly string[];
  /** Its parameters, for people. */
  readonly detail: string;
}

/** How records get into a stage. */
export interface ExchangeSummary {
  /** Id of the `keyBy` or `dedupe` whose key decides the owner. */
  readonly by: string;
  readonly kind: 'key-by' | 'dedupe';
  readonly from: readonly string[];
  /** FIFO channels: every subtask of every sender to every subtask here. */
  readonly channels: number;
  /** Id of the window whose partial aggregates are combined by the senders; null when each record travels. */
  readonly combines: string | null;
}

export interface StageSummary {
  readonly id: string;
  readonly kind: Stage['kind'];
  readonly parallelism: number;
  readonly exchange: ExchangeSummary | null;
  readonly steps: readonly StepSummary[];
  /** Stages that it sends to, and the steps whose output goes there. */
  readonly sendsTo: readonly { readonly stage: string; readonly after: readonly string[] }[];
  readonly subtasks: readonly { readonly id: string; readonly keyGroups: NonNullable<Subtask['keyGroups']> | null }[];
}

/** What one sink or effect promises, and why. */
export interface GuaranteeSummary {
  readonly id: string;
  readonly kind: 'sink' | 'effect';
  readonly guarantee: 'exactly-once' | 'at-least-once';
  readonly because: string;
}

/** A plan as plain data, for JSON. */
export interface PlanSummary {
  readonly name: string;
  readonly hash: string;
  readonly maxParallelism: number;
  readonly mode: 'exactly-once' | 'at-least-once';
  /** The checkpoint options, for people. */
  readonly checkpoint: string;
  /** What happens to a record on which user code throws. */
  readonly onError: 'dead-letter' | 'fail';
  readonly stages: readonly StageSummary[];
  readonly guarantees: readonly GuaranteeSummary[];
  readonly shapes: Readonly<Record<string, string>>;
}

/** Everything about a plan that people ask for. */
export function summarize(plan: PhysicalPlan): PlanSummary {
  return {
    name: plan.name,
    hash: plan.hash,
    maxParallelism: plan.maxParallelism,
    mode: plan.checkpoint.mode,
    checkpoint: checkpointText(plan),
    onError: plan.onError,
    stages: plan.stages.map((stage) => summarizeStage(plan, stage)),
    guarantees: guaranteesOf(plan),
    shapes: plan.shapes,
  };
}

function summarizeStage(plan: PhysicalPlan, stage: Stage): StageSummary {
  const subtasks = plan.subtasks.filter((subtask) => subtask.stage === stage.id);
  return {
    id: stage.id,
    kind: stage.kind,
    parallelism: stage.parallelism,
    exchange: summarizeExchange(plan, stage),
    steps: stage.nodes.map((node) => ({
      id: node.id,
      kind: node.kind,
      inputs: node.inputs,
      detail: detailOf(node),
    })),
    sendsTo: stage.downstream.map((id) => ({ stage: id, after: outputsTo(plan, stage, id) })),
    subtasks: subtasks.map(({ id, keyGroups }) => ({ id, keyGroups: keyGroups ?? null })),
  };
}

/** Steps of `stage` that the exchange of stage `to` reads. */
function outputsTo(plan: PhysicalPlan, stage: Stage, to: string): readonly string[] {
  const inputs = plan.stages.find(({ id }) => id === to)?.exchange?.node.inputs ?? [];
  return stage.nodes.map(({ id }) => id).filter((id) => inputs.includes(id));
}

function summarizeExchange(plan: PhysicalPlan, { exchange, upstream, parallelism }: Stage): ExchangeSummary | null {
  if (exchange === undefined) return null;
  const senders = plan.subtasks.filter((subtask) => upstream.includes(subtask.stage)).length;
  return {
    by: exchange.node.id,
    kind: exchange.node.kind,
    from: upstream,
    channels: senders * parallelism,
    combines: exchange.combine?.id ?? null,
  };
}

function checkpointText({ checkpoint }: PhysicalPlan): string {
  const { everyMs, mode, unaligned, alignedTimeoutMs, retain } = checkpoint;
  const escalation =
    alignedTimeoutMs === Number.POSITIVE_INFINITY ? '' : `, unaligned after ${durationText(alignedTimeoutMs)}`;
  const alignment = unaligned ? ', unaligned' : `, aligned${escalation}`;
  return `every ${durationText(everyMs)}${mode === 'exactly-once' ? alignment : ''}, last ${retain} kept`;
}

function detailOf(node: GraphNode): string {
  switch (node.kind) {
    case 'source':
      return `${node.source}, invalid records: ${node.onInvalid}`;
    case 'event-time': {
      const idle = node.idleAfterMs === undefined ? '' : `, idle after ${durationText(node.idleAfterMs)}`;
      const order =
        node.outOfOrdernessMs > 0 ? `out of order by up to ${durationText(node.outOfOrdernessMs)}` : 'in order';
      return order + idle;
    }
    case 'dedupe':
      return `within ${durationText(node.withinMs)}${node.keyed ? ', under the key' : ''}`;
    case 'window-aggregate': {
      const { kind, sizeMs, slideMs } = node.window;
      const every = kind === 'sliding' ? ` every ${durationText(slideMs)}` : '';
      const lateness = node.allowedLatenessMs > 0 ? ` after ${durationText(node.allowedLatenessMs)}` : '';
      return `${kind} ${durationText(sizeMs)}${every}, late${lateness}: ${node.late}`;
    }
    case 'process': {
      const state = Object.entries(node.state).map(([name, { kind }]) => `${name}: ${kind}`);
      return [...(state.length === 0 ? ['no state'] : state), ...(node.onTimer === undefined ? [] : ['timers'])].join(
        ', ',
      );
    }
    case 'sink':
      return node.sink.kind === 'table' ? `table, ${node.sink.commit}` : 'files';
    case 'effect':
      return `after ${node.after} is committed`;
    default:
      return '';
  }
}

/** Sinks and effects stand in several stages after a union; each counts once. */
function guaranteesOf(plan: PhysicalPlan): readonly GuaranteeSummary[] {
  const { mode } = plan.checkpoint;
  const found = new Map<string, GuaranteeSummary>();
  for (const node of plan.stages.flatMap((stage) => stage.nodes)) {
    if (node.kind === 'sink') {
      const how = node.sink.kind === 'table' ? 'rows are written together with the progress' : 'files get their names';
      const because =
        mode === 'exactly-once' ? `${how} once the checkpoint is complete` : 'records may count twice after a restore';
      found.set(node.id, { id: node.id, kind: 'sink', guarantee: mode, because });
    } else if (node.kind === 'effect') {
      const because = `never before ${node.after} is committed, the same idempotency key on each try`;
      found.set(node.id, { id: node.id, kind: 'effect', guarantee: 'at-least-once', because });
    }
  }
  return [...found.values()];
}
