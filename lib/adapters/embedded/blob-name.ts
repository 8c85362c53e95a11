import { checkBlobName } from '../../ports/checks.ts';

const SUFFIX = '.blob';

/**
 * The path of a blob, relative to the folder of blobs: its segments, with everything but `a-z 0-9 _ -` (in the last
 * one also `.`) written as `%xx`, and `.blob`. So no name leaves the folder, two names never share a path (also where
 * case does not count), and a folder (which has no dot) is never where a file would be.
 */
export function blobPath(name: string): string {
  checkBlobName(name);
  const segments = name.split('/');
  const file = segments.at(-1) ?? '';
  return [...segments.slice(0, -1).map(escaped), escaped(file).replaceAll('%2e', '.') + SUFFIX].join('/');
}

/** The name that a path (with `/`, relative) was made from; undefined for files that are not blobs. */
export function blobName(file: string): string | undefined {
  if (!file.endsWith(SUFFIX)) return undefined;
  try {
    const name = decodeURIComponent(file.slice(0, -SUFFIX.length));
    return blobPath(name) === file ? name : undefined;
  } catch {
    return undefined;
  }
}

/** The folders that all blobs whose name starts with `prefix` are in. */
export function folderOf(prefix: string): string {
  return prefix.split('/').slice(0, -1).map(escaped).join('/');
}

function escaped(segment: string): string {
  let text = '';
  for (const byte of Buffer.from(segment, 'utf8')) {
    const character = String.fromCharCode(byte);
    text += /[a-z0-9_-]/.test(character) ? character : `%${byte.toString(16).padStart(2, '0')}`;
  }
  return text;
}
