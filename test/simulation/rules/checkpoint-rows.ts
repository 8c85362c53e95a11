import type { CheckpointItem } from '../../../lib/core/checkpoint/checkpoint-item.ts';
import { collectableUpTo } from '../../../lib/core/checkpoint/retention.ts';
import { initialControl, stateBaseAt } from '../../../lib/core/journal/control.ts';
import { itemKeys } from '../../../lib/ports/names.ts';
import { acknowledgeCuts } from '../../../lib/runtime/acknowledge.ts';
import { commitCheckpoint } from '../../../lib/runtime/commit-runner.ts';
import { foldSubtask } from '../../../lib/runtime/compactor-runner.ts';
import {
  abortCheckpoint,
  beginCheckpoint,
  commitCompleted,
  escalate,
  tryComplete,
} from '../../../lib/runtime/coordinator-runner.ts';
import { listAcks } from '../../../lib/runtime/job-items.ts';
import { requestRestore } from '../../../lib/runtime/restore-runner.ts';
import { retainAndCollect } from '../../../lib/runtime/retention-runner.ts';
import { Bench, gate, interpose, once, type PortCall, writes } from '../bench.ts';
import { auditCounts, COUNT, countGraph, type Item, item } from './graphs.ts';
import type { RowsOf } from './row.ts';

/** The attempt is raised while a checkpoint begins. */
async function beginTx(): Promise<string[]> {
  const bench = new Bench(countGraph());
  const env = await bench.start();
  const raise = () => requestRestore(env, { checkpoint: undefined, allowOlder: false, code: bench.code() });
  const slow = interpose(
    env,
    once((call) => writes(call, itemKeys.checkpoint(1)), raise),
  );
  await bench.do(beginCheckpoint(slow));
  return bench.item(1) ? [`a checkpoint of attempt 1 began under attempt ${bench.job().attempt}`] : [];
}

/** The attempt is raised while a checkpoint completes. */
async function completeTx(): Promise<string[]> {
  const bench = new Bench(countGraph());
  bench.content.add('s', [item('a')]);
  const env = await bench.start();
  await bench.checkpoint(env);
  const { id } = await bench.begin(env);
  await bench.settle(env);
  const raise = () => requestRestore(env, { checkpoint: undefined, allowOlder: false, code: bench.code() });
  await bench.do(
    tryComplete(
      interpose(
        env,
        once((call) => writes(call, itemKeys.checkpoint(id)), raise),
      ),
      id,
    ),
  );
  const { status, attempt } = bench.item(id) as CheckpointItem;
  return status === 'COMPLETED' ? [`a checkpoint of attempt ${attempt} completed under ${bench.job().attempt}`] : [];
}

/** A process dies between its cut and its acknowledgement. */
async function ackNext(): Promise<string[]> {
  const bench = new Bench(countGraph());
  const env = await bench.start();
  const { id } = await bench.begin(env);
  const dying = interpose(env, (call) => {
    if (writes(call, itemKeys.ack(id, COUNT))) throw new Error('dies');
  });
  await bench.do(bench.keyed(dying, COUNT).step([])).catch(() => undefined);
  await bench.do(bench.keyed(env, COUNT).step([]));
  const outcome = await bench.do(tryComplete(env, id));
  return outcome === 'completed' ? [] : ['a cut that is in the journal is never acknowledged'];
}

/** An acknowledgement was computed before a fold and is written long after the checkpoint completed. */
async function ackOnce(): Promise<string[]> {
  const items = [item('a'), item('a'), item('a')];
  const bench = new Bench(countGraph({ checkpoint: { retain: 1 } }));
  bench.content.add('s', items.slice(0, 1), false);
  const env = await bench.start();
  await bench.settle(env);
  await bench.checkpoint(env);
  const firstCut = bench.head(COUNT)?.control.lastCut?.version ?? 0;
  bench.content.splits.get('s')?.values.push(...items.slice(1, 2));
  const { id } = await bench.begin(env);
  const rest = async () => {
    await foldSubtask(env, COUNT, firstCut);
    await acknowledgeCuts(env, COUNT, bench.head(COUNT)?.control.lastCut ?? null);
    await tryComplete(env, id);
    await commitCompleted(env, id);
    await retainAndCollect(env);
  };
  const late = interpose(
    env,
    once((call) => writes(call, itemKeys.ack(id, COUNT)), rest),
  );
  await bench.do(bench.keyed(late, COUNT).step([]));
  await bench.restore(env, id);
  bench.content.splits.get('s')?.values.push(...items.slice(2));
  return auditCounts(bench, items);
}

