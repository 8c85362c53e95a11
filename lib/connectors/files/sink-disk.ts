import { mkdir, open, readdir, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';

/** A file that is being written. */
export interface SinkFile {
  write(text: string): Promise<void>;
  /** Forces the content to the disk. */
  sync(): Promise<void>;
  close(): Promise<void>;
}

/** The few calls to the file system that the files sink makes; tests fail each of them. */
export interface SinkDisk {
  /** Makes a directory and those above it, on the disk when it answers; nothing when it is there. */
  makeDirectory(path: string): Promise<void>;
  /** Names in a directory, in any order. */
  list(path: string): Promise<readonly string[]>;
  /** A new, empty file. */
  create(path: string): Promise<SinkFile>;
  /** Replaces what is at `to`. False when `from` is not there. */
  rename(from: string, to: string): Promise<boolean>;
  /** Nothing when it is not there. */
  remove(path: string): Promise<void>;
  /** Forces the names in a directory to the disk. */
  syncDirectory(path: string): Promise<void>;
}

/** The real file system. */
export const nodeDisk: SinkDisk = {
  async makeDirectory(path) {
    const first = await mkdir(path, { recursive: true });
    if (first === undefined) return;
    for (let made = path; made.length >= first.length; made = dirname(made))
      await nodeDisk.syncDirectory(dirname(made));
  },
  list: (path) => readdir(path),
  async create(path) {
    const handle = await open(path, 'w');
    return {
      write: (text) => handle.writeFile(text),
      sync: () => handle.sync(),
      close: () => handle.close(),
    };
  },
  async rename(from, to) {
    try {
      await rename(from, to);
      return true;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
      throw error;
    }
  },
  remove: (path) => rm(path, { force: true }),
  async syncDirectory(path) {
    // Windows can't open directories; its renames are journaled.
    if (process.platform === 'win32') return;
    const handle = await open(path, 'r');
    try {
      await handle.sync();
    } finally {
      await handle.close();
    }
  },
};
