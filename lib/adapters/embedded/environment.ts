import { open, readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { open as openLmdb, type RootDatabase } from 'lmdb';
import { isTidemarkError, messageOf } from '../../core/record/errors.ts';
import { systemCode } from './durable-directory.ts';
import { notOpened, notOurs, otherFormat } from './store-failures.ts';
import type { Table, Tables } from './tables.ts';

/** Raised when the layout of the tables or of their values changes. */
export const FORMAT = '1';
/** The item of the table of the store itself that holds the format. */
export const FORMAT_KEY = Buffer.from('format');
const META = 'tidemark';
const TABLES = { heads: 'journal', items: 'control-items' } as const;
const DATA = 'data.mdb';
/** What a meta page of LMDB has behind its page header: in the format of lmdb-js, and of plain LMDB. */
const MAGIC = 0xbeefc0de;
const MAGIC_AT = [24, 16];
const META_BYTES = 64;
const OPTIONS = { encoding: 'binary', keyEncoding: 'binary' } as const;

/** An open LMDB environment: `meta` says what it is and whose; the other tables are opened once that is clear. */
export interface Environment {
  readonly root: RootDatabase<Uint8Array, Uint8Array>;
  readonly meta: Table;
}

/** Where the environment of a store is. */
export function environmentFolder(directory: string): string {
  return path.join(directory, 'store');
}

/**
 * Whether there is a store in the directory; false when there may be one later.
 *
 * @throws TidemarkError `TM_STORE_DIRECTORY` when something else is in its place
 */
export async function holdsStore(directory: string): Promise<boolean> {
  const folder = environmentFolder(directory);
  for (const place of [directory, folder]) {
    try {
      if (!(await stat(place)).isDirectory()) throw notOurs(directory, `${place} is a file`);
    } catch (error) {
      if (isTidemarkError(error)) throw error;
      if (systemCode(error) === 'ENOENT') return false;
      if (systemCode(error) === 'ENOTDIR') throw notOurs(directory, 'one of its parents is a file', error);
      throw notOpened(directory, error);
    }
  }
  const names = await readdir(folder);
  if (names.length === 0) return false;
  if (!names.includes(DATA)) throw notOurs(directory, `${folder} holds other files`);
  if (!(await isDatabase(path.join(folder, DATA)))) throw notOurs(directory, `${DATA} is no database`);
  return true;
}

/** Looked at here, since LMDB ends the process on a file that is none. An empty file is a database to be. */
async function isDatabase(file: string): Promise<boolean> {
  const handle = await open(file, 'r');
  try {
    const { bytesRead, buffer } = await handle.read(Buffer.alloc(META_BYTES), 0, META_BYTES, 0);
    if (bytesRead === 0) return true;
    return MAGIC_AT.some((at) => bytesRead === META_BYTES && buffer.readUInt32LE(at) === MAGIC);
  } finally {
    await handle.close();
  }
}

/**
 * Opens the environment and looks whether it is ours, before anything is written into it.
 *
 * @throws TidemarkError `TM_STORE_DIRECTORY`, `TM_STORE_FORMAT`, `TM_STORE_OPEN`
 */
export function openEnvironment(directory: string, access: 'write' | 'read'): Environment {
  let root: RootDatabase<Uint8Array, Uint8Array> | undefined;
  try {
    root = openLmdb<Uint8Array, Uint8Array>({
      path: environmentFolder(directory),
      ...OPTIONS,
      maxDbs: 8,
      readOnly: access === 'read',
      overlappingSync: false,
      // Batching by turns of the event loop adds a write whose promise nobody holds: when a commit fails (disk full),
      // its rejection would end the process.
      eventTurnBatching: false,
      // Records are the user's data: for this user's eyes.
      permissionsMode: 0o600,
    } as Parameters<typeof openLmdb<Uint8Array, Uint8Array>>[0]);
    const names = [...root.getKeys()].map((name) => Buffer.from(name).toString('latin1').replace(/\0$/, ''));
    if (names.length > 0 && !names.includes(META)) throw notOurs(directory, 'its database belongs to another program');
    if (names.length === 0 && access === 'read') throw notOurs(directory, 'its store is still empty');
    const meta = root.openDB<Uint8Array, Uint8Array>(META, OPTIONS);
    const format = meta.getBinary(FORMAT_KEY)?.toString();
    if (format !== undefined && format !== FORMAT) throw otherFormat(directory, format, FORMAT);
    if (format === undefined && names.length > 1) throw notOurs(directory, 'its database has no format');
    return { root, meta };
  } catch (error) {
    // Not awaited: nothing was written. A close that fails tells no more than `error` does.
    root?.close().catch(() => undefined);
    if (isTidemarkError(error)) throw error;
    if (/MDB_(INVALID|CORRUPTED|VERSION_MISMATCH|PAGE_NOTFOUND|INCOMPATIBLE)|not an LMDB/i.test(messageOf(error))) {
      throw notOurs(directory, 'its database is damaged or of another kind', error);
    }
    throw notOpened(directory, error);
  }
}

/** @throws TidemarkError `TM_STORE_DIRECTORY` when a reader comes before the first owner has made the tables */
export function openTables(directory: string, { root }: Environment): Tables {
  const table = (name: string): Table => {
    const opened: Table | undefined = root.openDB<Uint8Array, Uint8Array>(name, OPTIONS);
    if (opened === undefined) throw notOurs(directory, 'its store is still empty');
    return opened;
  };
  return { heads: table(TABLES.heads), items: table(TABLES.items) };
}
