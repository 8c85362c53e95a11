import { stat } from 'node:fs/promises';
import { TidemarkError } from '../../core/record/errors.ts';
import type { Position } from '../../core/record/position.ts';
import type { SourceBatch, SourceBinding, SourceReader, SourceSplit } from '../../ports/source.ts';
import type { AdmissionLimits } from './admission.ts';
import { findFiles, fixedBase } from './glob.ts';
import { readBatch } from './read-batch.ts';
import { gone, lookAt, openSplit, type SplitFile, unreadable } from './split-file.ts';

/** Options of {@link filesSource}. */
export interface FilesSourceOptions {
  /** What relative patterns are relative to; the working directory if left out. */
  readonly baseDir?: string;
  /** Longest line in bytes, without its end; longer ones are refused, never held in memory. 1 MiB if left out. */
  readonly maxRecordBytes?: number;
  /** Deepest nesting of arrays and objects; 64 if left out. */
  readonly maxDepth?: number;
  /** Goes on with lines and files that are added later, and so never ends. False if left out. */
  readonly follow?: boolean;
}

/**
 * Reads NDJSON files: one JSON value a line, UTF-8. A pattern is a file, a directory (all files in it and below), or
 * has wildcards: `*`, `?` within a name, `**` for any directories. Each file is a split, named by its path relative to
 * the directory above the first wildcard, so the data may be moved as a whole.
 *
 * A position is the byte offset, in decimal, at which reading goes on: the beginning of a line, or within a line that
 * was refused for its length, which shows in that the byte before it ends no line: reading then skips to the next one.
 *
 * Bounded unless `follow`: each file is read up to the size it had when it was opened; a last line without line end
 * counts. With `follow` that line is waited for.
 *
 * @throws TidemarkError at open: `TM_SOURCE_EMPTY` (invalid) when nothing matches, `TM_SOURCE_AMBIGUOUS` (invalid)
 * when two files get one name; in reads: `TM_SOURCE_GONE`, `TM_SOURCE_REPLACED`, `TM_SOURCE_SHRUNK`,
 * `TM_SOURCE_UNREADABLE`, `TM_SOURCE_POSITION`.
 */
export function filesSource(patterns: string | readonly string[], options: FilesSourceOptions = {}): SourceBinding {
  const list = typeof patterns === 'string' ? [patterns] : [...patterns];
  return {
    guarantee: 'exactly-once',
    description: `files ${list.join(', ')}${options.follow === true ? ' (followed)' : ''}`,
    async open() {
      const reader = new FilesReader(list, options);
      await reader.discover();
      await reader.requireFiles();
      return reader;
    },
  };
}

class FilesReader implements SourceReader {
  readonly #patterns: readonly string[];
  readonly #baseDir: string;
  readonly #follow: boolean;
  readonly #limits: AdmissionLimits;
  readonly #files = new Map<string, SplitFile>();
  #splits: readonly SourceSplit[] = [];

  constructor(patterns: readonly string[], options: FilesSourceOptions) {
    this.#patterns = patterns;
    this.#baseDir = options.baseDir ?? process.cwd();
    this.#follow = options.follow ?? false;
    this.#limits = { maxRecordBytes: options.maxRecordBytes ?? 1024 * 1024, maxDepth: options.maxDepth ?? 64 };
  }

  async splits(): Promise<readonly SourceSplit[]> {
    if (this.#follow) await this.discover();
    return this.#splits;
  }

  async complete(): Promise<boolean> {
    return !this.#follow;
  }

  async read(split: string, position: Position | undefined, maxBytes: number): Promise<SourceBatch> {
    const from = offsetOf(position);
    const file = this.#files.get(split);
    if (file === undefined) throw gone(split);
    const open = await openSplit(file, from);
    try {
      return await readBatch(open, from, { maxBytes, follow: this.#follow, limits: this.#limits });
    } finally {
      await open.close();
    }
  }

  async close(): Promise<void> {}

  /** Adds what is there now; what was found before stays. */
  async discover(): Promise<void> {
    const known = new Set([...this.#files.values()].map((file) => file.path));
    for (const pattern of this.#patterns) {
      const matching = await findFiles(pattern, this.#baseDir).catch((error: unknown) => {
        throw unreadable(pattern, error);
      });
      for (const found of matching) {
        if (known.has(found.path)) continue;
        const other = this.#files.get(found.id);
        if (other !== undefined) throw ambiguous(found.id, other.path, found.path);
        const file = await lookAt(found.id, found.path, this.#follow);
        if (file === undefined) continue;
        known.add(found.path);
        this.#files.set(found.id, file);
      }
    }
    if (this.#files.size > this.#splits.length) {
      this.#splits = [...this.#files.keys()].sort().map((id) => ({ id }));
    }
  }

  /** When following, files may come later, but their directory must be there: a wrong path is not waited for. */
  async requireFiles(): Promise<void> {
    if (this.#files.size > 0) return;
    const bases = this.#patterns.map((pattern) => fixedBase(pattern, this.#baseDir));
    if (this.#follow && (await Promise.all(bases.map(isDirectory))).includes(true)) return;
    throw new TidemarkError(
      'TM_SOURCE_EMPTY',
      'invalid',
      `No file matches ${this.#patterns.map((pattern) => JSON.stringify(pattern)).join(', ')}, looked for in ${bases.join(', ')}.`,
      'Check the path and the pattern (*, ?, ** are wildcards; names that begin with a dot are not matched by them).',
    );
  }
}

async function isDirectory(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined))?.isDirectory() ?? false;
}

function offsetOf(position: Position | undefined): number {
  if (position === undefined) return 0;
  const offset = Number(position);
  if (/^[0-9]+$/.test(position) && Number.isSafeInteger(offset)) return offset;
  throw new TidemarkError(
    'TM_SOURCE_POSITION',
    'invalid',
    `${JSON.stringify(position)} is no position in a file.`,
    'The state belongs to a source of another kind: give this source an id of its own.',
  );
}

function ambiguous(id: string, one: string, other: string): TidemarkError {
  return new TidemarkError(
    'TM_SOURCE_AMBIGUOUS',
    'invalid',
    `Two source files would both be called ${JSON.stringify(id)}: ${one} and ${other}.`,
    'Files are named by their path below the directory above the first wildcard: use one pattern for both, such as data/**/*.ndjson.',
  );
}
