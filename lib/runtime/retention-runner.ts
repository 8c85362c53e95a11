import type { Acknowledgement, CheckpointItem } from '../core/checkpoint/checkpoint-item.ts';
import { collectableUpTo, expirable } from '../core/checkpoint/retention.ts';
import { type Manifest, stateBaseAt } from '../core/journal/control.ts';
import { rule } from '../core/record/rule.ts';
import { DEAD_LETTERS, itemKeys } from '../ports/names.ts';
import { readManifest } from './acknowledge.ts';
import { type Environment, retrying, stageOf } from './environment.ts';
import { listAcks, listCheckpoints, readJob } from './job-items.ts';
import { lastEntry } from './journal-access.ts';
import { readProgress } from './progress.ts';

/** Ended checkpoints that are listed for people although nothing of them is kept. */
const HISTORY = 20;

/** Lets old checkpoints go, then what only they needed: journal entries and snapshots (DESIGN 4.7). */
export async function retainAndCollect(env: Environment): Promise<void> {
  await expire(env);
  await collect(env);
}

async function expire(env: Environment): Promise<void> {
  const { ports } = env;
  // The job after the checkpoints: a pin that is in the list is then of an attempt that the job has reached.
  const items = await listCheckpoints(ports);
  const job = (await readJob(ports)).value;
  const going = new Set(
    expirable(
      items.map(({ value }) => value),
      job,
      env.plan.checkpoint.retain,
    ).map(({ id }) => id),
  );
  for (const { value, revision } of items) {
    if (!going.has(value.id)) continue;
    const expired: CheckpointItem = { ...value, status: 'EXPIRED' };
    const key = itemKeys.checkpoint(value.id);
    const expiry = rule('conditionalExpiry') ? { key, ifRevision: revision, value: expired } : { key, value: expired };
    // DECISION POINT: conditional, so that a pin set meanwhile wins [pin]; deletion comes after.
    if ((await retrying(ports, () => ports.items.write([expiry]))) === 'applied') await dropAcks(env, value.id);
  }
  const ended = items.filter(({ value }) => value.status === 'ABORTED' || value.status === 'EXPIRED');
  for (const { value } of ended.slice(0, Math.max(0, ended.length - HISTORY))) {
    await dropAcks(env, value.id);
    await retrying(ports, () => ports.items.write([{ key: itemKeys.checkpoint(value.id), value: null }]));
  }
}

async function dropAcks(env: Environment, id: number): Promise<void> {
  const { ports } = env;
  const items = await retrying(ports, () => ports.items.list(itemKeys.acks(id)));
  const size = ports.limits.changesPerWrite;
  for (let from = 0; from < items.length; from += size) {
    const changes = items.slice(from, from + size).map(({ key }) => ({ key, value: null }));
    await retrying(ports, () => ports.items.write(changes));
  }
}

async function collect(env: Environment): Promise<void> {
  const { ports } = env;
  const job = (await readJob(ports)).value;
  // What is kept is read before the heads: a head only needs less as time goes on.
  const checkpoints = (await listCheckpoints(ports)).map(({ value }) => value);
  const completed = checkpoints.filter((checkpoint) => checkpoint.status === 'COMPLETED');
  if (completed.length === 0 || job.status === 'RESTORING') return;
  const kept: Acknowledgement[][] = [];
  for (const checkpoint of completed) kept.push(await listAcks(ports, checkpoint.id));
  const open: Acknowledgement[] = [];
  for (const checkpoint of checkpoints)
    if (checkpoint.status === 'IN_PROGRESS') open.push(...(await listAcks(ports, checkpoint.id)));
  const snapshots = new Set<string>();
  for (const ack of [...kept.flat(), ...open]) if (ack.base.snapshot !== null) snapshots.add(ack.base.snapshot);
  const manifests = new Map<string, Manifest>();
  for (const subtask of job.subtasks) {
    const manifest = (await readManifest(env, subtask))?.value;
    const last = await lastEntry(ports, subtask);
    if (!last) continue;
    const base = stateBaseAt(last.head.control, last.version, manifest);
    if (base.snapshot !== null) snapshots.add(base.snapshot);
    if (manifest) {
      snapshots.add(manifest.snapshot);
      manifests.set(subtask, manifest);
    }
    const upTo = collectableUpTo(subtask, kept, { base, version: last.version }, await committedUpTo(env, subtask));
    if (upTo > 0) await retrying(ports, () => ports.journal.collect(subtask, upTo));
  }
  await collectSnapshots(env, snapshots, manifests);
}

/** Output above this version is not committed yet. */
async function committedUpTo(env: Environment, id: string): Promise<number> {
  const subtask = env.plan.subtasks.find((other) => other.id === id);
  if (!subtask) return 0;
  let lowest = Number.MAX_SAFE_INTEGER;
  const sinks = stageOf(env.plan, subtask).nodes.flatMap((node) =>
    node.kind === 'sink' || node.kind === 'effect' ? [node.id] : [],
  );
  for (const sink of [DEAD_LETTERS, ...sinks])
    lowest = Math.min(lowest, (await readProgress(env, sink, id)).at.version);
  return lowest;
}

/** By reference, never by age alone. A fold under way writes above its manifest, so that is left alone. */
async function collectSnapshots(
  env: Environment,
  referenced: ReadonlySet<string>,
  manifests: ReadonlyMap<string, Manifest>,
): Promise<void> {
  const { ports } = env;
  for (const [subtask, manifest] of manifests) {
    const names = await retrying(ports, () => ports.blobs.list(`snapshots/${subtask}/`));
    const needed = (name: string) => referenced.has(name) && rule('keepSnapshots');
    const gone = names.filter((name) => !needed(name) && name < manifest.snapshot);
    if (gone.length > 0) await retrying(ports, () => ports.blobs.delete(gone));
  }
}
