/** Where a source is, as plain data that every process of a run can open by itself. */
export interface FilesSourceSpec {
  readonly kind: 'files';
  /** Files, directories or patterns with `*`, `?`, `**`. */
  readonly patterns: readonly string[];
  /** What relative patterns are relative to; the working directory of the supervisor if left out. */
  readonly baseDir?: string;
  /** Goes on with lines and files that are added later, and so never ends. Default: false. */
  readonly follow?: boolean;
}

/** A folder that gets NDJSON files. */
export interface FilesSinkSpec {
  readonly kind: 'files';
  readonly directory: string;
}

/** A table in the store of the run; the definition's sink says what its key is. */
export interface TableSinkSpec {
  readonly kind: 'table';
  /** Name of the table. Default: the id of the sink. */
  readonly table?: string;
}

/** A file to which effects are written instead of being sent: one JSON line each. */
export interface OutboxEffectSpec {
  readonly kind: 'outbox';
  readonly file: string;
}

export type SourceSpec = FilesSourceSpec;
export type SinkSpec = FilesSinkSpec | TableSinkSpec;
export type EffectSpec = OutboxEffectSpec;

/** Where sources, sinks and effects are, by id, as plain data: survives JSON. */
export interface BindingSpecs {
  readonly sources?: Readonly<Record<string, SourceSpec>>;
  readonly sinks?: Readonly<Record<string, SinkSpec>>;
  readonly effects?: Readonly<Record<string, EffectSpec>>;
}