/** Of two open checkpoints the newer one completes first. */
async function subsume(): Promise<string[]> {
  const bench = new Bench(countGraph({ checkpoint: { unaligned: true, maxConcurrent: 2 } }));
  const env = await bench.start();
  await bench.do(beginCheckpoint(env));
  await bench.checkpoint(env);
  return bench.item(1)?.status === 'IN_PROGRESS' ? ['an older checkpoint stays open until its time-out'] : [];
}

/** A coordinator dies right before it completes a checkpoint, and the job is restored. */
async function commitAfterComplete(): Promise<string[]> {
  const items = [item('a'), item('a')];
  const bench = new Bench(countGraph());
  bench.content.add('s', items.slice(0, 1), false);
  const env = await bench.start();
  await bench.settle(env);
  const { id } = await bench.begin(env);
  await bench.settle(env);
  const dying = interpose(env, (call) => {
    if (writes(call, itemKeys.checkpoint(id))) throw new Error('dies');
  });
  await bench.do(tryComplete(dying, id)).catch(() => undefined);
  await bench.restore(env);
  bench.content.splits.get('s')?.values.push(...items.slice(1));
  return auditCounts(bench, items);
}

/** A checkpoint is aborted after all have staged their output for it. */
async function abortKeeps(): Promise<string[]> {
  const items = [item('a'), item('a')];
  const bench = new Bench(countGraph());
  bench.content.add('s', items.slice(0, 1), false);
  const env = await bench.start();
  await bench.settle(env);
  const { id } = await bench.begin(env);
  await bench.settle(env);
  await bench.do(abortCheckpoint(env, id, 'TIMEOUT'));
  bench.content.splits.get('s')?.values.push(...items.slice(1));
  return auditCounts(bench, items);
}

/** The journal was folded in a branch that a restore gave up. */
async function manifestOfBranch(): Promise<string[]> {
  const bench = new Bench(countGraph({ sink: 'table' }));
  bench.content.add('s', [], false);
  const env = await bench.start();
  const first = await advance(bench, [item('a')]);
  await advance(bench, [item('a'), item('a')]);
  await bench.fold(env, COUNT);
  await bench.restore(env, first);
  await bench.do(bench.keyed(env, COUNT).step([]));
  await bench.settle(env);
  await bench.checkpoint(env);
  const [row] = bench.simulation.committed('out') as { count: number }[];
  return row?.count === 3 ? [] : [`3 items are counted ${row?.count}`];
}

/** A committer stands still between two chunks while another one, and then the next checkpoint, commits. */
async function conditionalProgress(): Promise<string[]> {
  const keys = Array.from({ length: 10 }, (_, i) => `k${i}`);
  const bench = new Bench(countGraph({ sink: 'table' }));
  bench.content.add(
    's',
    keys.map((key) => item(key)),
    false,
  );
  const env = await bench.start();
  await bench.settle(env);
  const id = await bench.checkpoint(env, false);
  let chunks = 0;
  const second = (call: PortCall) => writes(call, itemKeys.progress('out', COUNT)) && ++chunks === 2;
  const overtake = async () => {
    await commitCompleted(env, id);
    bench.content.splits.get('s')?.values.push(...keys.map((key) => item(key)));
    await next.opened;
  };
  const next = gate();
  const slow = interpose(env, once(second, overtake));
  const acks = await bench.do(listAcks(env.ports, id));
  const zombie = commitCheckpoint(slow, acks);
  await bench.until(() => bench.item(id)?.committed === true);
  await bench.settle(env);
  await bench.checkpoint(env);
  next.open();
  await bench.do(zombie);
  const rows = bench.simulation.committed('out') as { key: string; count: number }[];
  return rows.filter(({ count }) => count !== 2).map(({ key, count }) => `${key} is back at ${count}`);
}

