import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, didYouMean } from '../../api/option-check.ts';
import type { CheckpointOptions } from '../../api/options.ts';
import { messageOf } from '../../core/record/errors.ts';
import { checkpointName, checkpointOption } from './checkpoint-argument.ts';
import { usageError } from './usage-error.ts';

/** Values by id, as on the command line behind `ID=`. */
export type BindingTexts = ReadonlyMap<string, readonly string[]>;

/** What a config file says: the options of `tidemark run` under their names. Paths are relative to the file. */
export interface ConfigFile {
  readonly baseDir: string;
  readonly pipeline?: string;
  readonly source?: BindingTexts;
  readonly sink?: BindingTexts;
  readonly effect?: BindingTexts;
  readonly dir?: string;
  readonly export?: string;
  readonly workers?: number;
  readonly parallelism?: number;
  readonly partitions?: number;
  readonly maxParallelism?: number;
  readonly checkpoint?: CheckpointOptions;
  readonly dropState?: readonly string[];
  readonly follow?: boolean;
  readonly json?: boolean;
  readonly trace?: boolean;
}

/** A key's value, or a complaint through `wrong`. */
type Reader = (where: string, value: unknown) => unknown;

const READERS: Readonly<Record<Exclude<keyof ConfigFile, 'baseDir'>, Reader>> = {
  pipeline: textOf,
  source: bindingsOf,
  sink: bindingsOf,
  effect: bindingsOf,
  dir: textOf,
  export: textOf,
  workers: numberFrom(0),
  parallelism: numberFrom(1),
  partitions: numberFrom(1),
  maxParallelism: numberFrom(1),
  checkpoint: checkpointOf,
  dropState: textsOf,
  follow: flagOf,
  json: flagOf,
  trace: flagOf,
};

/** The plural reads better in a file, and is what code says. */
const ALSO: Readonly<Record<string, string>> = { sources: 'source', sinks: 'sink', effects: 'effect' };

/** Reads a config file. Throws `TM_CLI_CONFIG` (invalid), and what the options themselves refuse. */
export async function readConfigFile(file: string, cwd: string): Promise<ConfigFile> {
  const place = path.resolve(cwd, file);
  const text = await readFile(place, 'utf8').catch((error: unknown) => {
    throw usageError(
      'TM_CLI_CONFIG',
      `the config file ${place} can not be read`,
      'Check the path behind --config.',
      error,
    );
  });
  return configFrom(parsed(place, text), file, path.dirname(place));
}

function parsed(file: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw usageError(
      'TM_CLI_CONFIG',
      `${file} is not JSON: ${messageOf(error)}`,
      'Write one JSON object, without comments.',
    );
  }
}

/** The content of a config file, checked. `where` names it in errors. */
export function configFrom(content: unknown, where: string, baseDir: string): ConfigFile {
  const config: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(objectOf(where, content))) {
    const name = nameOf(key);
    const read = Object.hasOwn(READERS, name) ? READERS[name as keyof typeof READERS] : undefined;
    if (read === undefined) {
      const known = Object.keys(READERS);
      throw usageError(
        'TM_CLI_CONFIG',
        `${where} has an unknown key '${key}'`,
        `${didYouMean(key, known)}Keys: ${known.join(', ')}.`,
      );
    }
    config[name] = read(`${key} in ${where}`, value);
  }
  return { ...config, baseDir };
}

/** `max-parallelism` and `maxParallelism` are one name. */
function nameOf(key: string): string {
  const camel = key.replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase());
  return Object.hasOwn(ALSO, camel) ? (ALSO[camel] as string) : camel;
}

function wrong(where: string, value: unknown, write: string): Error {
  return usageError('TM_CLI_CONFIG', `${where} is ${describe(value)}`, `Write ${write}.`);
}

function objectOf(where: string, value: unknown): Record<string, unknown> {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  throw wrong(where, value, 'a JSON object');
}

function textOf(where: string, value: unknown): string {
  if (typeof value === 'string' && value !== '') return value;
  throw wrong(where, value, 'a text');
}

function flagOf(where: string, value: unknown): boolean {
  if (typeof value === 'boolean') return value;
  throw wrong(where, value, 'true or false');
}

function numberFrom(least: number): Reader {
  return (where, value) => {
    if (typeof value === 'number' && Number.isSafeInteger(value) && value >= least) return value;
    throw wrong(where, value, `a whole number, at least ${least}`);
  };
}

function textsOf(where: string, value: unknown): readonly string[] {
  return (Array.isArray(value) ? value : [value]).map((text) => textOf(where, text));
}

function bindingsOf(where: string, value: unknown): BindingTexts {
  return new Map(
    Object.entries(objectOf(where, value)).map(([id, texts]) => [id, textsOf(`${id} of ${where}`, texts)]),
  );
}

/** As behind `--checkpoint`; durations also as objects (`{ "seconds": 5 }`), checked where all options are. */
function checkpointOf(where: string, value: unknown): CheckpointOptions {
  let options: CheckpointOptions = {};
  for (const [name, content] of Object.entries(objectOf(where, value))) {
    const known = checkpointName(where, name);
    const isObject = typeof content === 'object' && content !== null;
    options = { ...options, ...(isObject ? { [known]: content } : checkpointOption(where, known, String(content))) };
  }
  return options;
}
