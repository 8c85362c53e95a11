import { takeCut } from '../core/channels/barrier-aligner.ts';
import type { Acknowledgement, CheckpointItem, FailureReason, JobItem } from '../core/checkpoint/checkpoint-item.ts';
import { hasInFlight, judgeCut } from '../core/checkpoint/consistency.ts';
import { copyControl } from '../core/journal/control.ts';
import { rule } from '../core/record/rule.ts';
import { itemKeys } from '../ports/names.ts';
import { acknowledgeCuts, acknowledgeEarlier, readCheckpoint } from './acknowledge.ts';
import { commitCheckpoint } from './commit-runner.ts';
import { cutModeOf, type Environment, neighbours, retrying } from './environment.ts';
import { changeJob, listAcks, listCheckpoints, readJob } from './job-items.ts';
import { appendDraft, lastEntry, publishEntry, republish, wake } from './journal-access.ts';
import { barrierTo, type EntryDraft } from './pass.ts';

/**
 * The coordinator's steps (DESIGN 4). Each can be repeated, interrupted, or run twice at once; every end of a
 * checkpoint is one conditional write. Called alike by the embedded driver, the simulator and a state machine.
 */

/** True when there is something that the last completed checkpoint does not hold. One read, two at most. */
export async function isDirty(env: Environment): Promise<boolean> {
  const item = await retrying(env.ports, () => env.ports.items.read(itemKeys.dirty));
  if (!item) return false;
  const job = (await readJob(env.ports)).value;
  return (job.inFlight && rule('inFlightDirty')) || (item.value as number) >= job.lastCompleted;
}

/** Begins a checkpoint: takes the next id and fixes the membership, on condition that nothing changed the job since. */
export async function beginCheckpoint(env: Environment): Promise<CheckpointItem | undefined> {
  const { ports } = env;
  const job = await readJob(ports);
  if (job.value.status !== 'RUNNING' && rule('stampAtRaise')) return undefined;
  const id = job.value.lastCheckpoint + 1;
  const begunAtMs = ports.clock.now();
  const item: CheckpointItem = {
    id,
    attempt: job.value.attempt,
    status: 'IN_PROGRESS',
    // Subtasks of stages that an edit took away are registered still, but nobody runs them.
    members: job.value.subtasks.filter((id) => env.plan.subtasks.some((subtask) => subtask.id === id)),
    begunAtMs,
    escalated: false,
    committed: false,
    abandoned: false,
    finished: false,
  };
  const counted = (now: JobItem): JobItem => ({ ...now, lastCheckpoint: id, lastBegunAtMs: begunAtMs });
  const fence = { key: itemKeys.job, ifRevision: job.revision, value: counted(job.value) };
  const begin = { key: itemKeys.checkpoint(id), ifRevision: 0, value: item };
  // DECISION POINT: the checkpoint exists, with these members.
  const outcome = await retrying(ports, () => ports.items.write(rule('beginTx') ? [fence, begin] : [begin]));
  if (outcome === 'conflict') return undefined;
  if (!rule('beginTx')) await changeJob(ports, counted);
  ports.telemetry.emit({ kind: 'checkpoint', id, status: 'begun' });
  return item;
}

/** Cuts the sources: the barrier enters the channels. */
export async function triggerSources(env: Environment, checkpoint: CheckpointItem): Promise<void> {
  const sources = env.plan.stages.filter((stage) => stage.kind === 'source').map((stage) => stage.id);
  const subtasks = env.plan.subtasks.filter(
    (subtask) => sources.includes(subtask.stage) && checkpoint.members.includes(subtask.id),
  );
  await Promise.all(subtasks.map((subtask) => cutByCoordinator(env, subtask.id, checkpoint)));
}

/** Cuts for all that have not acknowledged: from here the duration does not depend on the backlog. */
export async function escalate(env: Environment, checkpoint: CheckpointItem): Promise<void> {
  const { ports } = env;
  const key = itemKeys.checkpoint(checkpoint.id);
  const item = await retrying(ports, () => ports.items.read(key));
  const now = item?.value as CheckpointItem | undefined;
  if (!item || now?.status !== 'IN_PROGRESS') return;
  // Marked first: in-flight messages are expected from here on.
  if (!now.escalated && rule('escalatedMark')) {
    await retrying(ports, () =>
      ports.items.write([{ key, ifRevision: item.revision, value: { ...now, escalated: true } }]),
    );
    ports.telemetry.emit({ kind: 'checkpoint', id: now.id, status: 'escalated' });
  }
  const acked = new Set((await listAcks(ports, checkpoint.id)).map((ack) => ack.subtask));
  await Promise.all(
    checkpoint.members.filter((id) => !acked.has(id)).map((id) => cutByCoordinator(env, id, checkpoint)),
  );
}

