import { parseArgs } from 'node:util';
import { didYouMean } from '../../api/option-check.ts';
import type { OptionSpec } from './option-spec.ts';
import { usageError } from './usage-error.ts';

/** Options and other arguments of one command. */
export class ParsedArguments {
  readonly positionals: readonly string[];
  readonly #values: ReadonlyMap<string, readonly string[]>;

  constructor(positionals: readonly string[], values: ReadonlyMap<string, readonly string[]>) {
    this.positionals = positionals;
    this.#values = values;
  }

  /** True when the option was given. */
  has(name: string): boolean {
    return this.#values.has(name);
  }

  /** The option's value, the last one where it was given again. */
  one(name: string): string | undefined {
    return this.#values.get(name)?.at(-1);
  }

  /** All values of an option, in order. */
  all(name: string): readonly string[] {
    return this.#values.get(name) ?? [];
  }
}

/**
 * Parses the arguments of `command`.
 *
 * Throws (invalid): `TM_CLI_OPTION` for an unknown option, `TM_CLI_VALUE` for a missing or superfluous value,
 * `TM_CLI_ARGUMENT` for more than `maxPositionals` other arguments.
 */
export function parseArguments(
  command: string,
  args: readonly string[],
  specs: readonly OptionSpec[],
  maxPositionals: number,
): ParsedArguments {
  const options = Object.fromEntries(
    specs.map(({ name, value }) => [name, { type: value === undefined ? ('boolean' as const) : ('string' as const) }]),
  );
  const { tokens } = parseArgs({
    args: args.map((arg) => (arg === '-h' ? '--help' : arg)),
    options,
    strict: false,
    allowPositionals: true,
    tokens: true,
  });
  const values = new Map<string, string[]>();
  const positionals: string[] = [];
  for (const token of tokens) {
    if (token.kind === 'positional') positionals.push(token.value);
    if (token.kind !== 'option') continue;
    const spec = specs.find(({ name }) => name === token.name);
    if (spec === undefined) throw unknownOption(command, token.rawName, specs);
    values.set(spec.name, [
      ...(values.get(spec.name) ?? []),
      checkedValue(command, spec, token.value, token.inlineValue),
    ]);
  }
  if (positionals.length > maxPositionals && !values.has('help')) {
    throw usageError(
      'TM_CLI_ARGUMENT',
      `tidemark ${command} does not know what to do with '${positionals[maxPositionals]}'`,
      `${unquoted(positionals)}See tidemark ${command} --help.`,
    );
  }
  return new ParsedArguments(positionals, values);
}

function checkedValue(
  command: string,
  spec: OptionSpec,
  value: string | undefined,
  inline: boolean | undefined,
): string {
  if (spec.value === undefined) {
    if (value === undefined) return '';
    throw usageError('TM_CLI_VALUE', `--${spec.name} takes no value, got '${value}'`, `Write --${spec.name} alone.`);
  }
  // What begins with a dash was meant as the next option.
  if (value !== undefined && value !== '' && (inline === true || !value.startsWith('-'))) return value;
  throw usageError(
    'TM_CLI_VALUE',
    `--${spec.name} wants a value`,
    `Write --${spec.name} ${spec.value}. See tidemark ${command} --help.`,
  );
}

function unknownOption(command: string, given: string, specs: readonly OptionSpec[]): Error {
  const known = specs.map(({ name }) => `--${name}`);
  return usageError(
    'TM_CLI_OPTION',
    `tidemark ${command} has no option ${given}`,
    `${didYouMean(given, known)}Options: ${known.join(', ')}.`,
  );
}

/** A shell that expanded a pattern leaves many file names behind. */
function unquoted(positionals: readonly string[]): string {
  return positionals.length > 3
    ? "If a shell expanded a pattern, put quotes around it: --source 'in=data/*.ndjson'. "
    : '';
}
