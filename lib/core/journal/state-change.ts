/** A stored value: a scalar as it is, anything else as its MessagePack bytes. `null` deletes the entry. */
export type StoredValue = string | number | boolean | Uint8Array | null;

/** Changes of one namespace of one state table, in columns. */
export interface StateChange {
  readonly table: string;
  readonly namespace: string;
  /** The whole namespace goes first (an expired window, an expired dedupe bucket). */
  readonly drop: boolean;
  readonly keys: readonly string[];
  readonly values: readonly StoredValue[];
}