/** Appends the pure cut entry to a subtask's journal; the loser of the race looks again, with jitter. */
export async function cutByCoordinator(env: Environment, subtask: string, checkpoint: CheckpointItem): Promise<void> {
  const { ports } = env;
  const plan = env.plan.subtasks.find((other) => other.id === subtask);
  if (!plan) return;
  const { downstream } = neighbours(env.plan, plan);
  for (let tries = 0; tries < 50; tries++) {
    const last = await lastEntry(ports, subtask);
    if (!last || last.head.control.attempt !== checkpoint.attempt) return;
    // Before the next version anybody's last one must be published [pubInv].
    await republish(ports, subtask, last);
    if (last.head.control.stamp >= checkpoint.id) {
      await acknowledgeEarlier(env, subtask, last.head.control.lastCut);
      return;
    }
    const control = copyControl(last.head.control);
    const version = last.version + 1;
    takeCut(control, checkpoint.id, version);
    const messages = downstream.map((to) => barrierTo(control, to));
    const draft: EntryDraft = {
      head: { kind: 'cut', pure: true, control, messages, rows: [], changes: [] },
      parts: [],
    };
    if ((await appendDraft(ports, subtask, version, ports.random.nonce(), draft)) === 'mine') {
      await publishEntry(ports, subtask, { version, head: draft.head });
      // It drains what was parked for this cut, and acknowledges if we don't get to it.
      await wake(ports, subtask, checkpoint.attempt).catch(() => undefined);
      ports.telemetry.emit({ kind: 'cut', subtask, checkpoint: checkpoint.id, by: 'coordinator' });
      await acknowledgeCuts(env, subtask, control.lastCut);
      return;
    }
    await ports.clock.sleep(2 ** Math.min(tries, 6) * ports.random.fraction());
  }
}

/** `waiting`: acknowledgements are missing. `ended`: it has ended, by this call or another. */
export async function tryComplete(env: Environment, id: number): Promise<'waiting' | 'completed' | 'ended'> {
  const { ports } = env;
  const item = await retrying(ports, () => ports.items.read(itemKeys.checkpoint(id)));
  const checkpoint = item?.value as CheckpointItem | undefined;
  if (!item || checkpoint?.status !== 'IN_PROGRESS') return 'ended';
  const acks = await listAcks(ports, id);
  const acked = new Set(acks.map((ack) => ack.subtask));
  if (!checkpoint.members.every((member) => acked.has(member)) && rule('allAcks')) return 'waiting';
  const mode = cutModeOf(env.plan);
  const verdict = judgeCut(acks, {
    orphansAllowed: mode === 'at-least-once' && rule('orphansExpected'),
    inFlightAllowed: mode !== 'aligned' || checkpoint.escalated,
  });
  if (!verdict.consistent) {
    await abortCheckpoint(env, id, verdict.reason);
    return 'ended';
  }
  const value = completedItem(env, checkpoint, acks, verdict.channels);
  const job = await readJob(ports);
  const fenced = rule('completeTx');
  if (fenced && (job.value.attempt !== checkpoint.attempt || job.value.status !== 'RUNNING')) return 'ended';
  // A newer one is complete, and whoever completed it did not get to this: what this one needs may be collected.
  if (job.value.lastCompleted > id && rule('subsume')) {
    await abortCheckpoint(env, id, 'SUBSUMED');
    return 'ended';
  }
  const counted = (now: JobItem): JobItem => ({
    ...now,
    lastCompleted: Math.max(id, now.lastCompleted),
    inFlight: hasInFlight(verdict.channels),
    consecutiveFailures: 0,
    lastEndedAtMs: ports.clock.now(),
  });
  if (!rule('commitAfterComplete')) await commitCheckpoint(env, acks);
  const complete = { key: itemKeys.checkpoint(id), ifRevision: item.revision, value };
  const fence = { key: itemKeys.job, ifRevision: job.revision, value: counted(job.value) };
  // DECISION POINT: the checkpoint is complete, on condition that the job is still at its attempt [completeTx].
  const outcome = await retrying(ports, () => ports.items.write(fenced ? [complete, fence] : [complete]));
  if (outcome === 'conflict') return 'waiting';
  if (!fenced) await changeJob(ports, counted);
  const durationMs = ports.clock.now() - checkpoint.begunAtMs;
  ports.telemetry.emit({ kind: 'checkpoint', id, status: 'completed', durationMs, bytes: value.bytes ?? 0 });
  if (rule('subsume')) await abortOlder(env, id);
  return 'completed';
}

