import { randomBytes } from 'node:crypto';
import { hostname } from 'node:os';
import { type Environment, FORMAT, FORMAT_KEY } from './environment.ts';
import { fenced, type StoreOwner } from './store-failures.ts';
import type { Table } from './tables.ts';

const KEY = { nonce: Buffer.from('owner-nonce'), owner: Buffer.from('owner'), opening: Buffer.from('opening') };

/** One opening of a store for writing. It ends when somebody else opens the store. */
export interface Ownership {
  readonly nonce: Buffer;
  /** How often the store has been opened for writing, this time included. */
  readonly opening: number;
}

/** Takes a store over from whoever has it. Durable when it answers. */
export async function takeOver({ root, meta }: Environment, owner: string): Promise<Ownership> {
  const nonce = randomBytes(16);
  const record: StoreOwner = {
    owner,
    pid: process.pid,
    host: hostname(),
    since: new Date().toISOString(),
  };
  const ownerBytes = Buffer.from(JSON.stringify(record));
  // DECISION POINT: after this commit the store belongs to this process and everybody else is fenced.
  const opening = await root.transaction(() => {
    const next = Number(meta.getBinary(KEY.opening)?.toString() ?? '0') + 1;
    void meta.put(FORMAT_KEY, Buffer.from(FORMAT));
    void meta.put(KEY.opening, Buffer.from(String(next)));
    void meta.put(KEY.owner, ownerBytes);
    void meta.put(KEY.nonce, nonce);
    return next;
  });
  return { nonce, opening };
}

/**
 * Inside a write transaction: is this still the owner?
 *
 * @throws TidemarkError `TM_STORE_FENCED`
 */
export function checkOwner(directory: string, meta: Table, { nonce }: Ownership): void {
  const standing = meta.getBinary(KEY.nonce);
  if (standing !== undefined && nonce.equals(standing)) return;
  const owner = meta.getBinary(KEY.owner);
  throw fenced(directory, owner === undefined ? undefined : (JSON.parse(owner.toString()) as StoreOwner));
}
