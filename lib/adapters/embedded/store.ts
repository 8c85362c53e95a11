import { randomBytes } from 'node:crypto';
import { readdir, stat } from 'node:fs/promises';
import { hostname } from 'node:os';
import path from 'node:path';
import { open, type RootDatabase } from 'lmdb';
import { isTidemarkError, messageOf } from '../../core/record/errors.ts';
import { blobFolder, clearHalfWritten } from './blobs.ts';
import { makeDirectory, syncDirectory, systemCode } from './durable-directory.ts';
import { JournalSpace } from './journal-space.ts';
import { PayloadLog, type PayloadPlace } from './payload-log.ts';
import {
  closed,
  fenced,
  notOpened,
  notOurs,
  notRead,
  notWritten,
  otherFormat,
  readOnly,
  type StoreOwner,
} from './store-failures.ts';
import type { Table, Tables } from './tables.ts';

/** Raised when the layout of the tables or of their values changes. */
const FORMAT = '1';
const META = 'tidemark';
const TABLES = { heads: 'journal', items: 'control-items' } as const;
const OPTIONS = { encoding: 'binary', keyEncoding: 'binary' } as const;
const KEY = {
  format: Buffer.from('format'),
  nonce: Buffer.from('owner-nonce'),
  owner: Buffer.from('owner'),
  opening: Buffer.from('opening'),
};

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
 */
export class EmbeddedStore {
  readonly directory: string;
  /** How often the directory has been opened for writing, this time included; 0 for a reader. */
  readonly opening: number;
  readonly #environment: RootDatabase<Uint8Array, Uint8Array>;
  readonly #meta: Table;
  readonly #tables: Tables;
  /** Undefined for a reader. */
  readonly #nonce: Buffer | undefined;
  readonly #payloads: PayloadLog;
  /** Which payloads are still needed. */
  readonly #space: JournalSpace;
  #closing: Promise<void> | undefined;

