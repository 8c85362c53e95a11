/** Immutable objects: a name is written once and never reused. Durable when `put` answers. */
export interface Blobs {
  /** Stores the bytes. Putting the same name again keeps the first bytes. */
  put(name: string, bytes: Uint8Array): Promise<void>;
  /** The bytes, or `[start, end)` of them (clamped to what there is). Throws `TM_BLOB_MISSING` (corrupt) when the name is not there. */
  get(name: string, range?: { readonly start: number; readonly end: number }): Promise<Uint8Array>;
  /** Names that start with `prefix`, ordered by their UTF-8 bytes. */
  list(prefix: string): Promise<readonly string[]>;
  /** Deletes; names that are not there are ignored. */
  delete(names: readonly string[]): Promise<void>;
}
