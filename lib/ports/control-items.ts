/** A small item under a key with a revision that rises by one with each change. */
export interface ControlItem {
  readonly key: string;
  /** 1 for a new item. */
  readonly revision: number;
  readonly value: unknown;
}

/** One change of a transaction. `ifRevision`: 0 = must not exist, n = must be at n, undefined = whatever is there. */
export interface ControlChange {
  readonly key: string;
  readonly ifRevision?: number;
  /** The new value (MessagePack-able); undefined only checks the revision; null deletes. */
  readonly value?: unknown;
}

/** Control items and rows of local tables: strongly consistent reads, all-or-nothing conditional writes. */
export interface ControlItems {
  read(key: string): Promise<ControlItem | undefined>;
  /** Items whose key starts with `prefix`, ordered by the UTF-8 bytes of the key, after `after` where given. */
  list(prefix: string, options?: { readonly after?: string; readonly limit?: number }): Promise<readonly ControlItem[]>;
  /** Applies all changes or none. At most `limits.changesPerWrite` changes, no key twice. Durable when it answers. */
  write(changes: readonly ControlChange[]): Promise<'applied' | 'conflict'>;
}
