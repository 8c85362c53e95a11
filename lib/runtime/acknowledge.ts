import type { Acknowledgement, CheckpointItem } from '../core/checkpoint/checkpoint-item.ts';
import { type CutMark, type Manifest, stateBaseAt } from '../core/journal/control.ts';
import { rule } from '../core/record/rule.ts';
import { COORDINATOR, itemKeys } from '../ports/names.ts';
import { type Environment, retrying, stageOf } from './environment.ts';
import { entryAt, type LoadedEntry, openEntry, wake } from './journal-access.ts';
import { readProgress } from './progress.ts';
import { piecesUpTo, sinkRange } from './sink-ranges.ts';

export async function readCheckpoint(
  env: Environment,
  id: number,
): Promise<{ value: CheckpointItem; revision: number } | undefined> {
  const item = await retrying(env.ports, () => env.ports.items.read(itemKeys.checkpoint(id)));
  return item && { value: item.value as CheckpointItem, revision: item.revision };
}

export async function readManifest(
  env: Environment,
  subtask: string,
): Promise<{ value: Manifest; revision: number } | undefined> {
  const item = await retrying(env.ports, () => env.ports.items.read(itemKeys.manifest(subtask)));
  return item && { value: item.value as Manifest, revision: item.revision };
}

/**
 * Acknowledges the cuts of a journal that end in `mark` and belong to open checkpoints: stages what has to be
 * staged, then puts the acknowledgement if absent. Whoever appended the cut does it, or the next invocation.
 * Late, repeated and foreign acknowledgements change nothing. Gives the number of new ones.
 */
export async function acknowledgeCuts(env: Environment, subtask: string, mark: CutMark | null): Promise<number> {
  let put = 0;
  for (let cut = mark; cut; ) {
    const checkpoint = await readCheckpoint(env, cut.checkpoint);
    if (checkpoint?.value.status !== 'IN_PROGRESS') break;
    const entry = await entryAt(env.ports, subtask, cut.version);
    if (entry.head.control.attempt !== checkpoint.value.attempt) break;
    if (await acknowledge(env, subtask, cut, entry)) put++;
    cut = await previousCut(env, subtask, cut);
  }
  if (put > 0 && mark) await wake(env.ports, COORDINATOR, 0).catch(() => undefined);
  return put;
}

/** Acknowledges what an earlier writer of the journal may not have got to. */
export async function acknowledgeEarlier(env: Environment, subtask: string, mark: CutMark | null): Promise<number> {
  return rule('ackNext') ? acknowledgeCuts(env, subtask, mark) : 0;
}

/** The cut before, while its entry is kept. An open checkpoint's is. */
async function previousCut(env: Environment, subtask: string, cut: CutMark): Promise<CutMark | null> {
  const [stored] = await retrying(env.ports, () => env.ports.journal.read(subtask, cut.previousVersion - 1, 1));
  if (stored?.version !== cut.previousVersion) return null;
  const { head } = openEntry(stored);
  return head.kind === 'cut' ? head.control.lastCut : null;
}

async function acknowledge(env: Environment, subtask: string, cut: CutMark, entry: LoadedEntry): Promise<boolean> {
  const key = itemKeys.ack(cut.checkpoint, subtask);
  if (rule('ackOnce') && (await retrying(env.ports, () => env.ports.items.read(key)))) return false;
  const { control } = entry.head;
  if (rule('stageBeforeAck')) await stageUpTo(env, subtask, control.attempt, cut);
  const manifest = (await readManifest(env, subtask))?.value;
  const value: Acknowledgement = {
    subtask,
    checkpoint: cut.checkpoint,
    attempt: control.attempt,
    version: cut.version,
    control,
    base: stateBaseAt(control, cut.version, manifest),
    atMs: env.ports.clock.now(),
    bytes: cut.cost.all,
    headBytes: cut.cost.heads,
  };
  // DECISION POINT: with this item the subtask has voted for the checkpoint.
  const change = rule('ackOnce') ? { key, ifRevision: 0, value } : { key, value };
  return (await retrying(env.ports, () => env.ports.items.write([change]))) === 'applied';
}

/** Stages everything up to the cut that is not committed yet; repeats are harmless. */
async function stageUpTo(env: Environment, subtask: string, attempt: number, cut: CutMark): Promise<void> {
  const own = env.plan.subtasks.find((other) => other.id === subtask);
  if (!own) return;
  for (const node of stageOf(env.plan, own).nodes) {
    const sink = node.kind === 'sink' ? env.sinks.get(node.id) : undefined;
    if (!sink?.stage) continue;
    const { at } = await readProgress(env, node.id, subtask);
    if (at.attempt > attempt) continue;
    for (const piece of await piecesUpTo(env, subtask, cut, at.version)) {
      await sink.stage(sinkRange(env, node.id, subtask, attempt, piece));
    }
  }
}
