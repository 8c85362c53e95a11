import type { StateBase } from '../journal/control.ts';
import { rule } from '../record/rule.ts';
import type { Acknowledgement, CheckpointItem, JobItem } from './checkpoint-item.ts';

/** Completed checkpoints that may go: all but the last `retain` on the live branch and the pinned one. */
export function expirable(checkpoints: readonly CheckpointItem[], job: JobItem, retain: number): CheckpointItem[] {
  const completed = checkpoints.filter((checkpoint) => checkpoint.status === 'COMPLETED');
  const live = completed.filter((checkpoint) => !checkpoint.abandoned).sort((a, b) => b.id - a.id);
  const kept = new Set(live.slice(0, Math.max(1, retain)).map((checkpoint) => checkpoint.id));
  return completed.filter(
    (checkpoint) => !kept.has(checkpoint.id) && isCommitted(checkpoint) && !isPinned(checkpoint, job),
  );
}

/** Its output is visible, and needed no more. */
function isCommitted(checkpoint: CheckpointItem): boolean {
  return checkpoint.committed || !rule('keepUncommitted');
}

/**
 * A restore has chosen it and may still be reading it, or the job stands on it. Once the attempt has a checkpoint of
 * its own the pin is over: else every journal would be kept from the last restore on.
 */
function isPinned(checkpoint: CheckpointItem, job: JobItem): boolean {
  if (!rule('pin')) return false;
  if (job.status === 'RESTORING' && job.restore?.checkpoint === checkpoint.id) return true;
  return checkpoint.pinnedBy === job.attempt && (job.status === 'RESTORING' || job.lastCompleted === checkpoint.id);
}

/** The oldest version of a journal that a base reads; entries up to the one before it are not needed by it. */
export function firstNeeded(base: StateBase): number {
  return Math.min(...base.segments.map(([after]) => after + 1), Number.MAX_SAFE_INTEGER);
}

/** The version up to which a base needs nothing. */
function belowBase(base: StateBase): number {
  return rule('keepBase') ? firstNeeded(base) - 1 : Number.MAX_SAFE_INTEGER;
}

/**
 * The version up to which a subtask's journal may be collected (DESIGN 4.7): below every kept and open checkpoint's
 * base and the head's, with all messages processed in every one of them, and all output committed [gcOldest].
 */
export function collectableUpTo(
  subtask: string,
  kept: readonly (readonly Acknowledgement[])[],
  head: { readonly base: StateBase; readonly version: number },
  committedUpTo: number,
): number {
  const headBound = rule('keepHead') ? head.version - 1 : head.version;
  const outputBound = rule('keepUncommitted') ? committedUpTo : head.version;
  let bound = Math.min(headBound, outputBound, belowBase(head.base));
  for (const acks of kept) {
    const own = acks.find((ack) => ack.subtask === subtask);
    if (!own) return 0;
    bound = Math.min(bound, belowBase(own.base), own.version - 1);
    for (const ack of acks) {
      const channel = ack.control.in[subtask];
      if (!channel || !rule('keepInFlight')) continue;
      for (const message of channel.parked) bound = Math.min(bound, message.version - 1);
      if ((own.control.out[ack.subtask] ?? 0) > channel.received) bound = Math.min(bound, channel.version);
    }
  }
  return Math.max(0, bound);
}
