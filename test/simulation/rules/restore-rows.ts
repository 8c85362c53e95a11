import { murmur3 } from '../../../lib/core/bytes/murmur3.ts';
import type { TidemarkError } from '../../../lib/core/record/errors.ts';
import { itemKeys } from '../../../lib/ports/names.ts';
import {
  beginCheckpoint,
  commitCompleted,
  cutByCoordinator,
  escalate,
  triggerSources,
  tryComplete,
} from '../../../lib/runtime/coordinator-runner.ts';
import type { Environment } from '../../../lib/runtime/environment.ts';
import { setUpJob } from '../../../lib/runtime/job-setup.ts';
import { continueRestore, requestRestore } from '../../../lib/runtime/restore-runner.ts';
import { Bench, gate, interpose, once, type PortCall, writes } from '../bench.ts';
import { auditCounts, COUNT, countGraph, item } from './graphs.ts';
import type { RowsOf } from './row.ts';

const latest = (bench: Bench) => ({ checkpoint: undefined, allowOlder: false, code: bench.code() });

/** A restore that stands still between its fences and the restore entries: all of them, or the receiver's. */
function slowRestore(bench: Bench, env: Environment, all = false): { readonly env: Environment; open(): void } {
  const { opened, open } = gate();
  const slow = interpose(env, async ({ site, args }) => {
    if (site === 'journal.last' && (all || args[0] === COUNT) && bench.restoreStep('fenced')) await opened;
  });
  return { env: slow, open };
}

/** Two operators ask for a restore at once. */
async function raiseTx(): Promise<string[]> {
  const bench = new Bench(countGraph());
  const env = await bench.start();
  let other = 0;
  const race = async () => {
    other = (await requestRestore(env, latest(bench))).attempt;
  };
  const slow = interpose(
    env,
    once((call) => writes(call, itemKeys.job), race),
  );
  const { attempt } = await bench.do(requestRestore(slow, latest(bench)));
  return attempt === other ? [`two restores with one attempt, ${attempt}`] : [];
}

/** A coordinator wants to begin a checkpoint while some journals are restored and others not. */
async function stampAtRaise(): Promise<string[]> {
  const bench = new Bench(countGraph());
  const env = await bench.start();
  await bench.checkpoint(env);
  await bench.do(requestRestore(env, latest(bench)));
  const slow = slowRestore(bench, env);
  const restoring = continueRestore(slow.env);
  await bench.until(() => bench.head('in/0')?.control.attempt === 2);
  const early = await bench.do(beginCheckpoint(env));
  slow.open();
  await bench.do(restoring);
  if (!early) return [];
  await bench.do(triggerSources(env, early));
  await bench.settle(env);
  const outcome = await bench.do(tryComplete(env, early.id));
  return outcome === 'completed' ? [] : [`a checkpoint that began within a restore is ${outcome} for ever`];
}

/** A checkpoint asked for by name is the next one to expire. */
async function pin(): Promise<string[]> {
  const bench = new Bench(countGraph({ checkpoint: { retain: 1 }, sink: 'table' }));
  const env = await bench.start();
  const first = await bench.checkpoint(env);
  await bench.checkpoint(env);
  await bench.do(requestRestore(env, { checkpoint: first, allowOlder: true, code: bench.code() }));
  await bench.retain(env);
  const status = bench.item(first)?.status;
  return status === 'COMPLETED' ? [] : [`the checkpoint that is being restored is ${status}`];
}

/** Nobody has committed the checkpoint that is restored. */
async function rollAll(): Promise<string[]> {
  const items = [item('a'), item('a')];
  const bench = new Bench(countGraph());
  bench.content.add('s', items.slice(0, 1), false);
  const env = await bench.start();
  await bench.settle(env);
  await bench.checkpoint(env, false);
  await bench.restore(env);
  bench.content.splits.get('s')?.values.push(...items.slice(1));
  return auditCounts(bench, items);
}

/** A coordinator of the old attempt completes a checkpoint within the restore, and commits it after. */
async function fenceSinks(): Promise<string[]> {
  const items = [item('a'), item('a'), item('a')];
  const bench = new Bench(countGraph());
  bench.content.add('s', items.slice(0, 1), false);
  const env = await bench.start();
  await bench.settle(env);
  await bench.checkpoint(env);
  bench.content.splits.get('s')?.values.push(...items.slice(1));
  await bench.settle(env);
  const { id } = await bench.begin(env);
  await bench.settle(env);
  const slow = slowRestore(bench, env);
  let restoring: Promise<void> = Promise.resolve();
  const restore = async () => {
    await requestRestore(env, latest(bench));
    restoring = continueRestore(slow.env);
    while (bench.head('in/0')?.control.attempt !== 2) await env.ports.clock.sleep(1);
  };
  await bench.do(
    tryComplete(
      interpose(
        env,
        once((call) => writes(call, itemKeys.checkpoint(id)), restore),
      ),
      id,
    ),
  );
  slow.open();
  await bench.do(restoring);
  await bench.do(commitCompleted(env, id));
  return auditCounts(bench, items);
}

