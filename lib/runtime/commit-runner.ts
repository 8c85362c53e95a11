import { sha256Hex } from '../core/bytes/digest.ts';
import type { Acknowledgement } from '../core/checkpoint/checkpoint-item.ts';
import { TidemarkError } from '../core/record/errors.ts';
import { rule } from '../core/record/rule.ts';
import type { SinkNode } from '../plan/physical-plan.ts';
import type { ControlChange } from '../ports/control-items.ts';
import type { Effect, EffectRequest } from '../ports/effect.ts';
import { DEAD_LETTERS, itemKeys } from '../ports/names.ts';
import type { CommitProgress, SinkIdentity, SinkRange } from '../ports/sink.ts';
import { type Environment, retrying, stageOf } from './environment.ts';
import { progressHandle, readProgress } from './progress.ts';
import { piecesUpTo, sinkRange } from './sink-ranges.ts';

/**
 * Makes the output of a completed checkpoint visible (DESIGN 6). Can be repeated, raced and interrupted anywhere:
 * every move of a progress item is conditional. A checkpoint commits only while the progress is at its attempt
 * [fenceSinks]. Gives false when some sink subtask was taken over by somebody else.
 */
export async function commitCheckpoint(env: Environment, acks: readonly Acknowledgement[]): Promise<boolean> {
  const done = await Promise.all(acks.map((ack) => commitSubtask(env, ack)));
  return done.every(Boolean);
}

async function commitSubtask(env: Environment, ack: Acknowledgement): Promise<boolean> {
  const subtask = env.plan.subtasks.find((other) => other.id === ack.subtask);
  if (!subtask) return true;
  const { nodes } = stageOf(env.plan, subtask);
  let complete = true;
  // Sinks first: an effect follows the commit of the rows it speaks of.
  for (const id of [DEAD_LETTERS, ...nodes.flatMap((node) => (node.kind === 'sink' ? [node.id] : []))]) {
    complete = (await commitOne(env, ack, id, (ranges, progress) => commitSink(env, id, ranges, progress))) && complete;
  }
  for (const node of nodes) {
    if (node.kind !== 'effect') continue;
    const effect = env.effects.get(node.id);
    if (effect)
      complete =
        (await commitOne(env, ack, node.id, (ranges, progress) =>
          runEffects(env, node.id, effect, ranges, progress),
        )) && complete;
  }
  return complete;
}

type Outcome = 'committed' | 'lost';

async function commitOne(
  env: Environment,
  ack: Acknowledgement,
  sink: string,
  commit: (ranges: readonly SinkRange[], progress: CommitProgress) => Promise<Outcome>,
): Promise<boolean> {
  const { lastCut } = ack.control;
  const found = await readProgress(env, sink, ack.subtask);
  const start = rule('fenceSinks') ? found : { ...found, at: { ...found.at, attempt: ack.attempt } };
  if (start.at.attempt !== ack.attempt) return start.at.attempt > ack.attempt;
  if (!lastCut || start.at.version >= ack.version) return true;
  const all = await piecesUpTo(env, ack.subtask, lastCut, start.at.version);
  // Cuts of aborted checkpoints between: their output belongs to this one.
  const pieces = rule('abortKeeps') ? all : all.slice(-1);
  const ranges = pieces.map((piece) => sinkRange(env, sink, ack.subtask, ack.attempt, piece));
  return (await commit(ranges, progressHandle(env, sink, ack.subtask, start))) === 'committed';
}

async function commitSink(
  env: Environment,
  id: string,
  ranges: readonly SinkRange[],
  progress: CommitProgress,
): Promise<Outcome> {
  const sink = env.sinks.get(id);
  return sink ? sink.commit(ranges, progress) : 'committed';
}

/** Tries in one go; then the coordinator does something else first. */
const EFFECT_TRIES = 4;

interface EffectRow {
  readonly key: string;
  readonly payload: unknown;
}

