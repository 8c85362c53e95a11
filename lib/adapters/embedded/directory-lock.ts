import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { link, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { TidemarkError } from '../../core/record/errors.ts';
import { makeDirectory, systemCode } from './durable-directory.ts';

/** Who uses a directory, as `owner.json` says. */
interface LockOwner {
  readonly pid: number;
  /** When the process started, in terms of its system: tells it from a later one with the same number. */
  readonly processStart: string;
  readonly host: string;
  /** ISO 8601. */
  readonly since: string;
}

/** Field 22 of `/proc/<pid>/stat` and field 3, counted from behind the name, which may hold spaces and brackets. */
const START_FIELD = 22 - 3;
const STATE_FIELD = 0;
/** Others that start or stop at the same moment; each of them lets one of us through. */
const MAX_TRIES = 20;

/**
 * Takes the directory for this process, for people: a second process is told who has it. A lock that a dead process
 * left (also one whose number has been given to another) is taken over at once. Correctness does not rest on it: the
 * store fences (see `openStore`).
 *
 * @returns a function that gives the directory back
 * @throws TidemarkError `TM_DIRECTORY_IN_USE` (unavailable)
 */
export async function lockDirectory(directory: string): Promise<() => Promise<void>> {
  await makeDirectory(directory);
  const file = path.join(directory, 'owner.json');
  const own: LockOwner = {
    pid: process.pid,
    processStart: (await processStart(process.pid)) ?? 'unknown',
    host: hostname(),
    since: new Date().toISOString(),
  };
  const text = `${JSON.stringify(own, undefined, 2)}\n`;
  for (let tries = 0; tries < MAX_TRIES; tries += 1) {
    if (await create(file, text)) {
      return async () => {
        if ((await textIn(file)) === text) await rm(file, { force: true });
      };
    }
    await takeAwayIfDead(directory, file);
  }
  throw inUse(directory, file, undefined);
}

/** Puts the file there, whole, unless one is there. */
async function create(file: string, text: string): Promise<boolean> {
  const draft = `${file}.${randomBytes(8).toString('hex')}`;
  try {
    await writeFile(draft, text, { flag: 'wx', mode: 0o600 });
    await link(draft, file);
    return true;
  } catch (error) {
    if (systemCode(error) === 'EEXIST') return false;
    // No hard links here: the file is empty for a moment, which a reader takes for a dead lock.
    if (['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS'].includes(systemCode(error) ?? ''))
      return createDirectly(file, text);
    throw error;
  } finally {
    await rm(draft, { force: true });
  }
}

async function createDirectly(file: string, text: string): Promise<boolean> {
  try {
    await writeFile(file, text, { flag: 'wx', mode: 0o600 });
    return true;
  } catch (error) {
    if (systemCode(error) === 'EEXIST') return false;
    throw error;
  }
}

/** Removes the lock of a process that is gone. Throws when it lives. */
async function takeAwayIfDead(directory: string, file: string): Promise<void> {
  const text = await textIn(file);
  if (text === undefined) return;
  const owner = ownerIn(text);
  if (owner !== undefined && (await isAlive(owner))) throw inUse(directory, file, owner);
  const aside = `${file}.${randomBytes(8).toString('hex')}`;
  try {
    await rename(file, aside);
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return;
    throw error;
  }
  // Somebody else may have replaced the dead lock between our look and our move: then that one goes back.
  if ((await textIn(aside)) !== text) await link(aside, file).catch(() => undefined);
  await rm(aside, { force: true });
}

async function textIn(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return undefined;
    throw error;
  }
}

/** Undefined for what is no lock of ours: cut short by a crash, written by hand. */
function ownerIn(text: string): LockOwner | undefined {
  try {
    const { pid, processStart: start, host, since } = JSON.parse(text) as Partial<LockOwner>;
    if (typeof pid !== 'number' || typeof start !== 'string' || typeof host !== 'string') return undefined;
    return { pid, processStart: start, host, since: String(since) };
  } catch {
    return undefined;
  }
}

/** A process of another machine can't be looked at: it counts as alive. */
async function isAlive(owner: LockOwner): Promise<boolean> {
  if (owner.host !== hostname()) return true;
  const start = await processStart(owner.pid);
  return start !== undefined && (start === owner.processStart || owner.processStart === 'unknown');
}

/** When a process started; undefined when there is none (a zombie is none). */
export async function processStart(pid: number): Promise<string | undefined> {
  if (!Number.isSafeInteger(pid) || pid <= 0) return undefined;
  if (process.platform === 'linux') {
    const stat = await textIn(`/proc/${pid}/stat`).catch(() => undefined);
    if (stat === undefined) return undefined;
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return fields[STATE_FIELD] === 'Z' || fields[STATE_FIELD] === 'X' ? undefined : fields[START_FIELD];
  }
  if (process.platform !== 'win32') {
    const ps = promisify(execFile)('ps', ['-o', 'lstart=', '-p', String(pid)]);
    const started = (await ps.catch(() => ({ stdout: '' }))).stdout.trim();
    return started === '' ? undefined : started;
  }
  try {
    process.kill(pid, 0);
    return 'running';
  } catch (error) {
    return systemCode(error) === 'EPERM' ? 'running' : undefined;
  }
}

function inUse(directory: string, file: string, owner: LockOwner | undefined): TidemarkError {
  const elsewhere = owner !== undefined && owner.host !== hostname();
  const who =
    owner === undefined
      ? 'by processes that start and stop'
      : `by process ${owner.pid}${elsewhere ? ` on ${owner.host}` : ''} since ${owner.since}`;
  return new TidemarkError(
    'TM_DIRECTORY_IN_USE',
    'unavailable',
    `${directory} is in use ${who}.`,
    elsewhere
      ? `Stop that process, or give another directory. If ${owner.host} is gone for good, delete ${file}.`
      : 'Stop that process, or give another directory.',
  );
}
