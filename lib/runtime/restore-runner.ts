import type { Acknowledgement, CheckpointItem, CodeIdentity, JobItem } from '../core/checkpoint/checkpoint-item.ts';
import { hasInFlight } from '../core/checkpoint/consistency.ts';
import {
  copyControl,
  initialControl,
  newInChannel,
  type ParkedMessage,
  type TaskControl,
} from '../core/journal/control.ts';
import { isBarrier } from '../core/journal/entry.ts';
import { TidemarkError } from '../core/record/errors.ts';
import { rule } from '../core/record/rule.ts';
import type { ControlChange } from '../ports/control-items.ts';
import { DEAD_LETTERS, itemKeys } from '../ports/names.ts';
import { sinkIdentities } from './commit-runner.ts';
import { commitCompleted } from './coordinator-runner.ts';
import { cutModeOf, type Environment, neighbours, retrying, stageOf } from './environment.ts';
import { changeJob, listAcks, listCheckpoints, type Revisioned, readJob } from './job-items.ts';
import { appendDraft, entriesBetween, lastEntry, republish } from './journal-access.ts';
import { readProgress } from './progress.ts';

export interface RestoreRequest {
  /** A checkpoint id, 0 for the beginning, or undefined for the latest completed one. */
  readonly checkpoint: number | undefined;
  /** Needed to go back behind output that is already committed. */
  readonly allowOlder: boolean;
  readonly code: CodeIdentity;
}

/** Asks for a restore: raises the attempt, which fences everything before it. {@link continueRestore} does the rest. */
export async function requestRestore(env: Environment, request: RestoreRequest): Promise<JobItem> {
  const { ports } = env;
  const { checkpoint } = request;
  for (;;) {
    const job = await readJob(ports);
    const completed = (await listCheckpoints(ports)).filter(({ value }) => value.status === 'COMPLETED');
    const usable = completed.filter(({ value }) => !value.abandoned);
    const latest = usable[usable.length - 1]?.value.id ?? 0;
    const chosen = completed.find(({ value }) => value.id === checkpoint);
    if (job.value.status === 'CANCELLED' && usable.length === 0) throw nothingKept();
    if (checkpoint !== undefined && checkpoint !== 0 && !chosen) {
      throw new TidemarkError(
        'TM_RESTORE_UNKNOWN',
        'invalid',
        `there is no completed checkpoint ${checkpoint}`,
        'List them with `tidemark checkpoints`.',
      );
    }
    if (checkpoint !== undefined && checkpoint < latest) refuseOlder(env, request, checkpoint, latest);
    refuseStranded(env, checkpoint === undefined ? usable[usable.length - 1]?.value : chosen?.value);
    const attempt = job.value.attempt + 1;
    const value: JobItem = {
      ...job.value,
      status: 'RESTORING',
      attempt,
      consecutiveFailures: 0,
      // The stamp of the new attempt is fixed here, and no checkpoint begins until all is restored [stampAtRaise].
      restore: {
        stamp: job.value.lastCheckpoint,
        allowOlder: request.allowOlder,
        code: request.code,
        ...(checkpoint === undefined ? {} : { checkpoint }),
      },
    };
    const pin = chosen ? pinFor(chosen, attempt) : [];
    const raise = rule('raiseTx')
      ? { key: itemKeys.job, ifRevision: job.revision, value }
      : { key: itemKeys.job, value };
    // DECISION POINT: every attempt before this one is fenced; a checkpoint asked for by name is pinned with it.
    const outcome = await retrying(ports, () => ports.items.write([raise, ...pin]));
    if (outcome === 'applied') return value;
  }
}

/** From the beginning would write again what is committed. */
function nothingKept(): TidemarkError {
  const what = 'the job was cancelled, and no checkpoint of it is kept';
  return new TidemarkError('TM_RESTORE_UNKNOWN', 'invalid', what, 'Start it anew in an empty directory.');
}

