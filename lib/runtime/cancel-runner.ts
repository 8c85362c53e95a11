import type { JobItem } from '../core/checkpoint/checkpoint-item.ts';
import type { ControlChange } from '../ports/control-items.ts';
import { itemKeys } from '../ports/names.ts';
import { abortCheckpoint } from './coordinator-runner.ts';
import { type Environment, retrying } from './environment.ts';
import { changeJob, listCheckpoints } from './job-items.ts';
import { lastEntry } from './journal-access.ts';
import { fenceSinks, rollForward } from './restore-runner.ts';

/**
 * Cancels the job: no checkpoint begins or completes any more, what is completed is committed, what was only staged is
 * thrown away. Then, by `onCancel`, the kept checkpoints stay, to be restored later, or everything is deleted that only
 * they need: their acknowledgements, snapshots and journals (all but the last entry of each, which keeps zombies out).
 * Committed output, its progress and dead letters stay. Can be repeated and interrupted anywhere.
 */
export async function cancelJob(env: Environment): Promise<void> {
  // DECISION POINT: the attempt is raised, and with it everything of the job is fenced.
  const job = await changeJob(env.ports, (now) =>
    now.status === 'CANCELLED' ? undefined : { ...now, status: 'CANCELLED', attempt: now.attempt + 1 },
  );
  for (const { value } of await listCheckpoints(env.ports)) {
    if (value.status === 'IN_PROGRESS') await abortCheckpoint(env, value.id, 'STOPPED');
  }
  await fenceSinks(env, job, 'new');
  await rollForward(env, job.attempt);
  await fenceSinks(env, job, 'all');
  if (env.plan.checkpoint.onCancel === 'delete') await deleteKept(env, job);
}

/** Checkpoints first: what is left of them after a crash can't be restored, and goes at the next call. */
async function deleteKept(env: Environment, job: JobItem): Promise<void> {
  const { ports } = env;
  for (const prefix of [itemKeys.checkpoints, itemKeys.allAcks, itemKeys.manifests]) await deleteItems(env, prefix);
  for (const subtask of job.subtasks) {
    const snapshots = await retrying(ports, () => ports.blobs.list(`snapshots/${subtask}/`));
    if (snapshots.length > 0) await retrying(ports, () => ports.blobs.delete(snapshots));
    const last = await lastEntry(ports, subtask);
    if (last) await retrying(ports, () => ports.journal.collect(subtask, last.version));
  }
}

async function deleteItems(env: Environment, prefix: string): Promise<void> {
  const { ports } = env;
  const items = await retrying(ports, () => ports.items.list(prefix));
  const size = ports.limits.changesPerWrite;
  for (let from = 0; from < items.length; from += size) {
    const changes: ControlChange[] = items.slice(from, from + size).map(({ key }) => ({ key, value: null }));
    await retrying(ports, () => ports.items.write(changes));
  }
}
