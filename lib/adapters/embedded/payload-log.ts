import { closeSync, fdatasync, openSync, readSync, write, writev } from 'node:fs';
import { type FileHandle, open, readdir, rm } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { makeDirectory, syncDirectory, systemCode } from './durable-directory.ts';

/** Where bytes begin: the segment as (opening of the store, number in it), and the offset in it. */
export interface PayloadPlace {
  readonly opening: number;
  readonly number: number;
  readonly offset: number;
}

/** Segments that stay open for reading. */
const OPEN_FILES = 64;
const NAME = /^(\d+)-(\d+)\.log$/;

const writeAt = promisify(write);
const writeAllAt = promisify(writev);
const flush = promisify(fdatasync);

/** The name of the file of a segment. */
export function segmentName(place: Pick<PayloadPlace, 'opening' | 'number'>): string {
  return `${place.opening}-${place.number}.log`;
}

interface Waiting {
  readonly pieces: readonly Uint8Array[];
  readonly sizeBytes: number;
  readonly placed: (place: PayloadPlace) => void;
  readonly resolve: (place: PayloadPlace) => void;
  readonly reject: (error: unknown) => void;
}

interface Segment {
  readonly number: number;
  readonly handle: FileHandle;
  sizeBytes: number;
}

/**
 * Payloads of journal entries, in append-only files. They are not in the LMDB environment because its list of free
 * pages does not bear runs of pages that come and go: measured with lmdb 3.5.6, 10 KB entries at 20 MB/s, collected
 * 20 s later, brought one core to its end within a minute (`mdb_midl_insert`), and 50 MB/s of 64 KB parts grew from
 * 10 % to 57 % of a core in two minutes. Here they stay at about 16 %.
 *
 * Every opening of the store writes files of its own, so a fenced owner that writes on disturbs nobody. All appends
 * that wait share one write and one `fdatasync`.
 */
export class PayloadLog {
  readonly #folder: string;
  readonly #opening: number;
  readonly #segmentBytes: number;
  #segment: Segment | undefined;
  /** Number of the newest segment, raised before its file is made. */
  #segments = 0;
  #waiting: Waiting[] = [];
  #draining: Promise<void> | undefined;
  /** Descriptors for reading, the one used longest ago first. */
  readonly #descriptors = new Map<string, number>();

  constructor(folder: string, opening: number, segmentBytes: number) {
    this.#folder = folder;
    this.#opening = opening;
    this.#segmentBytes = segmentBytes;
  }