/** A fold that stood still writes its manifest over that of a later fold. */
async function manifestConditional(): Promise<string[]> {
  const items = [item('a'), item('a'), item('a'), item('a')];
  const bench = new Bench(countGraph({ checkpoint: { retain: 1 } }));
  bench.content.add('s', items.slice(0, 1), false);
  const env = await bench.start();
  await bench.settle(env);
  await bench.checkpoint(env);
  const firstCut = bench.head(COUNT)?.control.lastCut?.version ?? 0;
  const { opened, open } = gate();
  let waiting = false;
  const slow = interpose(
    env,
    once(
      (call) => writes(call, itemKeys.manifest(COUNT)),
      () => {
        waiting = true;
        return opened;
      },
    ),
  );
  const late = foldSubtask(slow, COUNT, firstCut);
  await bench.until(() => waiting);
  await advance(bench, items.slice(1, 2));
  await bench.fold(env, COUNT);
  await advance(bench, items.slice(2, 3));
  await bench.retain(env);
  open();
  await bench.do(late);
  await bench.do(bench.keyed(env, COUNT).step([]));
  bench.content.splits.get('s')?.values.push(...items.slice(3));
  return auditCounts(bench, items);
}

/** More input, and a checkpoint that holds it. */
async function advance(bench: Bench, items: readonly Item[]): Promise<number> {
  const env = await bench.env();
  bench.content.splits.get('s')?.values.push(...items);
  await bench.settle(env);
  return bench.checkpoint(env);
}

/** A snapshot that ends at version 7 and a cut at version 5. */
async function manifestBelowCut(): Promise<string[]> {
  const control = initialControl(1, 0, [], []);
  const manifest = { version: 7, attempt: 1, snapshot: 'later', bytes: 1, stateBytes: 1 };
  const { snapshot } = stateBaseAt(control, 5, manifest);
  return snapshot === null ? [] : ['a cut begins with state from after it'];
}

/** Three checkpoints, the last one kept; gives what is wrong after a restore of it. */
async function collected(folds: boolean): Promise<string[]> {
  const items = [item('a'), item('a'), item('a'), item('a')];
  const bench = new Bench(countGraph({ checkpoint: { retain: 1 } }));
  bench.content.add('s', [], false);
  const env = await bench.start();
  let last = 0;
  for (const next of items.slice(0, 3)) {
    last = await advance(bench, [next]);
    if (folds) await bench.fold(env, COUNT);
  }
  await bench.retain(env);
  await bench.restore(env, last);
  await bench.do(bench.keyed(env, COUNT).step([]));
  bench.content.splits.get('s')?.values.push(...items.slice(3));
  return auditCounts(bench, items);
}

/** The head of a journal lies at the end of its snapshot. */
async function keepHead(): Promise<string[]> {
  const base = { snapshot: 's', segments: [[5, 5]] as const };
  return collectableUpTo('k', [], { base, version: 5 }, 99) < 5 ? [] : ['the head is collected'];
}

/** Messages stay in flight over several checkpoints while their sender is folded. */
async function keepInFlight(): Promise<string[]> {
  const items = [item('a'), item('b')];
  const bench = new Bench(countGraph({ checkpoint: { unaligned: true, retain: 1 } }));
  bench.content.add('s', items, false);
  const env = await bench.start();
  await bench.step(env, 'in/0');
  let last = 0;
  for (let n = 0; n < 3; n++) {
    const checkpoint = await bench.begin(env);
    await bench.do(escalate(env, checkpoint));
    await bench.do(tryComplete(env, checkpoint.id));
    await bench.do(commitCompleted(env, checkpoint.id));
    await bench.fold(env, 'in/0');
    last = checkpoint.id;
  }
  await bench.retain(env);
  await bench.restore(env, last);
  return auditCounts(bench, items);
}

