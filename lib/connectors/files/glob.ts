import type { Dirent } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import path from 'node:path';

/** A regular file that a pattern matches. */
export interface FoundFile {
  /** Path relative to the fixed base directory of its pattern, with `/`. */
  readonly id: string;
  readonly path: string;
}

/** A pattern, split where its first wildcard stands. */
interface Pattern {
  readonly base: string;
  /** Matches the path below the base; undefined when the pattern names one file. */
  readonly match: RegExp | undefined;
  /** Levels below the base at which files can match. */
  readonly levels: number;
  /** True when directories that begin with a dot are named. */
  readonly dots: boolean;
}

/**
 * Regular files that `pattern` names: a file; a directory, meaning all files in it and below; or a pattern of
 * `*` (any text within a name), `?` (one character within a name) and `**` (any directories, none too). As in a
 * shell, wildcards don't match names that begin with a dot. Links to files are followed, links to directories only
 * where the pattern names them. A path that exists is taken as it is written. Ordered by id.
 */
export async function findFiles(pattern: string, baseDir: string): Promise<FoundFile[]> {
  const resolved = await resolvePattern(path.resolve(baseDir, pattern));
  const { base, match } = resolved;
  if (match === undefined) return [{ id: path.basename(base), path: base }];
  const found: FoundFile[] = [];
  await walk(resolved, '', resolved.levels, (id) => {
    if (match.test(id)) found.push({ id, path: path.join(base, id) });
  });
  return found.sort((a, b) => (a.id < b.id ? -1 : 1));
}

/** The directory above the first wildcard: what must exist for anything to be found. */
export function fixedBase(pattern: string, baseDir: string): string {
  const segments = path.resolve(baseDir, pattern).split(path.sep);
  const wild = segments.findIndex((segment) => /[*?]/.test(segment));
  return wild < 0 ? path.resolve(baseDir, pattern) : segments.slice(0, wild).join(path.sep) || path.sep;
}

async function resolvePattern(absolute: string): Promise<Pattern> {
  const here = await stat(absolute).catch(() => undefined);
  if (here?.isFile()) return { base: absolute, match: undefined, levels: 0, dots: false };
  const base = here?.isDirectory() ? absolute : fixedBase(absolute, path.sep);
  const segments = here?.isDirectory() ? ['**', '*'] : path.relative(base, absolute).split(path.sep);
  const levels = segments.includes('**') ? Number.POSITIVE_INFINITY : segments.length;
  return { base, match: matcher(segments), levels, dots: segments.some((segment) => segment.startsWith('.')) };
}

function matcher(segments: readonly string[]): RegExp {
  const source = segments.map((segment, index) => {
    const last = index === segments.length - 1;
    if (segment === '**') return last ? '(?:[^./][^/]*/)*[^./][^/]*' : '(?:[^./][^/]*/)*';
    const name = segment
      .replace(/[.+^${}()|[\]\\]/g, '\\$&')
      .replaceAll(/\*+/g, '[^/]*')
      .replaceAll('?', '[^/]');
    return `${/^[*?]/.test(segment) ? '(?!\\.)' : ''}${name}${last ? '' : '/'}`;
  });
  return new RegExp(`^${source.join('')}$`, 'su');
}

async function walk(pattern: Pattern, below: string, levels: number, visit: (id: string) => void): Promise<void> {
  for (const entry of await entriesOf(path.join(pattern.base, below))) {
    const id = below === '' ? entry.name : `${below}/${entry.name}`;
    if (entry.isDirectory()) {
      if (levels > 1 && (pattern.dots || !entry.name.startsWith('.'))) await walk(pattern, id, levels - 1, visit);
    } else if (entry.isFile() || (entry.isSymbolicLink() && (await isFile(path.join(pattern.base, id))))) {
      visit(id);
    }
  }
}

/** Nothing for what is not there (any more) or no directory. */
async function entriesOf(directory: string): Promise<Dirent[]> {
  try {
    return await readdir(directory, { withFileTypes: true });
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '')) return [];
    throw error;
  }
}

async function isFile(file: string): Promise<boolean> {
  return (await stat(file).catch(() => undefined))?.isFile() ?? false;
}
