import { mkdir, open } from 'node:fs/promises';
import path from 'node:path';

/** What file systems answer that can't flush a folder (Windows, some network mounts): their entries are durable at once. */
const CANNOT_SYNC = new Set(['EPERM', 'EISDIR', 'EACCES', 'EINVAL', 'ENOTSUP', 'ENOSYS']);

/** The code of a failed system call, such as `ENOENT`. */
export function systemCode(error: unknown): string | undefined {
  const code: unknown = typeof error === 'object' && error !== null ? (error as { code?: unknown }).code : undefined;
  return typeof code === 'string' ? code : undefined;
}

/** Flushes the names in a folder: without it a file that was just created may be gone after power loss. */
export async function syncDirectory(directory: string): Promise<void> {
  try {
    const handle = await open(directory, 'r');
    try {
      await handle.sync();
    } finally {
      await handle.close();
    }
  } catch (error) {
    if (!CANNOT_SYNC.has(systemCode(error) ?? '')) throw error;
  }
}

/** Creates a folder and its missing parents; all of them survive power loss when it answers. */
export async function makeDirectory(directory: string): Promise<void> {
  const first = await mkdir(directory, { recursive: true });
  if (first === undefined) return;
  const top = path.dirname(path.resolve(first));
  let folder = path.resolve(directory);
  while (folder !== top) {
    folder = path.dirname(folder);
    await syncDirectory(folder);
  }
}
