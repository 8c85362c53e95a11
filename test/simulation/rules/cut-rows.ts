import { murmur3 } from '../../../lib/core/bytes/murmur3.ts';
import type { CheckpointItem } from '../../../lib/core/checkpoint/checkpoint-item.ts';
import type { CheckpointOptions } from '../../../lib/index.ts';
import {
  abortCheckpoint,
  beginCheckpoint,
  cutByCoordinator,
  escalate,
  tryComplete,
} from '../../../lib/runtime/coordinator-runner.ts';
import type { Environment } from '../../../lib/runtime/environment.ts';
import { Bench, interpose, once } from '../bench.ts';
import { auditCounts, COUNT, countGraph, type Item, item } from './graphs.ts';
import { timed, type Windowed, windowGraph } from './record-rows.ts';
import type { RowsOf } from './row.ts';

/** Two sources, one receiver, nothing to read. */
async function twoSources(checkpoint: CheckpointOptions = {}): Promise<{ bench: Bench; env: Environment }> {
  const bench = new Bench(countGraph({ checkpoint }), { partitions: 2 });
  return { bench, env: await bench.start() };
}

async function begun(bench: Bench, env: Environment): Promise<CheckpointItem> {
  const checkpoint = await bench.do(beginCheckpoint(env));
  if (!checkpoint) throw new Error('no checkpoint begins');
  return checkpoint;
}

/** Checkpoint 1 dies with only one source cut; then checkpoint 2, whose barriers are the newest. */
async function secondBarrier(zombie: boolean): Promise<string[]> {
  const { bench, env } = await twoSources();
  const first = await begun(bench, env);
  await bench.do(cutByCoordinator(env, 'in/0', first));
  await bench.step(env, COUNT);
  await bench.do(abortCheckpoint(env, first.id, 'TIMEOUT'));
  const second = await begun(bench, env);
  await bench.do(cutByCoordinator(env, 'in/0', second));
  await bench.step(env, COUNT);
  // A coordinator that has not heard of the end of checkpoint 1 cuts for it.
  if (zombie) await bench.do(cutByCoordinator(env, COUNT, first));
  await bench.step(env, COUNT);
  await bench.do(cutByCoordinator(env, 'in/1', second));
  await bench.step(env, COUNT);
  const outcome = await bench.do(tryComplete(env, second.id));
  return outcome === 'completed' ? [] : [`all barriers of checkpoint ${second.id} were sent, it is ${outcome}`];
}

/** A split that subtask `index` of two reads. */
const splitOf = (index: number): string => ['p', 'q', 'r', 's'].find((id) => murmur3(id) % 2 === index) as string;

/** The receiver could cut at the first of two barriers, while a message is on its way in the other channel. */
async function cutTooSoon(): Promise<CheckpointItem> {
  const { bench, env } = await twoSources();
  bench.content.add(splitOf(1), [item('a')], false);
  const checkpoint = await begun(bench, env);
  await bench.do(cutByCoordinator(env, 'in/0', checkpoint));
  await bench.step(env, COUNT);
  await bench.step(env, 'in/1');
  await bench.do(cutByCoordinator(env, 'in/1', checkpoint));
  await bench.do(tryComplete(env, checkpoint.id));
  return bench.item(checkpoint.id) as CheckpointItem;
}

async function alignAll(): Promise<string[]> {
  const { reason } = await cutTooSoon();
  return reason === undefined ? [] : [`a cut is refused: ${reason}`];
}

async function inFlightCheck(): Promise<string[]> {
  const { status, channels = [] } = await cutTooSoon();
  const inFlight = channels.reduce((sum, { sent, processed }) => sum + sent - processed, 0);
  return status === 'COMPLETED' && inFlight > 0 ? [`an aligned checkpoint with ${inFlight} in flight`] : [];
}

/** One of two sources is cut and sends on; the receiver gets that before the other one's barrier. */
async function behindBarrier(
  items: readonly Item[],
  options: { checkpoint?: CheckpointOptions; escalates?: boolean; rebases?: boolean } = {},
): Promise<{ bench: Bench; env: Environment; checkpoint: CheckpointItem }> {
  const { bench, env } = await twoSources(options.checkpoint);
  const values = items.slice(0, 1);
  bench.content.add(splitOf(0), values, false);
  await bench.settle(env);
  await bench.checkpoint(env);
  const checkpoint = await begun(bench, env);
  const cut = () => cutByCoordinator(env, 'in/0', checkpoint);
  if (!options.rebases) await bench.do(cut());
  bench.content.splits.get(splitOf(0))?.values.push(...items.slice(1, 2));
  if (options.rebases) {
    const slow = interpose(
      env,
      once(({ site }) => site === 'journal.append', cut),
    );
    await bench.do(bench.source(slow, 'in/0').step(true));
  }
  await bench.settle(env);
  if (options.escalates) await bench.do(escalate(env, checkpoint));
  else await bench.do(cutByCoordinator(env, 'in/1', checkpoint));
  await bench.settle(env);
  await bench.do(tryComplete(env, checkpoint.id));
  return { bench, env, checkpoint: bench.item(checkpoint.id) as CheckpointItem };
}

