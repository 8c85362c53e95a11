import { TidemarkError } from '../core/record/errors.ts';
import type { StandardSchema } from '../ports/schema.ts';
import { checkChoice, checkOptions } from './option-check.ts';

/** Options of every kind of source. */
export interface SourceOptions<In, Out> {
  /** Any Standard Schema (zod, valibot, arktype, …): what comes in as `In` goes on as `Out`. {@link json} accepts all. */
  readonly schema: StandardSchema<In, Out>;
  /** A record that the schema refuses: `dead-letter` sets it aside once and goes on, `fail` stops the pipeline. */
  readonly onInvalid: 'dead-letter' | 'fail';
}

/** A kind of source: what comes in, not from where. Bindings say where. */
export interface SourceKind<out In, out Out> {
  readonly role: 'source';
  readonly source: 'files' | 'stream';
  readonly schema: StandardSchema<In, Out>;
  readonly onInvalid: 'dead-letter' | 'fail';
}

function sourceKind<In, Out>(source: 'files' | 'stream', options: SourceOptions<In, Out>): SourceKind<In, Out> {
  checkOptions(`${source}(…)`, options, ['schema', 'onInvalid']);
  const standard = options.schema?.['~standard'] as Partial<StandardSchema['~standard']> | undefined;
  if (standard?.version !== 1 || typeof standard.validate !== 'function') {
    throw new TidemarkError(
      'TM_GRAPH_SCHEMA',
      'invalid',
      `the schema of ${source}(…) is not a Standard Schema, version 1`,
      'Pass a schema of zod 3.24+, valibot 1+ or arktype 2+, or json<YourType>() to let every JSON value in.',
    );
  }
  checkChoice(`onInvalid of ${source}(…)`, options.onInvalid, ['dead-letter', 'fail']);
  return Object.freeze({ role: 'source', source, schema: options.schema, onInvalid: options.onInvalid });
}

/** Records in files of JSON lines: bounded, or a folder that grows. One file is read in order. */
export function files<In, Out>(options: SourceOptions<In, Out>): SourceKind<In, Out> {
  return sourceKind('files', options);
}

/** Records of a partitioned stream (Kinesis, Kafka, …). One partition is read in order. */
export function stream<In, Out>(options: SourceOptions<In, Out>): SourceKind<In, Out> {
  return sourceKind('stream', options);
}

/** The schema that lets every JSON value in, unchecked, and calls it `T`. For trusted input and first steps. */
export function json<T = unknown>(): StandardSchema<T, T> {
  return Object.freeze({
    '~standard': Object.freeze({
      version: 1 as const,
      vendor: 'tidemark',
      validate: (value: unknown) => ({ value: value as T }),
    }),
  });
}