function pinFor(checkpoint: Revisioned<CheckpointItem>, attempt: number): ControlChange[] {
  if (!rule('pin')) return [];
  const { value, revision } = checkpoint;
  return [{ key: itemKeys.checkpoint(value.id), ifRevision: revision, value: { ...value, pinnedBy: attempt } }];
}

function refuseOlder(env: Environment, request: RestoreRequest, checkpoint: number, latest: number): void {
  if (!request.allowOlder && rule('olderByFlag')) {
    throw new TidemarkError(
      'TM_RESTORE_OLDER',
      'invalid',
      `checkpoint ${checkpoint} is older than the latest one, ${latest}: output committed since then stays and is produced again`,
      'Say --allow-older if that is what you want: sinks with keys write the same rows again.',
    );
  }
  const append = [...env.sinks].filter(([, sink]) => !sink.keyed).map(([id]) => id);
  if (append.length > 0 && rule('appendRefusesOlder')) {
    throw new TidemarkError(
      'TM_RESTORE_APPEND',
      'invalid',
      `the sink ${append.join(', ')} only appends: rows committed after checkpoint ${checkpoint} would be there twice`,
      'Bind it to a new, empty place, or restore the latest checkpoint.',
    );
  }
}

/** An edit may take channels away, but not while messages are on them: nobody would process these. */
function refuseStranded(env: Environment, checkpoint: CheckpointItem | undefined): void {
  const { subtasks } = env.plan;
  const stranded = checkpoint?.channels?.find(({ from, to, sent, processed }) => {
    const receiver = subtasks.find((subtask) => subtask.id === to);
    return processed < sent && !(receiver && neighbours(env.plan, receiver).upstream.includes(from));
  });
  if (!stranded) return;
  throw new TidemarkError(
    'TM_RESTORE_IN_FLIGHT',
    'invalid',
    `checkpoint ${checkpoint?.id} holds messages from ${stranded.from} to ${stranded.to}, which the pipeline no longer connects`,
    'Run the pipeline as it was once more, with aligned checkpoints (unaligned: false), and stop it; then edit it.',
  );
}

/** Carries a restore on from wherever it stands; whoever finds it half done goes on with the same attempt. */
export async function continueRestore(env: Environment): Promise<void> {
  const { ports } = env;
  const job = (await readJob(ports)).value;
  if (job.status !== 'RESTORING' || !job.restore) return;
  const { attempt } = job;
  const step = (name: string, checkpoint: number) =>
    ports.telemetry.emit({ kind: 'restore', attempt, checkpoint, step: name });
  const chosen = await choose(env, attempt);
  if (chosen === undefined) return;
  step('chosen', chosen);
  // A sink that an edit has added has nothing to roll forward.
  await fenceSinks(env, job, 'new');
  await rollForward(env, attempt);
  step('rolled-forward', chosen);
  await fenceSinks(env, job, 'all');
  step('fenced', chosen);
  const acks = chosen === 0 ? [] : await listAcks(ports, chosen);
  const from =
    chosen === 0 ? undefined : (await listCheckpoints(ports)).find(({ value }) => value.id === chosen)?.value;
  await Promise.all(job.subtasks.map((subtask) => restoreSubtask(env, job, subtask, from, acks)));
  step('restored', chosen);
  await abandonNewer(env, attempt, chosen);
  await changeJob(ports, (now) =>
    now.attempt === attempt && now.status === 'RESTORING' && now.restore
      ? {
          ...now,
          status: 'RUNNING',
          code: now.restore.code,
          lastCompleted: chosen,
          inFlight: hasInFlight(from?.channels ?? []),
        }
      : undefined,
  );
  step('running', chosen);
}