  /**
   * Writes pieces one behind the other. Durable when it answers; the pieces must not change until then. `placed` is
   * called before the segment can stop to be the current one, and so before anybody could find it unused.
   */
  append(pieces: readonly Uint8Array[], placed: (place: PayloadPlace) => void): Promise<PayloadPlace> {
    return new Promise((resolve, reject) => {
      const sizeBytes = pieces.reduce((sum, piece) => sum + piece.byteLength, 0);
      this.#waiting.push({ pieces, sizeBytes, placed, resolve, reject });
      this.#draining ??= this.#drain().finally(() => {
        this.#draining = undefined;
      });
    });
  }

  /**
   * `length` bytes from a place, `skip` bytes behind its beginning; undefined when they are not there. Read at once,
   * without the thread pool: nearly always from the page cache (about 15 µs for 64 KB).
   */
  read(place: PayloadPlace, skip: number, length: number): Uint8Array | undefined {
    if (length === 0) return new Uint8Array();
    const descriptor = this.#descriptor(segmentName(place));
    if (descriptor === undefined) return undefined;
    const bytes = Buffer.allocUnsafeSlow(length);
    let filled = 0;
    while (filled < length) {
      const count = readSync(descriptor, bytes, filled, length - filled, place.offset + skip + filled);
      if (count === 0) return undefined;
      filled += count;
    }
    return bytes;
  }

  /**
   * Whether a segment may still get payloads. The one that is being made counts too: its file is on disk, where
   * `segments` finds it, before anything in it can be known.
   */
  isOpen(segment: string): boolean {
    return segment === segmentName({ opening: this.#opening, number: this.#segments });
  }

  /** All segments on disk of this opening and those before it. */
  async segments(): Promise<string[]> {
    const names = await readdir(this.#folder).catch((error: unknown) => {
      if (systemCode(error) === 'ENOENT') return [];
      throw error;
    });
    return names.filter((name) => Number(NAME.exec(name)?.[1] ?? Number.POSITIVE_INFINITY) <= this.#opening);
  }

  /** Deletes a segment that nothing refers to. */
  async remove(segment: string): Promise<void> {
    const descriptor = this.#descriptors.get(segment);
    this.#descriptors.delete(segment);
    if (descriptor !== undefined) closeSync(descriptor);
    await rm(path.join(this.#folder, segment), { force: true });
  }

  async close(): Promise<void> {
    await this.#draining;
    await this.#leave();
    for (const descriptor of this.#descriptors.values()) closeSync(descriptor);
    this.#descriptors.clear();
  }

  async #drain(): Promise<void> {
    // One turn later, so that all appends of this turn are in the first group too.
    await Promise.resolve();
    while (this.#waiting.length > 0) {
      const group = this.#waiting;
      this.#waiting = [];
      try {
        for (const [index, place] of (await this.#write(group)).entries()) {
          group[index]?.placed(place);
          group[index]?.resolve(place);
        }
      } catch (error) {
        // After a failed flush nobody knows which pages are on disk: this file gets no more.
        await this.#leave().catch(() => undefined);
        for (const { reject } of group) reject(error);
      }
    }
  }

  async #write(group: readonly Waiting[]): Promise<PayloadPlace[]> {
    const segment = await this.#writable();
    const places: PayloadPlace[] = [];
    let end = segment.sizeBytes;
    for (const { sizeBytes } of group) {
      places.push({ opening: this.#opening, number: segment.number, offset: end });
      end += sizeBytes;
    }
    const pieces = group.flatMap((waiting) => waiting.pieces).filter((piece) => piece.byteLength > 0);
    let at = segment.sizeBytes + (await writeAllAt(segment.handle.fd, pieces, segment.sizeBytes)).bytesWritten;
    if (at < end) {
      const all = Buffer.concat(pieces);
      while (at < end) at += (await writeAt(segment.handle.fd, all, at - segment.sizeBytes, end - at, at)).bytesWritten;
    }
    await flush(segment.handle.fd);
    segment.sizeBytes = end;
    return places;
  }

  async #writable(): Promise<Segment> {
    if (this.#segment !== undefined && this.#segment.sizeBytes < this.#segmentBytes) return this.#segment;
    await this.#leave();
    await makeDirectory(this.#folder);
    this.#segments += 1;
    const number = this.#segments;
    const file = path.join(this.#folder, segmentName({ opening: this.#opening, number }));
    const handle = await open(file, 'wx', 0o600);
    await syncDirectory(this.#folder);
    this.#segment = { number, handle, sizeBytes: 0 };
    return this.#segment;
  }

  async #leave(): Promise<void> {
    const segment = this.#segment;
    this.#segment = undefined;
    await segment?.handle.close();
  }

  #descriptor(segment: string): number | undefined {
    let descriptor = this.#descriptors.get(segment);
    this.#descriptors.delete(segment);
    try {
      descriptor ??= openSync(path.join(this.#folder, segment), 'r');
    } catch (error) {
      if (systemCode(error) === 'ENOENT') return undefined;
      throw error;
    }
    this.#descriptors.set(segment, descriptor);
    for (const [oldest, old] of this.#descriptors) {
      if (this.#descriptors.size <= OPEN_FILES) break;
      this.#descriptors.delete(oldest);
      closeSync(old);
    }
    return descriptor;
  }
}
