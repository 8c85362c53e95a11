import { decode } from '../core/bytes/codec.ts';
import { unframe } from '../core/bytes/frame.ts';
import type { CutMark } from '../core/journal/control.ts';
import { rule } from '../core/record/rule.ts';
import type { SinkRange, SinkRows } from '../ports/sink.ts';
import { type Environment, retrying } from './environment.ts';
import { entriesBetween, entryAt } from './journal-access.ts';

/** `(after, upTo]` of a journal. */
export interface Piece {
  readonly after: number;
  readonly upTo: number;
}

/**
 * The journal between `after` and a cut, split at every cut between: oldest first. The boundaries follow from the
 * journal alone, so that staged pieces never overlap, whichever checkpoints were aborted.
 */
export async function piecesUpTo(env: Environment, subtask: string, cut: CutMark, after: number): Promise<Piece[]> {
  const pieces: Piece[] = [];
  for (let mark: CutMark | null = cut; mark && mark.version > after; ) {
    pieces.push({ after: Math.max(after, mark.previousVersion), upTo: mark.version });
    if (mark.previousVersion <= after) break;
    const previous = await entryAt(env.ports, subtask, mark.previousVersion);
    // Before a restore entry lies the branch of another attempt.
    if (previous.head.kind !== 'cut' && !rule('liveRange')) pieces.push({ after, upTo: mark.previousVersion });
    mark = previous.head.kind === 'cut' ? previous.head.control.lastCut : null;
  }
  return pieces.reverse();
}

/** A piece as a sink sees it: only entries of the attempt count [liveRange]. */
export function sinkRange(env: Environment, sink: string, subtask: string, attempt: number, piece: Piece): SinkRange {
  return {
    pipeline: env.plan.name,
    sink,
    subtask,
    attempt,
    after: piece.after,
    upTo: piece.upTo,
    rows: () => rowsOf(env, sink, subtask, attempt, piece),
  };
}

async function* rowsOf(
  env: Environment,
  sink: string,
  subtask: string,
  attempt: number,
  piece: Piece,
): AsyncGenerator<SinkRows> {
  for await (const entry of entriesBetween(env.ports, subtask, piece.after, piece.upTo)) {
    if (entry.head.control.attempt !== attempt && rule('liveRange')) continue;
    for (const rows of entry.head.rows) {
      if (rows.sink !== sink) continue;
      const read = retrying(env.ports, () => env.ports.journal.readPart(subtask, entry.version, rows.part));
      const bytes = await read.catch(async (error: unknown) => {
        // Collected in between: somebody else has committed it.
        await entryAt(env.ports, subtask, entry.version);
        throw error;
      });
      yield { version: entry.version, rows: decode(unframe(bytes)) as unknown[] };
    }
  }
}