/** The checkpoint is consistent without the check. */
async function consistent(...options: Parameters<typeof behindBarrier>): Promise<string[]> {
  const { reason } = (await behindBarrier(...options)).checkpoint;
  return reason === undefined ? [] : [`a cut is refused: ${reason}`];
}

/** Whether the checkpoint completes or is refused: a restore must give everything once. */
async function restorable(escalates: boolean): Promise<string[]> {
  const items = [item('a'), item('a'), item('a')];
  const { bench, env } = await behindBarrier(items, { escalates });
  await bench.restore(env);
  bench.content.splits.get(splitOf(0))?.values.push(...items.slice(2));
  return auditCounts(bench, items);
}

/** An aligned checkpoint is escalated while a message is on its way. */
async function escalatedMark(): Promise<string[]> {
  const { bench, env } = await twoSources();
  bench.content.add(splitOf(0), [item('a')], false);
  await bench.step(env, 'in/0');
  const checkpoint = await bench.begin(env);
  await bench.do(escalate(env, checkpoint));
  await bench.do(tryComplete(env, checkpoint.id));
  const reason = bench.item(checkpoint.id)?.reason;
  return reason === undefined ? [] : [`an escalated cut is refused: ${reason}`];
}

/** Watermarks of both channels are far on; one of them only in a message that is parked. */
async function watermarkOnProcess(): Promise<string[]> {
  const bench = new Bench(windowGraph({}), { partitions: 2 });
  const env = await bench.start();
  for (const index of [0, 1]) bench.content.add(splitOf(index), [], false);
  const checkpoint = await begun(bench, env);
  await bench.do(cutByCoordinator(env, 'in/0', checkpoint));
  for (const index of [0, 1]) bench.content.splits.get(splitOf(index))?.values.push(timed(10), timed(500));
  await bench.settle(env);
  bench.content.splits.get(splitOf(1))?.values.push(timed(510));
  await bench.settle(env);
  await bench.do(cutByCoordinator(env, 'in/1', checkpoint));
  await bench.settle(env);
  await bench.checkpoint(env);
  const { count } = (bench.simulation.committed('out') as Windowed[])[0] ?? { count: 0 };
  return count === 2 ? [] : [`a window of 2 records counts ${count}`];
}

const TWO = [item('a'), item('a')];

export const CUT_ROWS: RowsOf<
  | 'park'
  | 'rebaseStamp'
  | 'watermarkOnProcess'
  | 'alignAll'
  | 'cutFirst'
  | 'barrierKeep'
  | 'newestBarrier'
  | 'orphanCheck'
  | 'inFlightCheck'
  | 'orphansExpected'
  | 'parkedPast'
  | 'escalatedMark'
> = {
  park: { run: () => consistent(TWO), detects: 'messages from behind the barrier are in the cut' },
  alignAll: { run: alignAll, detects: 'an aligned cut leaves messages in flight' },
  cutFirst: {
    run: () => consistent(TWO, { checkpoint: { unaligned: true } }),
    detects: 'a message from the future is processed before the cut',
  },
  rebaseStamp: {
    run: () => consistent(TWO, { rebases: true }),
    detects: 'a message sent after the cut is processed before it',
  },
  barrierKeep: { run: () => secondBarrier(true), detects: 'a cut for a dead checkpoint forgets a newer barrier' },
  newestBarrier: { run: () => secondBarrier(false), detects: 'alignment waits for a checkpoint that is dead' },
  orphanCheck: {
    run: () => restorable(false),
    without: ['park'],
    detects: 'an inconsistent cut becomes a checkpoint',
  },
  inFlightCheck: {
    run: inFlightCheck,
    without: ['alignAll'],
    detects: 'an aligned checkpoint holds messages in flight',
  },
  parkedPast: { run: () => restorable(true), detects: 'a message from behind the cut is processed twice' },
  orphansExpected: {
    run: () => consistent(TWO, { checkpoint: { mode: 'at-least-once' } }),
    detects: 'checkpoints of at-least-once are refused',
  },
  escalatedMark: { run: escalatedMark, detects: 'a checkpoint is refused for what its escalation left in flight' },
  watermarkOnProcess: { run: watermarkOnProcess, detects: 'windows fire before parked records are in them' },
};
