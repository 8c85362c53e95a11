import { randomBytes } from 'node:crypto';
import { access, link, open, readdir, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { isTidemarkError, messageOf, TidemarkError } from '../../core/record/errors.ts';
import { invariant } from '../../core/record/invariant.ts';
import type { Blobs } from '../../ports/blobs.ts';
import { blobName, blobPath, folderOf } from './blob-name.ts';
import { makeDirectory, syncDirectory, systemCode } from './durable-directory.ts';

/** Files that are being written. No name of a blob leads here: a folder of blobs has no dot. */
const WRITING = '.writing';
/** File systems without hard links (exFAT, some network mounts). */
const NO_LINKS = new Set(['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK']);

/** Where the blobs of a store are. */
export function blobFolder(directory: string): string {
  return path.join(directory, 'blobs');
}

/**
 * Blobs as files below `folder`. A blob is written beside its place and flushed, and then gets its name by a hard
 * link, which never replaces: a name shows all of its first bytes or nothing, also after power loss.
 */
export function embeddedBlobs(folder: string): Blobs {
  const place = (name: string): string => path.join(folder, blobPath(name));
  const made = new MadeDirectories();
  return {
    async put(name, bytes) {
      const file = place(name);
      await attempt('TM_BLOB_WRITE', `The blob ${name} can not be written`, () => put(folder, file, bytes, made));
    },
    async get(name, range) {
      invariant(range === undefined || (range.start >= 0 && range.start <= range.end), 'a range runs forwards');
      const file = place(name);
      return attempt('TM_BLOB_READ', `The blob ${name} can not be read`, () => get(name, file, range));
    },
    async list(prefix) {
      const names: string[] = [];
      const start = folderOf(prefix);
      const files = await attempt('TM_BLOB_READ', 'Blobs can not be listed', () =>
        filesBelow(path.join(folder, start)),
      );
      for (const file of files) {
        const name = blobName(start === '' ? file : `${start}/${file}`);
        if (name?.startsWith(prefix)) names.push(name);
      }
      return names.sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
    },
    async delete(names) {
      for (const name of names) {
        const file = place(name);
        await attempt('TM_BLOB_WRITE', `The blob ${name} can not be deleted`, () => rm(file, { force: true }));
      }
    },
  };
}

/** Removes what a crash left half written. Only for the owner of the store, before it writes. */
export async function clearHalfWritten(folder: string): Promise<void> {
  await rm(path.join(folder, WRITING), { recursive: true, force: true });
}

/** Folders that this process has made, or found, and flushed: two that need one folder both wait for the flush. */
class MadeDirectories {
  readonly #made = new Map<string, Promise<void>>();

  make(directory: string): Promise<void> {
    let made = this.#made.get(directory);
    if (made === undefined) {
      made = makeDirectory(directory);
      this.#made.set(directory, made);
      made.catch(() => this.#made.delete(directory));
    }
    return made;
  }

  forget(): void {
    this.#made.clear();
  }
}

async function put(folder: string, file: string, bytes: Uint8Array, made: MadeDirectories): Promise<void> {
  const temporary = path.join(folder, WRITING, randomBytes(12).toString('hex'));
  try {
    await made.make(path.dirname(file));
    await made.make(path.dirname(temporary));
    const handle = await open(temporary, 'wx', 0o600);
    try {
      await handle.writeFile(bytes);
      await handle.datasync();
    } finally {
      await handle.close();
    }
    await giveName(temporary, file);
  } catch (error) {
    made.forget();
    throw error;
  } finally {
    await rm(temporary, { force: true });
  }
  // Also when the name was there already: whoever put it may not have come to this line.
  await syncDirectory(path.dirname(file));
}

// DECISION POINT: the first link decides what the name holds.
async function giveName(temporary: string, file: string): Promise<void> {
  try {
    await link(temporary, file);
  } catch (error) {
    const code = systemCode(error) ?? '';
    if (code === 'EEXIST') return;
    if (!NO_LINKS.has(code)) throw error;
    const taken = await access(file).then(
      () => true,
      () => false,
    );
    if (!taken) await rename(temporary, file);
  }
}

async function get(
  name: string,
  file: string,
  range?: { readonly start: number; readonly end: number },
): Promise<Uint8Array> {
  try {
    const handle = await open(file, 'r');
    try {
      if (range === undefined) return await handle.readFile();
      const bytes = Buffer.allocUnsafe(Math.max(0, Math.min(range.end, (await handle.stat()).size) - range.start));
      let filled = 0;
      while (filled < bytes.length) {
        const { bytesRead } = await handle.read(bytes, filled, bytes.length - filled, range.start + filled);
        if (bytesRead === 0) break;
        filled += bytesRead;
      }
      return bytes.subarray(0, filled);
    } finally {
      await handle.close();
    }
  } catch (error) {
    if (systemCode(error) === 'ENOENT') throw missing(name, error);
    throw error;
  }
}

/** Paths of all files below a folder, relative to it, with `/`. */
async function filesBelow(folder: string): Promise<string[]> {
  try {
    const entries = await readdir(folder, { recursive: true, withFileTypes: true });
    return entries
      .filter((entry) => entry.isFile())
      .map((entry) => path.relative(folder, path.join(entry.parentPath, entry.name)).split(path.sep).join('/'));
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return [];
    throw error;
  }
}

function missing(name: string, cause: unknown): TidemarkError {
  return new TidemarkError(
    'TM_BLOB_MISSING',
    'corrupt',
    `The blob ${name} is not there.`,
    'Something still refers to a file that was deleted. Restore an older checkpoint or a savepoint, and report this.',
    cause,
  );
}

/** Runs a step; what the file system refuses becomes an error with advice. */
async function attempt<T>(code: string, what: string, step: () => Promise<T>): Promise<T> {
  try {
    return await step();
  } catch (error) {
    if (isTidemarkError(error)) throw error;
    throw new TidemarkError(
      code,
      'unavailable',
      `${what}: ${messageOf(error)}.`,
      'Check the free space and the permissions of the folder; the step is tried again or done by the next start.',
      error,
    );
  }
}