/** Effects: each key that has no receipt is delivered, its receipt kept together with the progress. */
async function runEffects(
  env: Environment,
  id: string,
  effect: Effect,
  ranges: readonly SinkRange[],
  progress: CommitProgress,
): Promise<Outcome> {
  const size = Math.max(1, Math.floor((env.ports.limits.changesPerWrite - 1) / 2));
  for (const range of ranges) {
    for await (const { version, rows } of range.rows()) {
      const done = progress.at.version + 1 === version ? progress.at.row : 0;
      for (let from = done; from < rows.length; from += size) {
        const chunk = rows.slice(from, from + size) as EffectRow[];
        const { together, waiting } = await deliver(env, id, effect, chunk, range, version);
        if (waiting > 0) {
          // What was delivered keeps its receipt; the rest is tried again at the coordinator's next turn.
          if ((await progress.move(progress.at, together)) === 'lost') return 'lost';
          throw effectDown(id, waiting);
        }
        const to =
          from + chunk.length >= rows.length ? { version, row: 0 } : { version: version - 1, row: from + chunk.length };
        if ((await progress.move(to, together)) === 'lost') return 'lost';
      }
    }
  }
  const end = ranges[ranges.length - 1]?.upTo;
  if (end === undefined || progress.at.version >= end) return 'committed';
  return (await progress.move({ version: end, row: 0 })) === 'moved' ? 'committed' : 'lost';
}

/** Delivers what has no receipt, in a few tries. A refused request becomes a dead letter beside its receipt. */
async function deliver(
  env: Environment,
  id: string,
  effect: Effect,
  rows: readonly EffectRow[],
  range: SinkRange,
  version: number,
): Promise<{ together: ControlChange[]; waiting: number }> {
  const { ports } = env;
  const wanted = new Map<string, EffectRequest>();
  for (const row of rows) wanted.set(sha256Hex(row.key), row);
  const together: ControlChange[] = [];
  for (const hash of [...wanted.keys()]) {
    if (await retrying(ports, () => ports.items.read(itemKeys.receipt(id, hash)))) wanted.delete(hash);
  }
  for (let tries = 0; wanted.size > 0 && tries < EFFECT_TRIES; tries++) {
    if (tries > 0) await ports.clock.sleep(50 * 2 ** tries * (0.5 + ports.random.fraction()));
    const entries = [...wanted];
    const outcomes = await effect.deliver(entries.map(([, request]) => request));
    for (const [index, [hash, request]] of entries.entries()) {
      const outcome = outcomes[index];
      if (!outcome || outcome.outcome === 'retry') continue;
      wanted.delete(hash);
      const value = { key: request.key, atMs: ports.clock.now(), ...outcome };
      together.push({ key: itemKeys.receipt(id, hash), ifRevision: 0, value });
      if (outcome.outcome === 'refused') {
        const letter = {
          ...{ operator: id, code: 'TM_EFFECT_REFUSED', message: outcome.message, count: 1, record: request.payload },
          ...{ subtask: range.subtask, attempt: range.attempt, version },
        };
        together.push({ key: itemKeys.deadLetter(`${id}/${hash}`), value: letter });
      }
    }
  }
  return { together, waiting: wanted.size };
}

function effectDown(id: string, waiting: number): TidemarkError {
  return new TidemarkError(
    'TM_EFFECT_UNAVAILABLE',
    'unavailable',
    `the effect ${id} could not be carried out for ${waiting} rows`,
    'Look at its receiver; it is tried again, and nothing is lost.',
  );
}

/** Sink ids and identities of one subtask, for recovery and aborts. */
export function sinkIdentities(env: Environment, subtaskId: string, attempt: number): SinkIdentity[] {
  const subtask = env.plan.subtasks.find((other) => other.id === subtaskId);
  if (!subtask) return [];
  const sinks = stageOf(env.plan, subtask).nodes.filter((node): node is SinkNode => node.kind === 'sink');
  return sinks.map((node) => ({ pipeline: env.plan.name, sink: node.id, subtask: subtaskId, attempt }));
}

/** Lets every sink clear what crashes left behind. Once per run of a driver, and after each restore. */
export async function recoverSinks(env: Environment, attempt: number): Promise<void> {
  for (const subtask of env.plan.subtasks) {
    for (const identity of sinkIdentities(env, subtask.id, attempt)) {
      const { at } = await readProgress(env, identity.sink, subtask.id);
      await env.sinks.get(identity.sink)?.recover(identity, at);
    }
  }
}
