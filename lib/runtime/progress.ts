import { rule } from '../core/record/rule.ts';
import { itemKeys } from '../ports/names.ts';
import type { CommitProgress, SinkProgress } from '../ports/sink.ts';
import { type Environment, retrying } from './environment.ts';

/** The progress item of a sink subtask: how far its output is committed, and for which attempt. */
export async function readProgress(
  env: Environment,
  sink: string,
  subtask: string,
): Promise<{ at: SinkProgress; revision: number }> {
  const item = await retrying(env.ports, () => env.ports.items.read(itemKeys.progress(sink, subtask)));
  return item
    ? { at: item.value as SinkProgress, revision: item.revision }
    : { at: { attempt: 0, version: 0, row: 0 }, revision: 0 };
}

/** A handle with which one commit moves the item: every move is conditional on the one before it. */
export function progressHandle(
  env: Environment,
  sink: string,
  subtask: string,
  start: { at: SinkProgress; revision: number },
): CommitProgress {
  let { at, revision } = start;
  const key = itemKeys.progress(sink, subtask);
  return {
    get at() {
      return at;
    },
    async move(to, together = []) {
      const next: SinkProgress = { attempt: at.attempt, version: to.version, row: to.row };
      const change = rule('conditionalProgress') ? { key, ifRevision: revision, value: next } : { key, value: next };
      // DECISION POINT: with this write the rows are visible and will not be committed again.
      const outcome = await retrying(env.ports, () => env.ports.items.write([change, ...together]));
      if (outcome === 'conflict') {
        // Our own write whose answer was lost looks like somebody else's: the values tell.
        const now = await readProgress(env, sink, subtask);
        const same = now.at.attempt === next.attempt && now.at.version === next.version && now.at.row === next.row;
        if (!same || now.revision !== revision + 1) return 'lost';
      }
      at = next;
      revision++;
      return 'moved';
    },
  };
}
