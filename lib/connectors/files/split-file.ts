import { type FileHandle, open } from 'node:fs/promises';
import { messageOf, TidemarkError } from '../../core/record/errors.ts';

/** A file as it was when the source found it. */
export interface SplitFile {
  readonly id: string;
  readonly path: string;
  /** Device and inode: another file under the same path is noticed. */
  readonly identity: string;
  /** Where reading ends; undefined for a file that may grow. */
  readonly endBytes: number | undefined;
}

/** What a file looks like, or undefined when it is not there. */
export async function lookAt(id: string, path: string, follow: boolean): Promise<SplitFile | undefined> {
  let handle: FileHandle | undefined;
  try {
    handle = await open(path, 'r');
    const { dev, ino, size } = await handle.stat();
    return { id, path, identity: `${dev}:${ino}`, endBytes: follow ? undefined : size };
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw unreadable(path, error);
  } finally {
    await handle?.close();
  }
}

/** A file that is open for one read, checked to be the one that was found and to reach the position. */
export interface OpenSplit {
  readonly endBytes: number;
  /** Reads `length` bytes at `offset` into the front of `buffer`. The caller stays below `endBytes`. */
  read(buffer: Buffer, length: number, offset: number): Promise<void>;
  close(): Promise<void>;
}

/**
 * Opens a split's file for one read.
 *
 * @throws TidemarkError `TM_SOURCE_GONE` (unavailable), `TM_SOURCE_REPLACED`, `TM_SOURCE_SHRUNK` (corrupt),
 * `TM_SOURCE_UNREADABLE` (unavailable).
 */
export async function openSplit(file: SplitFile, position: number): Promise<OpenSplit> {
  const handle = await open(file.path, 'r').catch((error: unknown) => {
    throw codeOf(error) === 'ENOENT' ? gone(file.path) : unreadable(file.path, error);
  });
  try {
    const { dev, ino, size } = await handle.stat();
    if (`${dev}:${ino}` !== file.identity) throw replaced(file.path);
    const neededBytes = Math.max(position, file.endBytes ?? 0);
    if (size < neededBytes) throw shrunk(file.path, neededBytes, size);
    return {
      endBytes: file.endBytes ?? size,
      read: (buffer, length, offset) => readFully(handle, file.path, buffer, length, offset),
      close: () => handle.close(),
    };
  } catch (error) {
    await handle.close();
    throw error;
  }
}

async function readFully(
  handle: FileHandle,
  path: string,
  buffer: Buffer,
  length: number,
  offset: number,
): Promise<void> {
  for (let done = 0; done < length; ) {
    const { bytesRead } = await handle.read(buffer, done, length - done, offset + done).catch((error: unknown) => {
      throw unreadable(path, error);
    });
    if (bytesRead === 0) throw shrunk(path, offset + length, offset + done);
    done += bytesRead;
  }
}

function codeOf(error: unknown): string | undefined {
  return (error as NodeJS.ErrnoException).code;
}

/** The error for a split whose file is not there. */
export function gone(path: string): TidemarkError {
  return new TidemarkError(
    'TM_SOURCE_GONE',
    'unavailable',
    `The source file ${path} is no longer there.`,
    'Put it back, unchanged, and run again: files must stay until the pipeline has read them to their end.',
  );
}

function replaced(path: string): TidemarkError {
  return new TidemarkError(
    'TM_SOURCE_REPLACED',
    'corrupt',
    `The source file ${path} was replaced by another one while it was being read.`,
    'Write new data to a new file name. To go on, put the first file back under this name.',
  );
}

function shrunk(path: string, neededBytes: number, sizeBytes: number): TidemarkError {
  return new TidemarkError(
    'TM_SOURCE_SHRUNK',
    'corrupt',
    `The source file ${path} has ${sizeBytes} bytes; it had at least ${neededBytes} when it was read before.`,
    'Files may grow but must not be cut or written anew. Put the whole file back, or start a new job without its state.',
  );
}

/** The error for what is there and can not be read. */
export function unreadable(path: string, cause: unknown): TidemarkError {
  return new TidemarkError(
    'TM_SOURCE_UNREADABLE',
    'unavailable',
    `The source ${path} can not be read: ${messageOf(cause)}.`,
    'Check the permissions of the files and of their directories, and the disk.',
    cause,
  );
}
