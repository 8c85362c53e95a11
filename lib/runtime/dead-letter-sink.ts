import { sha256Hex } from '../core/bytes/digest.ts';
import type { DeadLetter } from '../core/record/position.ts';
import type { ControlItems } from '../ports/control-items.ts';
import { itemKeys } from '../ports/names.ts';
import type { CommitProgress, Sink, SinkRange } from '../ports/sink.ts';

/** A dead letter as it is listed: with the checkpointed place it came from. */
export interface StoredDeadLetter extends DeadLetter {
  readonly subtask: string;
  readonly attempt: number;
  readonly version: number;
}

/** The built-in sink of refused records: control items, moved together with the progress, hence exactly once. */
export function deadLetterSink(changesPerWrite: number): Sink {
  return {
    guarantee: 'exactly-once',
    keyed: true,
    async commit(ranges, progress) {
      for (const range of ranges)
        if ((await commitRange(range, progress, changesPerWrite - 1)) === 'lost') return 'lost';
      return 'committed';
    },
    async abort() {},
    async recover() {},
  };
}

async function commitRange(range: SinkRange, progress: CommitProgress, size: number): Promise<'committed' | 'lost'> {
  for await (const { version, rows } of range.rows()) {
    if (version <= progress.at.version) continue;
    const done = progress.at.version + 1 === version ? progress.at.row : 0;
    for (let from = done; from < rows.length; from += size) {
      const chunk = rows.slice(from, from + size);
      const changes = chunk.map((row, index) => {
        const letter = row as DeadLetter;
        const value = { ...letter, subtask: range.subtask, attempt: range.attempt, version };
        return { key: itemKeys.deadLetter(letterKey(letter, range.subtask, version, from + index)), value };
      });
      const end = from + chunk.length;
      // Entries without rows in between count as done: the journal version before this one.
      const to = end >= rows.length ? { version, row: 0 } : { version: version - 1, row: end };
      if ((await progress.move(to, changes)) === 'lost') return 'lost';
    }
  }
  if (progress.at.version >= range.upTo) return 'committed';
  return (await progress.move({ version: range.upTo, row: 0 })) === 'moved' ? 'committed' : 'lost';
}

/** A record with a place in a split keeps its key when it is refused again, after a restore to an older checkpoint. */
function letterKey(letter: DeadLetter, subtask: string, version: number, index: number): string {
  if (letter.split !== undefined && letter.position !== undefined && letter.lastPosition === undefined) {
    // Two sources may have splits of one name, and share the operator.
    const split = `${subtask.slice(0, subtask.lastIndexOf('/'))} ${letter.split}`;
    return `${letter.operator}/${sha256Hex(split).slice(0, 16)}/${letter.position.padStart(20, '0')}`;
  }
  return `${subtask}/${String(version).padStart(12, '0')}/${String(index).padStart(8, '0')}`;
}

/** Committed dead letters, by subtask and time. */
export async function* readDeadLetters(items: ControlItems): AsyncGenerator<StoredDeadLetter> {
  for (let after: string | undefined; ; ) {
    const page = await items.list(itemKeys.deadLetters, { limit: 500, ...(after === undefined ? {} : { after }) });
    for (const item of page) yield item.value as StoredDeadLetter;
    after = page[page.length - 1]?.key;
    if (after === undefined) return;
  }
}
