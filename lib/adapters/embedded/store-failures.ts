import { messageOf, TidemarkError } from '../../core/record/errors.ts';

/** Who holds a store for writing, as it stands in the store. */
export interface StoreOwner {
  /** What the owner calls itself. */
  readonly owner: string;
  readonly pid: number;
  readonly host: string;
  /** ISO 8601. */
  readonly since: string;
}

/** `TM_STORE_FENCED`: somebody else opened the store for writing since. */
export function fenced(directory: string, by: StoreOwner | undefined): TidemarkError {
  const who = by === undefined ? 'Another process' : `${by.owner} (process ${by.pid} on ${by.host}, since ${by.since})`;
  return new TidemarkError(
    'TM_STORE_FENCED',
    'fenced',
    `${who} has taken over the store in ${directory}. Nothing was written.`,
    'Stop this process: the other one goes on from the same journals. Nothing is lost.',
  );
}

/** `TM_STORE_CLOSED`: a call after `close`. */
export function closed(directory: string): TidemarkError {
  return new TidemarkError(
    'TM_STORE_CLOSED',
    'unavailable',
    `The store in ${directory} is closed.`,
    'Close it only after everything that uses it has stopped.',
  );
}

/** `TM_STORE_READ_ONLY`: a write through a reader. */
export function readOnly(directory: string): TidemarkError {
  return new TidemarkError(
    'TM_STORE_READ_ONLY',
    'invalid',
    `The store in ${directory} is open for reading only.`,
    'Open it with openStore to write. That takes it over from a process that owns it now.',
  );
}

/** `TM_STORE_DIRECTORY`: the folder is not, or not yet, a store. */
export function notOurs(directory: string, why: string, cause?: unknown): TidemarkError {
  return new TidemarkError(
    'TM_STORE_DIRECTORY',
    'invalid',
    `${directory} is not a store of Tidemark: ${why}.`,
    'Give an empty folder, one that does not exist yet, or one that Tidemark has written.',
    cause,
  );
}

/** `TM_STORE_FORMAT`: a store of another version. */
export function otherFormat(directory: string, found: string, expected: string): TidemarkError {
  return new TidemarkError(
    'TM_STORE_FORMAT',
    'invalid',
    `The store in ${directory} has format ${found}; this version of Tidemark reads format ${expected}.`,
    'Run the version of Tidemark that wrote it, take a savepoint there, and restore the savepoint into a new folder.',
  );
}

/** `TM_STORE_OPEN`: the environment can't be opened. */
export function notOpened(directory: string, cause: unknown): TidemarkError {
  return new TidemarkError(
    'TM_STORE_OPEN',
    'unavailable',
    `The store in ${directory} can not be opened: ${messageOf(cause)}.`,
    'Check that this user may read and write the folder and that its disk is local, mounted and not full.',
    cause,
  );
}

/** `TM_STORE_WRITE`: a write failed on its way to the disk; whether it is there the next opening finds out. */
export function notWritten(directory: string, cause: unknown): TidemarkError {
  return new TidemarkError(
    'TM_STORE_WRITE',
    'unavailable',
    `A write to the store in ${directory} failed: ${messageOf(cause)}.`,
    'Check the disk and its free space, then start the process again: it goes on from what is on disk.',
    cause,
  );
}

/** `TM_STORE_FULL`: too little space is left. */
export function full(directory: string): TidemarkError {
  return new TidemarkError(
    'TM_STORE_FULL',
    'unavailable',
    `The disk of ${directory} is full. Nothing was written.`,
    'Free some space on it; what was refused is tried again or done by the next start. Nothing is lost.',
  );
}

/** `TM_STORE_READ`: a file can't be read, though it is there. */
export function notRead(directory: string, cause: unknown): TidemarkError {
  return new TidemarkError(
    'TM_STORE_READ',
    'unavailable',
    `The store in ${directory} can not be read: ${messageOf(cause)}.`,
    'Check the disk and how many files this process may open (ulimit -n), then start it again.',
    cause,
  );
}
