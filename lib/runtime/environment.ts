import type { CutMode } from '../core/channels/barrier-aligner.ts';
import { isTidemarkError } from '../core/record/errors.ts';
import type { PhysicalPlan, Stage, Subtask } from '../plan/physical-plan.ts';
import type { Effect } from '../ports/effect.ts';
import type { Ports } from '../ports/ports.ts';
import type { Sink } from '../ports/sink.ts';
import type { SourceReader } from '../ports/source.ts';

/** What runners share: the ports, the plan and what its names are bound to. */
export interface Environment {
  readonly ports: Ports;
  readonly plan: PhysicalPlan;
  readonly sinks: ReadonlyMap<string, Sink>;
  readonly effects: ReadonlyMap<string, Effect>;
  readonly sources: ReadonlyMap<string, SourceReader>;
  readonly tuning: Tuning;
}

/** Sizes that change speed, never results. */
export interface Tuning {
  /** Bytes that a source reads at once. */
  readonly readBytes: number;
  /** Records after which a keyed subtask closes its entry. */
  readonly batchRecords: number;
  /** Hints taken at once. */
  readonly batchHints: number;
  /** How long an idle source waits before it looks again. */
  readonly pollMs: number;
  /** Head bytes in a journal's tail after which it is folded (at least; a big snapshot waits for as much as itself). */
  readonly foldBytes: number;
  /** Parked bytes of a subtask after which the coordinator escalates as if the alignment time-out had passed. */
  readonly parkedBytes: number;
  /** Evict state after every entry: makes each read a miss (tests). */
  readonly coldState: boolean;
  /** Fetch the state of the keys that a batch names before its pass; what is not named is a miss. */
  readonly prefetch: boolean;
}

export const DEFAULT_TUNING: Tuning = {
  readBytes: 512 * 1024,
  batchRecords: 16_384,
  batchHints: 64,
  pollMs: 250,
  foldBytes: 4 * 1024 * 1024,
  parkedBytes: 64 * 1024 * 1024,
  coldState: false,
  prefetch: true,
};

export function stageOf(plan: PhysicalPlan, subtask: Subtask): Stage {
  return plan.stages.find((stage) => stage.id === subtask.stage) as Stage;
}

/** Subtasks that send to / are sent to by a subtask. */
export function neighbours(plan: PhysicalPlan, subtask: Subtask): { upstream: string[]; downstream: string[] } {
  const stage = stageOf(plan, subtask);
  const of = (ids: readonly string[]) =>
    plan.subtasks.filter((other) => ids.includes(other.stage)).map((other) => other.id);
  return { upstream: of(stage.upstream), downstream: of(stage.downstream) };
}

export function cutModeOf(plan: PhysicalPlan): CutMode {
  if (plan.checkpoint.mode === 'at-least-once') return 'at-least-once';
  return plan.checkpoint.unaligned ? 'unaligned' : 'aligned';
}

/** The instance is not the newest any more: it drops what it has in memory and loads again. */
export class StaleInstance extends Error {}

/** Calls again, with jittered back-off, while a port says `unavailable`; gives up after about half a minute. */
export async function retrying<T>(ports: Ports, call: () => Promise<T>): Promise<T> {
  for (let tries = 0; ; tries++) {
    try {
      return await call();
    } catch (error) {
      if (!isTidemarkError(error) || error.kind !== 'unavailable' || error.code === 'TM_SUPERVISOR_GONE' || tries >= 12)
        throw error;
      await ports.clock.sleep(Math.min(5000, 10 * 2 ** tries) * (0.5 + ports.random.fraction()));
    }
  }
}
