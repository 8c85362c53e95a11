import type { ControlItems } from '../../ports/control-items.ts';
import { itemKeys } from '../../ports/names.ts';
import type { RowKey } from './row-key.ts';
import type { StoredRow } from './table-sink.ts';

const PAGE_ROWS = 500;

/** A committed row. */
export interface TableRow extends RowKey {
  readonly row: unknown;
}

/**
 * The committed rows of a table that `tableSink` writes, ordered by the text of their keys, read by pages of 500. Rows
 * that are committed meanwhile may be seen or not.
 */
export async function* readTable(items: ControlItems, table: string): AsyncIterable<TableRow> {
  const prefix = itemKeys.tableRow(table, '');
  for (let after: string | undefined; ; ) {
    const page = await items.list(prefix, after === undefined ? { limit: PAGE_ROWS } : { after, limit: PAGE_ROWS });
    for (const { value } of page) {
      const { pk, sk, row } = value as StoredRow;
      yield sk === undefined ? { pk, row } : { pk, sk, row };
    }
    after = page.at(-1)?.key;
    if (page.length < PAGE_ROWS || after === undefined) return;
  }
}