/** Chooses and pins the checkpoint in one write; expiry is conditional on no pin [pin]. */
async function choose(env: Environment, attempt: number): Promise<number | undefined> {
  const { ports } = env;
  for (;;) {
    const job = await readJob(ports);
    const { restore } = job.value;
    if (job.value.attempt !== attempt || !restore) return undefined;
    if (restore.checkpoint !== undefined) return restore.checkpoint;
    const completed = (await listCheckpoints(ports)).filter(
      ({ value }) => value.status === 'COMPLETED' && !value.abandoned,
    );
    const item = completed[completed.length - 1];
    const checkpoint = item?.value.id ?? 0;
    const value = { ...job.value, restore: { ...restore, checkpoint } };
    const pin = item ? pinFor(item, attempt) : [];
    // DECISION POINT: the attempt continues from this checkpoint.
    await retrying(ports, () => ports.items.write([{ key: itemKeys.job, ifRevision: job.revision, value }, ...pin]));
  }
}

/** Every completed checkpoint of lower attempts is committed before its sinks are fenced [rollAll]. */
export async function rollForward(env: Environment, attempt: number): Promise<void> {
  if (!rule('rollAll')) return;
  for (const { value } of await listCheckpoints(env.ports)) {
    if (value.status !== 'COMPLETED' || value.attempt >= attempt || value.committed) continue;
    // Somebody else commits it too and was faster with a part: the rest must be committed before the fence as well.
    while (!(await commitCompleted(env, value.id))) await env.ports.clock.sleep(20 * env.ports.random.fraction());
  }
}

/** Moves every progress item to the new attempt and the journal's head: a zombie's commit is refused [fenceSinks]. */
export async function fenceSinks(env: Environment, job: JobItem, which: 'new' | 'all'): Promise<void> {
  const { ports } = env;
  if (!rule('fenceSinks')) return;
  for (const id of job.subtasks) {
    const subtask = env.plan.subtasks.find((other) => other.id === id);
    if (!subtask) continue;
    const sinks = [
      DEAD_LETTERS,
      ...stageOf(env.plan, subtask).nodes.flatMap((node) =>
        node.kind === 'sink' || node.kind === 'effect' ? [node.id] : [],
      ),
    ];
    const identities = sinkIdentities(env, id, job.attempt);
    for (const sink of sinks) {
      for (;;) {
        const { at, revision } = await readProgress(env, sink, id);
        if (at.attempt >= job.attempt || (which === 'new' && revision > 0)) break;
        const head = (await lastEntry(ports, id))?.version ?? 0;
        const value = { attempt: job.attempt, version: Math.max(at.version, head), row: 0 };
        const change = { key: itemKeys.progress(sink, id), ifRevision: revision, value };
        // DECISION POINT: from here no output of a lower attempt can become visible in this sink.
        if ((await retrying(ports, () => ports.items.write([change]))) === 'conflict') continue;
        const identity = identities.find((other) => other.sink === sink);
        if (identity && rule('abortStaged'))
          await env.sinks.get(sink)?.abort({ ...identity, attempt: job.attempt - 1 }, at.version);
      }
    }
  }
}

async function restoreSubtask(
  env: Environment,
  job: JobItem,
  id: string,
  checkpoint: CheckpointItem | undefined,
  acks: readonly Acknowledgement[],
): Promise<void> {
  const { ports } = env;
  for (;;) {
    const last = await lastEntry(ports, id);
    // Done already, by this restore or a newer one [restoreIdem].
    if (last && last.head.control.attempt >= job.attempt && rule('restoreIdem')) return;
    if (last && !rule('restoreAll') && !acks.some((ack) => ack.subtask === id)) return;
    if (last) await republish(ports, id, last);
    const version = (last?.version ?? 0) + 1;
    const stamp = rule('stampAtRaise') ? (job.restore?.stamp ?? 0) : (await readJob(ports)).value.lastCheckpoint;
    const control = await restoredControl(env, job.attempt, stamp, id, checkpoint, acks, version);
    const draft = {
      head: { kind: 'restore' as const, pure: false, control, messages: [], rows: [], changes: [] },
      parts: [],
    };
    if ((await appendDraft(ports, id, version, ports.random.nonce(), draft)) === 'mine') return;
  }
}