function completedItem(
  env: Environment,
  checkpoint: CheckpointItem,
  acks: readonly Acknowledgement[],
  channels: NonNullable<CheckpointItem['channels']>,
): CheckpointItem {
  return {
    ...checkpoint,
    status: 'COMPLETED',
    endedAtMs: env.ports.clock.now(),
    channels,
    finished: acks.every((ack) => ack.control.finished),
    bytes: acks.reduce((sum, ack) => sum + ack.bytes, 0),
  };
}

/** Completing n ends older open checkpoints. */
async function abortOlder(env: Environment, id: number): Promise<void> {
  for (const { value } of await listCheckpoints(env.ports)) {
    if (value.status === 'IN_PROGRESS' && value.id < id) await abortCheckpoint(env, value.id, 'SUBSUMED');
  }
}

/** Ends an open checkpoint without completing it. Deletes nothing: its output belongs to the next one. */
export async function abortCheckpoint(env: Environment, id: number, reason: FailureReason): Promise<boolean> {
  const { ports } = env;
  const key = itemKeys.checkpoint(id);
  const item = await retrying(ports, () => ports.items.read(key));
  const checkpoint = item?.value as CheckpointItem | undefined;
  if (!item || checkpoint?.status !== 'IN_PROGRESS') return false;
  const value: CheckpointItem = { ...checkpoint, status: 'ABORTED', reason, endedAtMs: ports.clock.now() };
  // DECISION POINT: the checkpoint is dead.
  if ((await retrying(ports, () => ports.items.write([{ key, ifRevision: item.revision, value }]))) === 'conflict')
    return false;
  ports.telemetry.emit({
    kind: 'checkpoint',
    id,
    status: 'aborted',
    reason,
    durationMs: ports.clock.now() - checkpoint.begunAtMs,
  });
  const counts = reason !== 'SUBSUMED' && reason !== 'SUPERSEDED' && reason !== 'STOPPED';
  const tolerable = env.plan.checkpoint.tolerableFailures;
  await changeJob(ports, (job) => {
    const failures = job.consecutiveFailures + (counts ? 1 : 0);
    const failed = failures > tolerable && job.status === 'RUNNING';
    const failure = `${failures} checkpoints in a row failed, the last one by ${reason}; ${tolerable} are tolerated`;
    return {
      ...job,
      consecutiveFailures: failures,
      lastEndedAtMs: ports.clock.now(),
      ...(failed ? { status: 'FAILED' as const, failure } : {}),
    };
  });
  return true;
}

/** Commits a completed checkpoint, and notes that it is. Restores roll forward what this didn't get to. */
export async function commitCompleted(env: Environment, id: number): Promise<boolean> {
  const { ports } = env;
  const key = itemKeys.checkpoint(id);
  const item = await retrying(ports, () => ports.items.read(key));
  const checkpoint = item?.value as CheckpointItem | undefined;
  if (!item || checkpoint?.status !== 'COMPLETED') return true;
  if (checkpoint.committed) return true;
  if (!(await commitCheckpoint(env, await listAcks(ports, id)))) return false;
  const write = [{ key, ifRevision: item.revision, value: { ...checkpoint, committed: true } }];
  if ((await retrying(ports, () => ports.items.write(write))) === 'conflict') {
    const now = (await readCheckpoint(env, id))?.value;
    // Pinned or given up meanwhile: noted at the next try, so that it can expire.
    if (now?.status === 'COMPLETED' && !now.committed) return false;
  }
  ports.telemetry.emit({
    kind: 'checkpoint',
    id,
    status: 'committed',
    durationMs: ports.clock.now() - checkpoint.begunAtMs,
  });
  return true;
}