  /** Use {@link openStore} or {@link openStoreReadOnly}. */
  constructor(
    directory: string,
    environment: RootDatabase<Uint8Array, Uint8Array>,
    meta: Table,
    tables: Tables,
    claim?: { readonly nonce: Buffer; readonly opening: number },
  ) {
    this.directory = directory;
    this.opening = claim?.opening ?? 0;
    this.#environment = environment;
    this.#meta = meta;
    this.#tables = tables;
    this.#nonce = claim?.nonce;
    this.#payloads = new PayloadLog(path.join(directory, 'journal'), this.opening);
    this.#space = new JournalSpace(this.#payloads, () => this.heads);
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
   * @throws TidemarkError `TM_STORE_FENCED`, `TM_STORE_WRITE`, `TM_STORE_READ_ONLY`, `TM_STORE_CLOSED`: nothing is written
   */
  async write<T>(change: (tables: Tables) => T): Promise<T> {
    const tables = this.#open();
    const nonce = this.#nonce;
    if (nonce === undefined) throw readOnly(this.directory);
    try {
      return await this.#environment.transaction(() => {
        const standing = this.#meta.getBinary(KEY.nonce);
        if (standing === undefined || !nonce.equals(standing)) throw fenced(this.directory, ownerIn(this.#meta));
        return change(tables);
      });
    } catch (error) {
      throw isTidemarkError(error) ? error : await commitFailure(this.directory, error);
    }
  }

  /**
   * Writes the payload of an entry, for a record that names its place: only that one makes the entry exist. Durable
   * when it answers.
   *
   * @throws TidemarkError `TM_STORE_WRITE`, `TM_STORE_READ_ONLY`, `TM_STORE_CLOSED`
   */
  async logPayload(subtask: string, version: number, pieces: readonly Uint8Array[]): Promise<PayloadPlace> {
    this.#open();
    if (this.#nonce === undefined) throw readOnly(this.directory);
    try {
      return await this.#payloads.append(pieces, (place) => this.#space.note(place, subtask, version));
    } catch (error) {
      throw notWritten(this.directory, error);
    }
  }

  /** A stretch of a payload, or undefined when it is not there. */
  readPayload(place: PayloadPlace, skip: number, length: number): Uint8Array | undefined {
    this.#open();
    try {
      return this.#payloads.read(place, skip, length);
    } catch (error) {
      throw notRead(this.directory, error);
    }
  }

  /** Gives back the space of payloads of entries that are collected. */
  async releasePayloads(subtask: string, floor: number): Promise<void> {
    this.#open();
    await this.#space.collected(subtask, floor);
  }

  /** Waits for the writes under way and closes. Can be repeated. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    await this.#environment.close();
    await this.#payloads.close();
  }

  /** @throws TidemarkError `TM_STORE_CLOSED` */
  #open(): Tables {
    if (this.#closing !== undefined) throw closed(this.directory);
    return this.#tables;
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
export async function openStore(directory: string, options: { readonly owner?: string } = {}): Promise<EmbeddedStore> {
  const place = path.resolve(directory);
  await checkPlace(place);
  try {
    await makeDirectory(storeIn(place));
  } catch (error) {
    throw notOpened(place, error);
  }
  const { environment, meta } = openMeta(place, false);
  try {
    const claim = await takeOver(environment, meta, options.owner ?? 'tidemark');
    await syncDirectory(storeIn(place));
    await clearHalfWritten(blobFolder(place));
    return new EmbeddedStore(place, environment, meta, openTables(place, environment), claim);
  } catch (error) {
    await environment.close();
    throw isTidemarkError(error) ? error : notOpened(place, error);
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
  if (!(await checkPlace(place))) throw notOurs(place, 'there is no store in it');
  const { environment, meta } = openMeta(place, true);
  try {
    return new EmbeddedStore(place, environment, meta, openTables(place, environment));
  } catch (error) {
    await environment.close();
    throw isTidemarkError(error) ? error : notOpened(place, error);
  }
}

const storeIn = (directory: string): string => path.join(directory, 'store');

/** True when a store may be in the directory, false when there is none yet. */
async function checkPlace(directory: string): Promise<boolean> {
  for (const folder of [directory, storeIn(directory)]) {
    try {
      if (!(await stat(folder)).isDirectory()) throw notOurs(directory, `${folder} is a file`);
    } catch (error) {
      if (isTidemarkError(error)) throw error;
      if (systemCode(error) === 'ENOENT') return false;
      if (systemCode(error) === 'ENOTDIR') throw notOurs(directory, 'one of its parents is a file', error);
      throw notOpened(directory, error);
    }
  }
  const names = await readdir(storeIn(directory));
  if (names.length > 0 && !names.includes('data.mdb'))
    throw notOurs(directory, `${storeIn(directory)} holds other files`);
  return names.length > 0;
}

/** Opens the environment and the table that says what it is, before anything is written into it. */
function openMeta(
  directory: string,
  readers: boolean,
): { environment: RootDatabase<Uint8Array, Uint8Array>; meta: Table } {
  let environment: RootDatabase<Uint8Array, Uint8Array> | undefined;
  try {
    environment = open<Uint8Array, Uint8Array>({
      path: storeIn(directory),
      ...OPTIONS,
      maxDbs: 8,
      readOnly: readers,
      overlappingSync: false,
      // Batching by turns of the event loop adds a write whose promise nobody holds: when a commit fails (disk full),
      // its rejection would end the process.
      eventTurnBatching: false,
      // Records are the user's data: for this user's eyes.
      permissionsMode: 0o600,
    } as Parameters<typeof open<Uint8Array, Uint8Array>>[0]);
    const names = [...environment.getKeys()].map((name) => Buffer.from(name).toString('latin1').replace(/\0$/, ''));
    if (names.length > 0 && !names.includes(META)) throw notOurs(directory, 'its database belongs to another program');
    const meta: Table | undefined = names.length === 0 && readers ? undefined : environment.openDB(META, OPTIONS);
    if (meta === undefined) throw notOurs(directory, 'its store is still empty');
    const format = meta.getBinary(KEY.format)?.toString();
    if (format !== undefined && format !== FORMAT) throw otherFormat(directory, format, FORMAT);
    if (format === undefined && names.length > 1) throw notOurs(directory, 'its database has no format');
    return { environment, meta };
  } catch (error) {
    // Not awaited: nothing was written. A close that fails tells no more than `error` does.
    environment?.close().catch(() => undefined);
    if (isTidemarkError(error)) throw error;
    if (/MDB_(INVALID|CORRUPTED|VERSION_MISMATCH|PAGE_NOTFOUND|INCOMPATIBLE)|not an LMDB/i.test(messageOf(error))) {
      throw notOurs(directory, 'its database is damaged or of another kind', error);
    }
    throw notOpened(directory, error);
  }
}

function openTables(directory: string, environment: RootDatabase<Uint8Array, Uint8Array>): Tables {
  const table = (name: string): Table => {
    const opened: Table | undefined = environment.openDB(name, OPTIONS);
    if (opened === undefined) throw notOurs(directory, 'its store is still empty');
    return opened;
  };
  return { heads: table(TABLES.heads), items: table(TABLES.items) };
}

// DECISION POINT: after this commit the store belongs to this process and everybody else is fenced.
async function takeOver(
  environment: RootDatabase<Uint8Array, Uint8Array>,
  meta: Table,
  owner: string,
): Promise<{ nonce: Buffer; opening: number }> {
  const nonce = randomBytes(16);
  const record: StoreOwner = {
    nonce: nonce.toString('hex'),
    owner,
    pid: process.pid,
    host: hostname(),
    since: new Date().toISOString(),
  };
  const ownerBytes = Buffer.from(JSON.stringify(record));
  const opening = await environment.transaction(() => {
    const next = Number(meta.getBinary(KEY.opening)?.toString() ?? '0') + 1;
    void meta.put(KEY.format, Buffer.from(FORMAT));
    void meta.put(KEY.opening, Buffer.from(String(next)));
    void meta.put(KEY.owner, ownerBytes);
    void meta.put(KEY.nonce, nonce);
    return next;
  });
  return { nonce, opening };
}

function ownerIn(meta: Table): StoreOwner | undefined {
  const bytes = meta.getBinary(KEY.owner);
  return bytes === undefined ? undefined : (JSON.parse(bytes.toString()) as StoreOwner);
}

/**
 * What to throw for a failed transaction. When the commit fails the library rejects with an error that carries a
 * promise of the cause, which somebody has to await; its errors inside a transaction carry LMDB's number.
 */
async function commitFailure(directory: string, error: unknown): Promise<unknown> {
  if (typeof error !== 'object' || error === null) return error;
  if ('commitError' in error) {
    return Promise.resolve(error.commitError).then(
      () => notWritten(directory, error),
      (cause: unknown) => notWritten(directory, cause),
    );
  }
  return 'code' in error && typeof error.code === 'number' ? notWritten(directory, error) : error;
}
