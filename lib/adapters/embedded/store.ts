import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { isTidemarkError } from '../../core/record/errors.ts';
import { blobFolder, clearHalfWritten } from './blobs.ts';
import { DiskSpace } from './disk-space.ts';
import { makeDirectory, syncDirectory } from './durable-directory.ts';
import { type Environment, environmentFolder, holdsStore, openEnvironment, openTables } from './environment.ts';
import { JournalSpace } from './journal-space.ts';
import { checkOwner, type Ownership, takeOver } from './ownership.ts';
import { PayloadLog, type PayloadPlace } from './payload-log.ts';
import { closed, full, notOpened, notOurs, notRead, notWritten, readOnly } from './store-failures.ts';
import type { Table, Tables } from './tables.ts';

export interface StoreOptions {
  /** What this process calls itself, for whoever is fenced by it. */
  readonly owner?: string;
  /** Writes are refused when the disk has less than this free; default 32 MiB. */
  readonly keepFreeBytes?: number;
  /** Files of journal payloads are closed at this size, the unit in which space is given back; default 64 MiB. */
  readonly segmentBytes?: number;
}

const KEEP_FREE_BYTES = 32 * 2 ** 20;
const SEGMENT_BYTES = 64 * 2 ** 20;
/** What a small write may add to the environment beside its bytes: copies of the pages on its way. */
const PAGES_BYTES = 16 * 1_024;
/** After a failed commit a transaction that waits may never be answered: closing waits no longer than this. */
const CLOSE_BROKEN_MS = 1_000;

/**
 * The store of the embedded family, written by one process at a time: an LMDB environment in `<directory>/store` and
 * the payloads of journal entries in `<directory>/journal`.
 *
 * Durability, checked with `strace -f -e fdatasync,pwrite64,openat` on lmdb 3.5.6: with `overlappingSync: false` a
 * commit writes the pages, then `fdatasync`s the file, then writes the new root through a descriptor opened
 * `O_DSYNC`; the promise of an asynchronous transaction resolves after that. Only with overlapping sync (the
 * library's default) a commit is answered before it is on disk. Transactions that are asked for while one commits
 * share the next commit.
 *
 * A transaction whose function throws after a `put` keeps what it had put. So all checks come before the first put,
 * and keys and values are made and measured before the transaction.
 *
 * After a commit that failed this opening writes no more: what a failed flush left on disk nobody knows, and the
 * library may not answer again. The next opening finds a whole store.
 */
export class EmbeddedStore {
  readonly directory: string;
  /** How often the directory has been opened for writing, this time included; 0 for a reader. */
  readonly opening: number;
  readonly #environment: Environment;
  readonly #tables: Tables;
  /** Undefined for a reader. */
  readonly #ownership: Ownership | undefined;
  readonly #payloads: PayloadLog;
  /** Which payloads are still needed. */
  readonly #space: JournalSpace;
  readonly #disk: DiskSpace;
  /** How to tell the writes under way that the store is broken. */
  readonly #pending = new Set<(error: unknown) => void>();
  #broken: unknown;
  #closing: Promise<void> | undefined;

  /** Use {@link openStore} or {@link openStoreReadOnly}. */
  constructor(
    directory: string,
    environment: Environment,
    tables: Tables,
    ownership?: Ownership,
    options: StoreOptions = {},
  ) {
    this.directory = directory;
    this.opening = ownership?.opening ?? 0;
    this.#environment = environment;
    this.#tables = tables;
    this.#ownership = ownership;
    const segmentBytes = options.segmentBytes ?? SEGMENT_BYTES;
    this.#payloads = new PayloadLog(path.join(directory, 'journal'), this.opening, segmentBytes);
    this.#space = new JournalSpace(this.#payloads, () => this.heads);
    this.#disk = new DiskSpace(directory, options.keepFreeBytes ?? KEEP_FREE_BYTES);
  }

  get heads(): Table {
    return this.#open().heads;
  }

  get items(): Table {
    return this.#open().items;
  }

