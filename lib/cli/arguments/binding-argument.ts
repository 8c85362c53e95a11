import path from 'node:path';
import type { EffectSpec, SinkSpec, SourceSpec } from '../../engine/index.ts';
import { usageError } from './usage-error.ts';

/** What `ID=…` was meant for. */
export type BindingRole = 'source' | 'sink' | 'effect';

const EXAMPLES: Readonly<Record<BindingRole, string>> = {
  source: "--source 'usage=events/*.ndjson'",
  sink: '--sink invoices=out/ or --sink invoices=table',
  effect: '--effect notice=notices.ndjson',
};

/** `ID=VALUE` pairs as values by id, in order. Throws `TM_CLI_BINDING` (invalid). */
export function bindingPairs(role: BindingRole, values: readonly string[]): Map<string, string[]> {
  const pairs = new Map<string, string[]>();
  for (const value of values) {
    const at = value.indexOf('=');
    const [id, text] = [value.slice(0, at).trim(), value.slice(at + 1).trim()];
    if (at < 1 || id === '' || text === '') {
      throw usageError('TM_CLI_BINDING', `--${role} wants ID=…, got '${value}'`, `Write ${EXAMPLES[role]}.`);
    }
    pairs.set(id, [...(pairs.get(id) ?? []), text]);
  }
  return pairs;
}

/** Files, folders and patterns, also several with commas between. */
export function sourceBinding(id: string, texts: readonly string[], baseDir: string, follow: boolean): SourceSpec {
  const patterns = texts
    .flatMap((text) => text.split(',').map((pattern) => pattern.trim()))
    .filter((text) => text !== '');
  if (patterns.length > 0) return { kind: 'files', patterns, baseDir, ...(follow ? { follow } : {}) };
  throw usageError('TM_CLI_BINDING', `source '${id}' is bound to nothing`, `Write ${EXAMPLES.source}.`);
}

/** `table`, `table:NAME`, or a folder; a folder of that name is `./table`. */
export function sinkBinding(id: string, texts: readonly string[], baseDir: string): SinkSpec {
  const text = only('sink', id, texts);
  if (text === 'table') return { kind: 'table' };
  if (!text.startsWith('table:')) return { kind: 'files', directory: path.resolve(baseDir, text) };
  const table = text.slice('table:'.length);
  if (table !== '') return { kind: 'table', table };
  throw usageError(
    'TM_CLI_BINDING',
    `sink '${id}' is bound to a table without a name`,
    `Write --sink ${id}=table or --sink ${id}=table:NAME.`,
  );
}

/** A file to which the effects are written. */
export function effectBinding(id: string, texts: readonly string[], baseDir: string): EffectSpec {
  return { kind: 'outbox', file: path.resolve(baseDir, only('effect', id, texts)) };
}

function only(role: BindingRole, id: string, texts: readonly string[]): string {
  const [text = '', ...more] = texts;
  if (more.length === 0) return text;
  throw usageError(
    'TM_CLI_BINDING',
    `${role} '${id}' is bound twice: to '${text}' and to '${more[0]}'`,
    'A source may have several patterns; a sink and an effect go to one place.',
  );
}
