/// <reference lib="es2024.string" />
import { messageOf, TidemarkError } from '../../core/record/errors.ts';

/** Largest key of a row: bytes of `[pk, sk]` as JSON in UTF-8. */
export const MAX_ROW_KEY_BYTES = 1024;

/** The key of a row, as the definition computes it. */
export interface RowKey {
  readonly pk: string;
  readonly sk?: string | undefined;
}

/** One text per key: `["pk"]` or `["pk","sk"]`. */
export function rowKeyText(key: RowKey): string {
  return JSON.stringify(key.sk === undefined ? [key.pk] : [key.pk, key.sk]);
}

/**
 * The key of a row of `table`, checked.
 *
 * @throws TidemarkError `TM_SINK_KEY`: user-code when the function throws, invalid when its result is no key.
 */
export function rowKeyOf(table: string, key: (row: unknown) => RowKey, row: unknown): RowKey {
  let made: unknown;
  try {
    made = key(row);
  } catch (cause) {
    throw badKey('user-code', table, `its function threw: ${messageOf(cause)}`, cause);
  }
  const { pk, sk } = (made ?? {}) as Record<string, unknown>;
  if (typeof pk !== 'string' || !pk.isWellFormed()) throw badKey('invalid', table, 'pk is not a well-formed string');
  if (sk !== undefined && (typeof sk !== 'string' || !sk.isWellFormed())) {
    throw badKey('invalid', table, 'sk is neither a well-formed string nor left out');
  }
  const rowKey: RowKey = sk === undefined ? { pk } : { pk, sk };
  const sizeBytes = Buffer.byteLength(rowKeyText(rowKey));
  if (sizeBytes <= MAX_ROW_KEY_BYTES) return rowKey;
  throw badKey('invalid', table, `it takes ${sizeBytes} bytes, ${MAX_ROW_KEY_BYTES} are allowed`);
}

function badKey(kind: 'invalid' | 'user-code', table: string, why: string, cause?: unknown): TidemarkError {
  return new TidemarkError(
    'TM_SINK_KEY',
    kind,
    `A row of table ${table} has no usable key: ${why}.`,
    'Let the key of the table return { pk } or { pk, sk } with short strings for every row.',
    cause,
  );
}
