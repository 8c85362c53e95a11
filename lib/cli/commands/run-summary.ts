import { type Definition, graphOf } from '../../api/definition.ts';
import type { RunResult } from '../../engine/index.ts';
import { planPipeline } from '../../plan/planner.ts';
import { listAcks, listCheckpoints } from '../../runtime/job-items.ts';
import type { RunSummary } from '../views/summary-lines.ts';
import { withReader } from './open-reader.ts';

/** What is to be said at the end of a run, with what its store knows. */
export async function summaryOf(
  definition: Definition,
  result: RunResult,
  directory: string,
  durationMs: number,
): Promise<RunSummary> {
  // A summary is no reason to fail.
  const duplicates = await duplicatesIn(directory).catch(() => undefined);
  return { result, directory, durationMs, duplicates, rowsOut: rowsBySink(definition, result) };
}

/** Counters are part of the state: those of the last completed checkpoint are as exact as the output. */
function duplicatesIn(directory: string): Promise<number | undefined> {
  return withReader(directory, async ({ ports }) => {
    const checkpoints = (await listCheckpoints(ports)).map(({ value }) => value);
    const last = checkpoints.filter(({ status, abandoned }) => status === 'COMPLETED' && !abandoned).at(-1);
    if (last === undefined) return undefined;
    const acks = await listAcks(ports, last.id);
    return acks.reduce((sum, { control }) => sum + control.counters.duplicates, 0);
  });
}

/** Rows are counted by stage: sinks that share one are named together. */
function rowsBySink(definition: Definition, { status }: RunResult): Map<string, number> {
  const rows = new Map<string, number>();
  // Stages are the same however wide they are.
  for (const stage of planPipeline(graphOf(definition), { parallelism: 1, partitions: 1 }).stages) {
    const sinks = stage.nodes.filter((node) => node.kind === 'sink').map((node) => node.id);
    const count = status.stages.find(({ id }) => id === stage.id)?.recordsOut;
    if (sinks.length === 0 || count === undefined) continue;
    const name = sinks.join(' + ');
    rows.set(name, (rows.get(name) ?? 0) + count);
  }
  return rows;
}