/** The control with which a subtask begins the attempt: of its cut, channels as far as their senders had sent. */
async function restoredControl(
  env: Environment,
  attempt: number,
  stamp: number,
  id: string,
  checkpoint: CheckpointItem | undefined,
  acks: readonly Acknowledgement[],
  version: number,
): Promise<TaskControl> {
  const subtask = env.plan.subtasks.find((other) => other.id === id);
  const { upstream, downstream } = subtask ? neighbours(env.plan, subtask) : { upstream: [], downstream: [] };
  const ack = acks.find((other) => other.subtask === id);
  if (!checkpoint || !ack) return { ...initialControl(attempt, stamp, upstream, downstream), originVersion: version };
  const control = copyControl(ack.control);
  control.attempt = attempt;
  control.stamp = stamp;
  control.lastCut = null;
  control.sinceCut = { heads: 0, all: 0 };
  control.origin = ack.base;
  control.originVersion = version;
  // Channels follow the plan, which an edit may have changed.
  control.out = Object.fromEntries(downstream.map((to) => [to, control.out[to] ?? 0]));
  control.in = Object.fromEntries(upstream.map((from) => [from, control.in[from] ?? newInChannel()]));
  const again = cutModeOf(env.plan) === 'at-least-once';
  for (const [from, channel] of Object.entries(control.in)) {
    const sender = acks.find((other) => other.subtask === from);
    const sent = sender?.control.out[id] ?? 0;
    const inFlight = sender && !again ? await inFlightOf(env, from, id, channel.received, channel.version, sender) : [];
    // What was parked from behind the sender's cut belongs to its future: it will be sent again.
    const past = channel.parked.filter((message) => message.last <= sent || !rule('parkedPast'));
    channel.parked = again ? [] : [...past, ...inFlight].map((message) => ({ ...message, stamp }));
    // What an at-least-once receiver had processed beyond the cut is sent, and processed, again.
    if (again) channel.processed = sent;
    if (!again || rule('againFromSent')) channel.received = sent;
    channel.version = sender?.version ?? 0;
    channel.barrier = 0;
  }
  return control;
}

/** Messages sent before the sender's cut and not received at the receiver's: references into the sender's journal. */
async function inFlightOf(
  env: Environment,
  from: string,
  to: string,
  received: number,
  after: number,
  sender: Acknowledgement,
): Promise<ParkedMessage[]> {
  const found: ParkedMessage[] = [];
  if ((sender.control.out[to] ?? 0) <= received) return found;
  for await (const entry of entriesBetween(env.ports, from, after, sender.version, 'tolerant')) {
    // Entries of dead branches lie between; the live ones are of the checkpoint's attempt [lineage].
    if (entry.head.control.attempt !== sender.attempt && rule('lineage')) continue;
    for (const message of entry.head.messages) {
      if (message.to !== to || isBarrier(message) || message.last <= received) continue;
      const { first, last, stamp, watermark, part, records, bytes } = message;
      found.push({ version: entry.version, part, first, last, stamp, watermark, records, bytes });
    }
  }
  return found;
}

/** Checkpoints after the chosen one belong to a branch that was given up [abandonCond]. */
async function abandonNewer(env: Environment, attempt: number, chosen: number): Promise<void> {
  const { ports } = env;
  let conflicts = 0;
  for (const { value, revision } of await listCheckpoints(ports)) {
    if (value.id <= chosen || (value.attempt >= attempt && rule('abandonCond'))) continue;
    const key = itemKeys.checkpoint(value.id);
    const next: CheckpointItem | undefined =
      value.status === 'COMPLETED' && !value.abandoned
        ? { ...value, abandoned: true }
        : value.status === 'IN_PROGRESS'
          ? { ...value, status: 'ABORTED', reason: 'SUPERSEDED', endedAtMs: ports.clock.now() }
          : undefined;
    if (!next) continue;
    const write = [{ key, ifRevision: revision, value: next }];
    if ((await retrying(ports, () => ports.items.write(write))) === 'conflict') conflicts++;
  }
  // Somebody noted a commit on one of them, say: it must not stay the latest one.
  if (conflicts > 0) await abandonNewer(env, attempt, chosen);
}
