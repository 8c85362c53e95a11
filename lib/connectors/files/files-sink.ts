import { randomUUID } from 'node:crypto';
import path from 'node:path';
import { isTidemarkError, messageOf, TidemarkError } from '../../core/record/errors.ts';
import type { CommitProgress, Sink, SinkBinding, SinkIdentity, SinkProgress, SinkRange } from '../../ports/sink.ts';
import { type PieceName, parsePieceName, pieceName, writerName } from './piece-name.ts';
import { nodeDisk, type SinkDisk, type SinkFile } from './sink-disk.ts';
import { claimDirectory } from './sink-owner.ts';

/** Text is written in pieces of about this many UTF-16 units. */
const WRITE_UNITS = 256 * 1024;

/**
 * Writes rows as NDJSON files into a directory, exactly once, in two phases. The rows of a range of journal entries are
 * staged as one file in `<directory>/.staged`, and renamed to
 * `<directory>/part-<pipeline>.<sink>.<subtask>-a<attempt>-v<last version>.ndjson` after their checkpoint completed.
 * So readers of `part-*.ndjson` see whole files of committed rows only, and may take files away. Directory and
 * `.staged` must be on one file system. Several sinks of one job may share a directory; another job is
 * refused (`TM_SINK_FOREIGN`), since it would overwrite or double rows.
 *
 * @throws TidemarkError `TM_SINK_DIRECTORY` (unavailable) when the directory can't be written, `TM_SINK_ROW`
 * (user-code) for a row that is no JSON.
 */
export function filesSink(directory: string, options: { readonly disk?: SinkDisk } = {}): SinkBinding {
  return {
    guarantee: 'exactly-once',
    description: `files in ${directory}`,
    async open(context) {
      const sink = new FilesSink(path.resolve(directory), options.disk ?? nodeDisk);
      await sink.prepare();
      if (!options.disk) await claimDirectory(path.resolve(directory), context.items);
      return sink;
    },
  };
}

class FilesSink implements Sink {
  readonly guarantee = 'exactly-once';
  readonly keyed = false;
  readonly #directory: string;
  readonly #staged: string;
  readonly #disk: SinkDisk;

  constructor(directory: string, disk: SinkDisk) {
    this.#directory = directory;
    this.#staged = path.join(directory, '.staged');
    this.#disk = disk;
  }

  async prepare(): Promise<void> {
    await this.#onDisk(() => this.#disk.makeDirectory(this.#staged));
  }

