import { type Definition, graphOf } from '../../api/definition.ts';
import type { Acknowledgement } from '../../core/checkpoint/checkpoint-item.ts';
import type { RunResult } from '../../engine/index.ts';
import { planPipeline } from '../../plan/planner.ts';
import type { Ports } from '../../ports/ports.ts';
import { listAcks, listCheckpoints } from '../../runtime/job-items.ts';
import type { RunSummary, RunTotals } from '../views/summary-lines.ts';
import { withReader } from './open-reader.ts';

/** What is to be said at the end of a run, with what its store knows. */
export async function summaryOf(
  definition: Definition,
  result: RunResult,
  directory: string,
  durationMs: number,
): Promise<RunSummary> {
  // A summary is no reason to fail.
  const totals = await withReader(directory, ({ ports }) => totalsIn(ports, definition)).catch(() => undefined);
  return { result, directory, durationMs, totals };
}

/** Counters are part of the state: in the last completed checkpoint they are as exact as the output. */
async function totalsIn(ports: Ports, definition: Definition): Promise<RunTotals | undefined> {
  const checkpoints = (await listCheckpoints(ports)).map(({ value }) => value);
  const last = checkpoints.filter(({ status, abandoned }) => status === 'COMPLETED' && !abandoned).at(-1);
  return last === undefined ? undefined : totalsOf(definition, await listAcks(ports, last.id));
}

/** Sums of what the subtasks have counted. */
export function totalsOf(definition: Definition, acks: readonly Acknowledgement[]): RunTotals {
  const counters = acks.map(({ control }) => control.counters);
  const sum = (counts: readonly number[]) => counts.reduce((total, count) => total + count, 0);
  const recordsIn: Record<string, number> = {};
  const rowsOut: Record<string, number> = {};
  // Stages are the same however wide they are.
  for (const stage of planPipeline(graphOf(definition), { parallelism: 1, partitions: 1 }).stages) {
    const own = acks.filter(({ subtask }) => subtask.slice(0, subtask.lastIndexOf('/')) === stage.id);
    const count = (name: 'recordsIn' | 'recordsOut') => sum(own.map(({ control }) => control.counters[name]));
    if (stage.kind === 'source') recordsIn[stage.id] = count('recordsIn');
    // Rows are counted by stage: sinks that share one are named together.
    const sinks = stage.nodes.filter((node) => node.kind === 'sink').map((node) => node.id);
    if (sinks.length > 0) rowsOut[sinks.join(' + ')] = (rowsOut[sinks.join(' + ')] ?? 0) + count('recordsOut');
  }
  return {
    recordsIn,
    rowsOut,
    late: sum(counters.map(({ lateDropped }) => lateDropped)),
    deadLetters: sum(counters.map(({ deadLettered }) => deadLettered)),
    duplicates: sum(counters.map(({ duplicates }) => duplicates)),
  };
}
