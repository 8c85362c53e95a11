/** A key: scalar or a tuple of scalars. Numbers must be finite; -0 counts as 0. */
export type KeyScalar = string | boolean | number | bigint;
export type Key = KeyScalar | readonly KeyScalar[];