/** A worker of the old attempt appends once more between the fence and the restore entry. */
async function liveRange(): Promise<string[]> {
  const items = [item('a'), item('a')];
  const bench = new Bench(countGraph());
  bench.content.add('s', items.slice(0, 1), false);
  const env = await bench.start();
  await bench.settle(env);
  await bench.checkpoint(env);
  bench.content.splits.get('s')?.values.push(...items.slice(1));
  await bench.settle(env, [COUNT]);
  await bench.do(requestRestore(env, latest(bench)));
  const slow = slowRestore(bench, env, true);
  const restoring = continueRestore(slow.env);
  await bench.until(() => bench.restoreStep('fenced'));
  await bench.step(env, COUNT);
  slow.open();
  await bench.do(restoring);
  return auditCounts(bench, items);
}

/** A restore that stood still comes to a journal which another process has restored, and whose subtask went on. */
async function restoreIdem(): Promise<string[]> {
  const items = [item('a'), item('a')];
  const bench = new Bench(countGraph());
  bench.content.add('s', items.slice(0, 1), false);
  const env = await bench.start();
  await bench.settle(env);
  await bench.checkpoint(env);
  await bench.do(requestRestore(env, latest(bench)));
  const slow = slowRestore(bench, env);
  const late = continueRestore(slow.env);
  await bench.until(() => bench.head('in/0')?.control.attempt === 2);
  await bench.do(continueRestore(env));
  bench.content.splits.get('s')?.values.push(...items.slice(1));
  await bench.settle(env);
  await bench.checkpoint(env);
  slow.open();
  await bench.do(late);
  return auditCounts(bench, items);
}

/** Output was staged for a checkpoint that never completes. */
async function abortStaged(): Promise<string[]> {
  const bench = new Bench(countGraph());
  bench.content.add('s', [item('a')], false);
  const env = await bench.start();
  await bench.settle(env);
  await bench.begin(env);
  await bench.settle(env);
  await bench.restore(env);
  const staged = bench.simulation.sinks.get('out')?.staged.size ?? 0;
  return staged === 0 ? [] : ['output that nobody will ever commit stays in the sink'];
}

/** A restore that stood still goes on after another process has finished it and the job went on. */
async function abandonCond(): Promise<string[]> {
  const bench = new Bench(countGraph());
  const env = await bench.start();
  await bench.checkpoint(env);
  await bench.do(requestRestore(env, latest(bench)));
  const isLast = ({ site, args }: PortCall) =>
    site === 'items.list' && args[0] === itemKeys.checkpoints && bench.restoreStep('restored');
  const { opened, open } = gate();
  let waiting = false;
  const stand = () => {
    waiting = true;
    return opened;
  };
  const slow = interpose(env, once(isLast, stand));
  const late = continueRestore(slow);
  await bench.until(() => waiting);
  await bench.do(continueRestore(env));
  const next = await bench.checkpoint(env);
  open();
  await bench.do(late);
  return bench.item(next)?.abandoned ? ['a checkpoint of the new attempt is given up'] : [];
}

/** Restores to the beginning: no subtask has an acknowledgement there. */
async function restoreAll(): Promise<string[]> {
  const bench = new Bench(countGraph({ sink: 'table' }));
  const env = await bench.start();
  await bench.restore(env, 0);
  const behind = bench.simulation.plan.subtasks.filter(({ id }) => bench.head(id)?.control.attempt !== 2);
  return behind.map(({ id }) => `${id} is left at the old attempt`);
}

/** Two restores of one checkpoint; between them a branch that was given up sent other messages with the same numbers. */
async function lineage(): Promise<string[]> {
  const items = [item('a', 1), item('a', 2), item('a', 3), item('a', 4)];
  const bench = new Bench(countGraph({ checkpoint: { unaligned: true } }));
  bench.content.add('s', items.slice(0, 1), false);
  const env = await bench.start();
  await bench.settle(env);
  const first = await bench.checkpoint(env);
  bench.content.splits.get('s')?.values.push(...items.slice(1));
  await bench.settle(env);
  await bench.restore(env, first);
  await bench.settle(env, [COUNT]);
  const second = await bench.begin(env);
  await bench.do(escalate(env, second));
  await bench.do(tryComplete(env, second.id));
  await bench.do(commitCompleted(env, second.id));
  await bench.restore(env);
  return auditCounts(bench, items);
}

/** At least once: the receiver had processed more than its sender's cut holds. Batches differ when they are read again. */
async function againFromSent(): Promise<string[]> {
  const problems: string[] = [];
  for (const seed of [1, 2, 3, 4]) problems.push(...(await processedAhead(seed).catch((error) => [String(error)])));
  return problems;
}