  async stage(range: SinkRange): Promise<void> {
    const target = path.join(this.#staged, nameOf(range));
    // Two may stage the same range at once: each writes a file of its own, with the same content.
    const unfinished = `${target}.${randomUUID().slice(0, 13)}.tmp`;
    if (!(await this.#writeRows(unfinished, range))) return;
    const renamed = await this.#onDisk(() => this.#disk.rename(unfinished, target));
    if (!renamed) throw directoryError(this.#directory, new Error('an unfinished file was taken away'));
    await this.#onDisk(() => this.#disk.syncDirectory(this.#staged));
  }

  async commit(ranges: readonly SinkRange[], progress: CommitProgress): Promise<'committed' | 'lost'> {
    const { attempt, version, row } = progress.at;
    const last = ranges.at(-1);
    if (ranges.some((range) => range.attempt !== attempt)) return 'lost';
    if (last === undefined || last.upTo <= version) return 'committed';
    // A range whose file is not there was empty, or is renamed already: it was staged before its acknowledgement.
    const names = await this.#onDisk(() => this.#disk.list(this.#staged));
    const wanted = new Set(ranges.filter((range) => range.upTo > version).map(nameOf));
    const pieces = names.filter((name) => wanted.has(name)).sort();
    // Renaming is not conditional, so this asks first whether the sink is still ours.
    if (pieces.length > 0 && (await progress.move({ version, row })) === 'lost') return 'lost';
    for (const name of pieces) {
      // DECISION POINT: with this name the rows are visible.
      await this.#onDisk(() =>
        this.#disk.rename(path.join(this.#staged, name), path.join(this.#directory, `part-${name}`)),
      );
    }
    // Also when nothing was renamed now: somebody may have died between renaming and here.
    await this.#onDisk(() => this.#disk.syncDirectory(this.#directory));
    if (pieces.length > 0) await this.#onDisk(() => this.#disk.syncDirectory(this.#staged));
    const outcome = await progress.move({ version: last.upTo, row: 0 });
    return outcome === 'moved' ? 'committed' : 'lost';
  }

  async abort(identity: SinkIdentity, after: number): Promise<void> {
    await this.#discard(identity, ({ attempt, upTo }) => attempt <= identity.attempt && upTo > after);
  }

  async recover(identity: SinkIdentity, progress: SinkProgress): Promise<void> {
    await this.#discard(
      identity,
      ({ attempt, upTo, unfinished }) =>
        unfinished !== undefined || upTo <= progress.version || attempt < identity.attempt,
    );
  }

  /** Deletes staged files of one writer. */
  async #discard(identity: SinkIdentity, matches: (piece: PieceName) => boolean): Promise<void> {
    const writer = writerName(identity);
    const names = await this.#onDisk(() => this.#disk.list(this.#staged));
    const unwanted = names.filter((name) => {
      const piece = parsePieceName(name);
      return piece !== undefined && piece.writer === writer && matches(piece);
    });
    for (const name of unwanted) await this.#onDisk(() => this.#disk.remove(path.join(this.#staged, name)));
    if (unwanted.length > 0) await this.#onDisk(() => this.#disk.syncDirectory(this.#staged));
  }

  /** False, and no file, when the range has no rows. */
  async #writeRows(target: string, range: SinkRange): Promise<boolean> {
    let file: SinkFile | undefined;
    let text = '';
    const flush = async (): Promise<void> => {
      if (text === '') return;
      const open = file ?? (await this.#onDisk(() => this.#disk.create(target)));
      file = open;
      const part = text;
      text = '';
      await this.#onDisk(() => open.write(part));
    };
    try {
      for await (const { rows } of range.rows()) {
        for (const row of rows) {
          text += `${lineOf(range.sink, row)}\n`;
          if (text.length >= WRITE_UNITS) await flush();
        }
      }
      await flush();
      const written = file as SinkFile | undefined;
      if (written !== undefined) await this.#onDisk(() => written.sync());
      return written !== undefined;
    } finally {
      await (file as SinkFile | undefined)?.close();
    }
  }

  async #onDisk<T>(call: () => Promise<T>): Promise<T> {
    try {
      return await call();
    } catch (error) {
      throw isTidemarkError(error) ? error : directoryError(this.#directory, error);
    }
  }
}

function nameOf(range: SinkRange): string {
  return pieceName(writerName(range), range.attempt, range.upTo);
}

function lineOf(sink: string, row: unknown): string {
  let cause: unknown;
  try {
    const line: unknown = JSON.stringify(row);
    if (typeof line === 'string') return line;
  } catch (error) {
    cause = error;
  }
  throw new TidemarkError(
    'TM_SINK_ROW',
    'user-code',
    `A row for sink ${sink} can not be written as JSON: ${cause === undefined ? `it is of type ${typeof row}` : messageOf(cause)}.`,
    'Map rows to JSON values before the sink: no bigint, no undefined row, no cycles; turn a bigint into text.',
    cause,
  );
}

function directoryError(directory: string, cause: unknown): TidemarkError {
  return new TidemarkError(
    'TM_SINK_DIRECTORY',
    'unavailable',
    `The output directory ${directory} can not be written: ${messageOf(cause)}.`,
    'Check that it is a directory, its permissions and those of .staged in it, and the space on the disk; then run again.',
    cause,
  );
}
