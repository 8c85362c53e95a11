import { decodeHint, type Hint } from '../../../lib/core/channels/envelope.ts';
import { InvariantViolation } from '../../../lib/core/record/invariant.ts';
import { escalate, isDirty, tryComplete } from '../../../lib/runtime/coordinator-runner.ts';
import { continueRestore, requestRestore } from '../../../lib/runtime/restore-runner.ts';
import { Bench, gate, interpose } from '../bench.ts';
import { auditCounts, COUNT, countGraph, item } from './graphs.ts';
import type { RowsOf } from './row.ts';

/** Hints that wait for the receiver. */
function hintsOf(bench: Bench): Hint[] {
  return (bench.simulation.stores.partitions.get(COUNT)?.records ?? []).map(({ data }) => decodeHint(data));
}

/** Throws away the hints that wait for the receiver. */
function loseHints(bench: Bench): void {
  bench.simulation.stores.partitions.get(COUNT)?.records.splice(0);
}

/** A source dies between its append and its publish; another process takes over and has nothing new to read. */
async function pubInv(): Promise<string[]> {
  const bench = new Bench(countGraph());
  bench.content.add('s', [item('a')]);
  const env = await bench.start();
  const dying = interpose(env, ({ site }) => {
    if (site === 'streams.append') throw new Error('dies');
  });
  await bench.do(bench.source(dying, 'in/0').step(true)).catch(() => undefined);
  await bench.do(bench.source(env, 'in/0').step(true));
  const heard = hintsOf(bench).some((hint) => hint.kind === 'message' && hint.message.records > 0);
  return heard ? [] : ['nobody hears of an entry whose writer died before it was published'];
}

/** A receiver dies after it took a hint; the next process never sees that hint. */
async function freshLook(): Promise<string[]> {
  const bench = new Bench(countGraph());
  bench.content.add('s', [item('a')], false);
  const env = await bench.start();
  await bench.step(env, 'in/0');
  loseHints(bench);
  await bench.do(bench.keyed(env, COUNT).step([]));
  return bench.head(COUNT)?.control.in['in/0']?.received === 1 ? [] : ['a process that takes over misses a message'];
}

/** All hints of a message are lost, and nothing else happens. */
async function quietLook(): Promise<string[]> {
  const bench = new Bench(countGraph());
  bench.content.add('s', [item('a')], false);
  const env = await bench.start();
  const receiver = bench.keyed(env, COUNT);
  await bench.do(receiver.step([]));
  await bench.step(env, 'in/0');
  loseHints(bench);
  await bench.do(receiver.step([]));
  return bench.head(COUNT)?.control.in['in/0']?.received === 1 ? [] : ['a message whose hints are lost is never found'];
}

/** The coordinator cuts for a subtask. */
async function wake(): Promise<string[]> {
  const bench = new Bench(countGraph());
  const env = await bench.start();
  const checkpoint = await bench.begin(env);
  await bench.do(escalate(env, checkpoint));
  return hintsOf(bench).some(({ kind }) => kind === 'wake') ? [] : ['a subtask is not told of the cut in its journal'];
}

/** An unaligned checkpoint completes with a message in flight whose hints are lost. */
async function inFlightDirty(): Promise<string[]> {
  const bench = new Bench(countGraph({ checkpoint: { unaligned: true } }));
  bench.content.add('s', [item('a')], false);
  const env = await bench.start();
  await bench.step(env, 'in/0');
  const checkpoint = await bench.begin(env);
  await bench.do(escalate(env, checkpoint));
  const outcome = await bench.do(tryComplete(env, checkpoint.id));
  if (outcome !== 'completed') return [`the checkpoint is ${outcome}`];
  return (await bench.do(isDirty(env))) ? [] : ['no barrier will come that finds the message in flight'];
}

/** A message of the old attempt comes late; in the new one the user's function, which read the clock, gave another value. */
async function dropOlderAttempt(): Promise<string[]> {
  let now = 1;
  const bench = new Bench(countGraph({ onItem: ({ key }) => ({ key, n: now }) }));
  bench.content.add('s', [item('a')], false);
  const env = await bench.start();
  await bench.settle(env, [COUNT]);
  const old = hintsOf(bench);
  await bench.restore(env, 0);
  now = 100;
  await bench.settle(env, [COUNT]);
  const receiver = bench.keyed(env, COUNT);
  await bench.do(receiver.step(old));
  return auditCounts(bench, [item('a', 100)]);
}

/** A receiver gets messages of a new attempt, in other batches, before its own restore entry is there. */
async function reloadOnNewer(): Promise<string[]> {
  const problems: string[] = [];
  for (const seed of [1, 2, 3, 4]) problems.push(...(await aheadOfRestore(seed)));
  return problems;
}

async function aheadOfRestore(seed: number): Promise<string[]> {
  const bench = new Bench(countGraph(), { seed });
  bench.content.add('s', [item('a')], false);
  const env = await bench.start();
  const receiver = bench.keyed(env, COUNT);
  await bench.step(env, 'in/0');
  await bench.do(receiver.step([]));
  bench.content.splits.get('s')?.values.push(item('a'), item('a'), item('a'), item('a'));
  const { opened, open } = gate();
  const slow = interpose(env, async ({ site, args }) => {
    if (site === 'journal.append' && args[0] === COUNT) await opened;
  });
  await bench.do(requestRestore(env, { checkpoint: 0, allowOlder: true, code: bench.code() }));
  const restoring = continueRestore(slow);
  await bench.until(() => bench.head('in/0')?.control.attempt === 2);
  await bench.settle(env, [COUNT]).catch(() => bench.settle(env, [COUNT]));
  const hints = hintsOf(bench).filter((hint) => hint.kind === 'message' && hint.attempt === 2);
  const outcome = await bench.do(receiver.step(hints)).catch((error: unknown) => error);
  open();
  await bench.do(restoring);
  return outcome instanceof InvariantViolation
    ? [`a receiver that is only behind ends the run: ${outcome.message}`]
    : [];
}

export const MESSAGE_ROWS: RowsOf<
  | 'dropDuplicates'
  | 'fillGaps'
  | 'pubInv'
  | 'freshLook'
  | 'quietLook'
  | 'wake'
  | 'inFlightDirty'
  | 'dropOlderAttempt'
  | 'reloadOnNewer'
> = {
  dropDuplicates: { seeds: [1204, 1264, 89], detects: 'a message that came twice counts twice' },
  fillGaps: { seeds: [1085, 1088, 780], detects: 'a lost message is never found' },
  pubInv: { run: pubInv, detects: 'an entry is never published (found after five quiet seconds only)' },
  freshLook: {
    run: freshLook,
    detects: 'hints that a dead process had taken are lost (found after five quiet seconds only)',
  },
  quietLook: { run: quietLook, detects: 'the last message before a silence is lost with its hint' },
  wake: { run: wake, detects: 'what was parked for a cut waits (five seconds) though the cut is taken' },
  inFlightDirty: { run: inFlightDirty, detects: 'a pipeline whose last hints were lost stands still' },
  dropOlderAttempt: { run: dropOlderAttempt, detects: 'messages of a branch that was given up are processed' },
  reloadOnNewer: { run: reloadOnNewer, detects: 'a receiver that is behind takes a new attempt for a broken journal' },
};