/** Checkpoints complete, but no committer comes, while journals are folded and collected. */
async function keepUncommitted(): Promise<string[]> {
  const items = [item('a'), item('a'), item('a')];
  const bench = new Bench(countGraph({ checkpoint: { retain: 1 } }));
  bench.content.add('s', [], false);
  const env = await bench.start();
  for (const next of items) {
    bench.content.splits.get('s')?.values.push(next);
    await bench.settle(env);
    await bench.checkpoint(env, false);
    await bench.fold(env, COUNT);
  }
  await bench.retain(env);
  return auditCounts(bench, items);
}

/** A restore asks for a checkpoint by name while it expires. */
async function conditionalExpiry(): Promise<string[]> {
  const bench = new Bench(countGraph({ checkpoint: { retain: 1 }, sink: 'table' }));
  bench.content.add('s', [], false);
  const env = await bench.start();
  const first = await advance(bench, [item('a')]);
  await advance(bench, [item('a')]);
  const request = () => requestRestore(env, { checkpoint: first, allowOlder: true, code: bench.code() });
  await bench.do(
    retainAndCollect(
      interpose(
        env,
        once((call) => writes(call, itemKeys.checkpoint(first)), request),
      ),
    ),
  );
  const { status } = bench.item(first) as CheckpointItem;
  return status === 'COMPLETED' ? [] : [`the checkpoint that is being restored is ${status}`];
}

export const CHECKPOINT_ROWS: RowsOf<
  | 'beginTx'
  | 'allAcks'
  | 'ackOnce'
  | 'ackNext'
  | 'completeTx'
  | 'subsume'
  | 'commitAfterComplete'
  | 'abortKeeps'
  | 'conditionalProgress'
  | 'stageBeforeAck'
  | 'manifestOfBranch'
  | 'manifestBelowCut'
  | 'manifestConditional'
  | 'keepBase'
  | 'keepHead'
  | 'keepInFlight'
  | 'keepUncommitted'
  | 'keepSnapshots'
  | 'conditionalExpiry'
> = {
  beginTx: { run: beginTx, detects: 'a checkpoint of a superseded attempt begins' },
  allAcks: { seeds: [1204, 1085, 591], detects: 'a checkpoint completes without some of its state' },
  ackOnce: { run: ackOnce, detects: 'a late acknowledgement changes what a checkpoint stands on' },
  ackNext: { run: ackNext, detects: 'a crash between cut and acknowledgement costs the checkpoint' },
  completeTx: { run: completeTx, detects: 'a checkpoint of a branch that was given up completes' },
  subsume: { run: subsume, detects: 'a dead checkpoint takes the place of the next one' },
  commitAfterComplete: { run: commitAfterComplete, detects: 'output is visible that a restore produces again' },
  abortKeeps: { run: abortKeeps, detects: 'output of an aborted checkpoint is lost' },
  conditionalProgress: { run: conditionalProgress, detects: 'a slow committer writes old rows over new ones' },
  stageBeforeAck: { seeds: [1204, 1264, 1085], detects: 'a checkpoint completes whose output is nowhere' },
  manifestOfBranch: { run: manifestOfBranch, detects: 'state of a branch that was given up is loaded' },
  manifestBelowCut: { run: manifestBelowCut, detects: 'a cut is restored with state from after it' },
  manifestConditional: { run: manifestConditional, detects: 'loads begin at a snapshot whose tail is collected' },
  keepBase: { run: () => collected(false), detects: 'the entries that a kept checkpoint is folded from are gone' },
  keepHead: { run: keepHead, detects: 'the last entry, which carries everything, is gone' },
  keepInFlight: { run: keepInFlight, detects: 'messages in flight are gone' },
  keepUncommitted: { run: keepUncommitted, detects: 'rows are gone before they were committed' },
  keepSnapshots: { run: () => collected(true), detects: 'the snapshot of a kept checkpoint is gone' },
  conditionalExpiry: { run: conditionalExpiry, detects: 'a checkpoint expires while it is restored' },
};
