import { statfsSync } from 'node:fs';

/** How long a look at the disk is believed. */
const FRESH_MS = 100;

/**
 * Keeps some space of a disk free. A full disk is better refused than met: a write that LMDB can't finish may end the
 * process, and giving space back takes a few pages too.
 */
export class DiskSpace {
  readonly #folder: string;
  readonly #keepBytes: number;
  #leftBytes = 0;
  #lookedAt = Number.NEGATIVE_INFINITY;

  constructor(folder: string, keepBytes: number) {
    this.#folder = folder;
    this.#keepBytes = keepBytes;
  }

  /** Whether there is room for a write of this size, which is then counted. */
  take(sizeBytes: number): boolean {
    const now = performance.now();
    if (this.#leftBytes < sizeBytes || now - this.#lookedAt > FRESH_MS) {
      this.#leftBytes = freeBytes(this.#folder) - this.#keepBytes;
      this.#lookedAt = now;
    }
    if (this.#leftBytes < sizeBytes) return false;
    this.#leftBytes -= sizeBytes;
    return true;
  }
}

/** Free bytes for this user; without limit where the file system does not tell. */
function freeBytes(folder: string): number {
  try {
    const { bavail, bsize } = statfsSync(folder);
    return bavail * bsize;
  } catch {
    return Number.POSITIVE_INFINITY;
  }
}
