import type { Database } from 'lmdb';

/** An ordered map from bytes to bytes, in a store. Reads give copies: nothing that a read returned changes later. */
export type Table = Database<Uint8Array, Uint8Array>;

export interface Tables {
  /** One record a journal entry. */
  readonly heads: Table;
  readonly items: Table;
}
