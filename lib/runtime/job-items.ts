import type { Acknowledgement, CheckpointItem, JobItem } from '../core/checkpoint/checkpoint-item.ts';
import { invariant } from '../core/record/invariant.ts';
import { itemKeys } from '../ports/names.ts';
import type { Ports } from '../ports/ports.ts';
import { retrying } from './environment.ts';

export interface Revisioned<T> {
  readonly value: T;
  readonly revision: number;
}

export async function readJob(ports: Ports): Promise<Revisioned<JobItem>> {
  const item = await retrying(ports, () => ports.items.read(itemKeys.job));
  invariant(item, 'the job was not started');
  return { value: item.value as JobItem, revision: item.revision };
}

/** Changes the job item, again and again on conflicts; `change` gives undefined when there is nothing to do. */
export async function changeJob(ports: Ports, change: (job: JobItem) => JobItem | undefined): Promise<JobItem> {
  for (;;) {
    const job = await readJob(ports);
    const value = change(job.value);
    if (!value) return job.value;
    const write = [{ key: itemKeys.job, ifRevision: job.revision, value }];
    if ((await retrying(ports, () => ports.items.write(write))) === 'applied') return value;
  }
}

export async function listCheckpoints(ports: Ports): Promise<Revisioned<CheckpointItem>[]> {
  const items = await retrying(ports, () => ports.items.list(itemKeys.checkpoints));
  return items.map((item) => ({ value: item.value as CheckpointItem, revision: item.revision }));
}

export async function listAcks(ports: Ports, checkpoint: number): Promise<Acknowledgement[]> {
  const items = await retrying(ports, () => ports.items.list(itemKeys.acks(checkpoint)));
  return items.map((item) => item.value as Acknowledgement);
}