  /**
   * Runs `change` in a write transaction, if this store still owns the directory. `change` is synchronous, checks
   * everything before its first put, and sees all that was committed before. Durable when it answers.
   *
   * @param sizeBytes about how much it adds; 0 for what gives space back, which also a full disk allows
   * @throws TidemarkError `TM_STORE_FENCED`, `TM_STORE_FULL`, `TM_STORE_READ_ONLY`, `TM_STORE_CLOSED`: nothing was
   * written; `TM_STORE_WRITE`: it may have been
   */
  async write<T>(sizeBytes: number, change: (tables: Tables) => T): Promise<T> {
    const ownership = this.#owned(sizeBytes === 0 ? 0 : sizeBytes + PAGES_BYTES);
    const { root, meta } = this.#environment;
    return new Promise((resolve, reject) => {
      this.#pending.add(reject);
      const transaction = root.transaction(() => {
        checkOwner(this.directory, meta, ownership);
        return change(this.#tables);
      });
      transaction
        .then(resolve, async (error: unknown) => reject(await this.#failed(error)))
        .finally(() => this.#pending.delete(reject));
    });
  }

  /**
   * Writes the payload of an entry, for a record that names its place: only that one makes the entry exist. Durable
   * when it answers.
   *
   * @throws TidemarkError as `write`
   */
  async logPayload(subtask: string, version: number, pieces: readonly Uint8Array[]): Promise<PayloadPlace> {
    this.#owned(pieces.reduce((sum, piece) => sum + piece.byteLength, 0));
    try {
      return await this.#payloads.append(pieces, (place) => this.#space.note(place, subtask, version));
    } catch (error) {
      throw notWritten(this.directory, error);
    }
  }

  /**
   * A stretch of a payload, or undefined when it is not there.
   *
   * @throws TidemarkError `TM_STORE_READ`, `TM_STORE_CLOSED`
   */
  readPayload(place: PayloadPlace, skip: number, length: number): Uint8Array | undefined {
    this.#open();
    try {
      return this.#payloads.read(place, skip, length);
    } catch (error) {
      throw notRead(this.directory, error);
    }
  }

  /**
   * Gives back the space of payloads of entries that are collected.
   *
   * @throws TidemarkError `TM_STORE_WRITE`, `TM_STORE_CLOSED`
   */
  async releasePayloads(subtask: string, floor: number): Promise<void> {
    this.#open();
    try {
      await this.#space.collected(subtask, floor);
    } catch (error) {
      throw isTidemarkError(error) ? error : notWritten(this.directory, error);
    }
  }

  /** Waits for the writes under way and closes. Can be repeated. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    const closing = this.#environment.root.close();
    await (this.#broken === undefined
      ? closing
      : Promise.race([closing, sleep(CLOSE_BROKEN_MS, undefined, { ref: false })]));
    await this.#payloads.close();
  }

  /** @throws TidemarkError `TM_STORE_CLOSED` */
  #open(): Tables {
    if (this.#closing !== undefined) throw closed(this.directory);
    return this.#tables;
  }

  /** @throws TidemarkError when nothing of this size may be written */
  #owned(sizeBytes: number): Ownership {
    this.#open();
    if (this.#ownership === undefined) throw readOnly(this.directory);
    if (this.#broken !== undefined) throw this.#broken;
    if (sizeBytes > 0 && !this.#disk.take(sizeBytes)) throw full(this.directory);
    return this.#ownership;
  }

  /** The error of a transaction; when its commit failed, for all that wait and all to come. */
  async #failed(error: unknown): Promise<unknown> {
    const cause = await commitCause(error);
    if (cause === undefined) return error;
    this.#broken ??= notWritten(this.directory, cause);
    for (const reject of [...this.#pending]) reject(this.#broken);
    return this.#broken;
  }
}

/**
 * Opens a store for writing, creates it where there is none, and takes it over: whoever had it open for writing
 * before has its next write refused (`TM_STORE_FENCED`). So a process that was paused, and resumed after another one
 * went on, can do no harm. Call `lockDirectory` first, which tells people before it comes to that: a process that is
 * stopped in the very moment of a commit would also make this call wait.
 *
 * One process opens a directory at most once at a time.
 *
 * @throws TidemarkError `TM_STORE_DIRECTORY` not a store, `TM_STORE_FORMAT` of another version, `TM_STORE_OPEN`
 */
export async function openStore(directory: string, options: StoreOptions = {}): Promise<EmbeddedStore> {
  const place = path.resolve(directory);
  await holdsStore(place);
  try {
    await makeDirectory(environmentFolder(place));
  } catch (error) {
    throw notOpened(place, error);
  }
  const environment = openEnvironment(place, 'write');
  try {
    const ownership = await takeOver(environment, options.owner ?? 'tidemark');
    await syncDirectory(environmentFolder(place));
    await clearHalfWritten(blobFolder(place));
    return new EmbeddedStore(place, environment, openTables(place, environment), ownership, options);
  } catch (error) {
    await Promise.race([environment.root.close(), sleep(CLOSE_BROKEN_MS, undefined, { ref: false })]);
    throw isTidemarkError(error) ? error : notOpened(place, (await commitCause(error)) ?? error);
  }
}

/**
 * Opens a store that exists for reading, also while another process owns it. It sees all commits of the owner, at
 * the latest one turn of the event loop after them.
 *
 * @throws TidemarkError `TM_STORE_DIRECTORY` not a store, `TM_STORE_FORMAT` of another version, `TM_STORE_OPEN`
 */
export async function openStoreReadOnly(directory: string): Promise<EmbeddedStore> {
  const place = path.resolve(directory);
  if (!(await holdsStore(place))) throw notOurs(place, 'there is no store in it');
  const environment = openEnvironment(place, 'read');
  try {
    return new EmbeddedStore(place, environment, openTables(place, environment));
  } catch (error) {
    await environment.root.close();
    throw isTidemarkError(error) ? error : notOpened(place, error);
  }
}

/**
 * Why a commit failed; undefined for an error of the function inside. When the commit fails the library rejects with
 * an error that carries a promise of the cause, which somebody has to await; LMDB's own errors carry its number.
 */
async function commitCause(error: unknown): Promise<unknown> {
  if (typeof error !== 'object' || error === null) return undefined;
  if ('commitError' in error) {
    return Promise.resolve(error.commitError).then(
      () => error,
      (cause: unknown) => cause,
    );
  }
  return 'code' in error && typeof error.code === 'number' ? error : undefined;
}
