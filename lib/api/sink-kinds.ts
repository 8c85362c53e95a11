import { checkChoice, checkFunction, checkOptions } from './option-check.ts';

/** Key of a row in a table: a partition key, and a sort key where the table has one. */
export interface TableKey {
  readonly pk: string;
  readonly sk?: string | undefined;
}

/** Options of {@link table}. */
export interface TableOptions<in Row> {
  /** The row's key. Must be the same for the same row: a later row with the same key replaces an earlier one. */
  readonly key: (row: Row) => TableKey;
  /**
   * `atomic-rows`: after the checkpoint completes, rows become visible in transactions together with the sink's
   * progress, each exactly once; a large checkpoint becomes visible in chunks.
   */
  readonly commit: 'atomic-rows';
}

/** A sink of files of JSON lines. */
export interface FilesSink {
  readonly role: 'sink';
  readonly kind: 'files';
}

/** A sink of rows under keys. */
export interface TableSink<in Row> extends TableOptions<Row> {
  readonly role: 'sink';
  readonly kind: 'table';
}

/** A kind of sink: what goes out, not where to. Bindings say where. */
export type SinkKind<Row> = FilesSink | TableSink<Row>;

/** Rows as files of JSON lines, which appear under their final names when the checkpoint completes. Exactly-once. */
export function fileSink(): FilesSink {
  return Object.freeze({ role: 'sink', kind: 'files' });
}

/** Rows in a table (DynamoDB, a local table), by key. Exactly-once. */
export function table<Row>(options: TableOptions<Row>): TableSink<Row> {
  checkOptions('table(…)', options, ['key', 'commit']);
  checkFunction('key of table(…)', options.key);
  checkChoice('commit of table(…)', options.commit, ['atomic-rows']);
  return Object.freeze({ role: 'sink', kind: 'table', key: options.key, commit: options.commit });
}