async function processedAhead(seed: number): Promise<string[]> {
  const bench = new Bench(countGraph({ checkpoint: { mode: 'at-least-once' } }), { partitions: 2, seed });
  const split = ['p', 'q', 'r', 's'].find((id) => murmur3(id) % 2 === 0) as string;
  bench.content.add(split, [item('a')], false);
  const env = await bench.start();
  await bench.settle(env);
  const checkpoint = await bench.do(beginCheckpoint(env));
  if (!checkpoint) throw new Error('no checkpoint begins');
  await bench.do(cutByCoordinator(env, 'in/0', checkpoint));
  bench.content.splits.get(split)?.values.push(item('a'));
  await bench.settle(env);
  await bench.do(cutByCoordinator(env, 'in/1', checkpoint));
  await bench.settle(env);
  const outcome = await bench.do(tryComplete(env, checkpoint.id));
  if (outcome !== 'completed') return [`the checkpoint is ${outcome}`];
  bench.content.splits.get(split)?.values.push(item('a'), item('a'), item('a'));
  await bench.restore(env);
  await bench.settle(env);
  const received = bench.head(COUNT)?.control.in['in/0']?.received;
  const sent = bench.head('in/0')?.control.out[COUNT];
  return received === sent ? [] : [`${received} of ${sent} messages are received`];
}

/** A restore to an older checkpoint is asked for; `expected` is the code with which it is refused. */
async function older(sink: 'files' | 'table', allowOlder: boolean, expected: string): Promise<string[]> {
  const bench = new Bench(countGraph({ sink }));
  const env = await bench.start();
  const first = await bench.checkpoint(env);
  await bench.checkpoint(env);
  const outcome = await bench.do(requestRestore(env, { checkpoint: first, allowOlder, code: bench.code() })).then(
    () => 'a restore that doubles output is accepted',
    (error: unknown) => (error as TidemarkError).code,
  );
  return outcome === expected ? [] : [outcome];
}

/** The same plan from another bundle. */
async function newCodeNewAttempt(): Promise<string[]> {
  const bench = new Bench(countGraph());
  const env = await bench.start();
  const { attempt } = await bench.do(setUpJob(env, bench.code('other'), []));
  return attempt === 2 ? [] : ['other code goes on in the attempt of the old one'];
}

/** The plan has lost an operator whose state is stored. */
async function stateClaimed(): Promise<string[]> {
  const bench = new Bench(countGraph());
  const env = await bench.start();
  const code = { ...bench.code('other'), shapes: { in: bench.simulation.plan.shapes['in'] ?? '' } };
  const outcome = await bench.do(setUpJob(env, code, [])).then(
    () => 'stored state is left behind without a word',
    (error: unknown) => (error as TidemarkError).code,
  );
  return outcome === 'TM_PLAN_DROPPED' ? [] : [outcome];
}

export const RESTORE_ROWS: RowsOf<
  | 'raiseTx'
  | 'stampAtRaise'
  | 'pin'
  | 'rollAll'
  | 'fenceSinks'
  | 'liveRange'
  | 'abortStaged'
  | 'restoreIdem'
  | 'restoreAll'
  | 'lineage'
  | 'againFromSent'
  | 'abandonCond'
  | 'olderByFlag'
  | 'appendRefusesOlder'
  | 'newCodeNewAttempt'
  | 'stateClaimed'
> = {
  raiseTx: { run: raiseTx, detects: 'two restores share an attempt: the number fences nothing' },
  stampAtRaise: { run: stampAtRaise, detects: 'subtasks begin an attempt with different stamps' },
  pin: { run: pin, detects: 'a checkpoint expires while it is restored' },
  rollAll: { run: rollAll, detects: 'output of a completed checkpoint is lost' },
  fenceSinks: { run: fenceSinks, without: ['completeTx'], detects: 'output of a branch that was given up is visible' },
  liveRange: { run: liveRange, detects: 'output of a branch that was given up is visible' },
  abortStaged: { run: abortStaged, detects: 'staged output piles up' },
  restoreIdem: { run: restoreIdem, detects: 'a repeated restore undoes what came after the first' },
  restoreAll: { run: restoreAll, detects: 'a subtask goes on in the old attempt' },
  lineage: { run: lineage, detects: 'messages of a branch that was given up are taken for those in flight' },
  againFromSent: { run: againFromSent, detects: 'messages sent again after a restore are dropped' },
  abandonCond: { run: abandonCond, detects: 'a late step of a restore gives up checkpoints of the new attempt' },
  olderByFlag: { run: () => older('table', false, 'TM_RESTORE_OLDER'), detects: 'output is produced again unasked' },
  appendRefusesOlder: { run: () => older('files', true, 'TM_RESTORE_APPEND'), detects: 'rows are there twice' },
  newCodeNewAttempt: { run: newCodeNewAttempt, detects: 'processes of old and new code share an attempt' },
  stateClaimed: { run: stateClaimed, detects: 'state is lost in a deploy' },
};
