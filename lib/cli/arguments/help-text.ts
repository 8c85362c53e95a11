import { columns, wrap } from '../views/text-columns.ts';
import type { CommandSpec } from './command-spec.ts';
import { GLOBAL_OPTIONS, type OptionSpec } from './option-spec.ts';

const WIDTH = 100;

const EXIT_CODES = [
  ['0', 'finished, or stopped as asked'],
  ['1', 'the run failed; the next run goes on from the same state'],
  ['2', 'wrong usage, or an invalid pipeline, binding or option'],
  ['3', 'another process uses the directory, or has taken it over'],
] as const;

/** The text of `tidemark --help`. */
export function overviewText(commands: readonly CommandSpec[], version: string): string {
  return lines([
    `tidemark ${version}: exactly-once stream processing`,
    '',
    'usage: tidemark <command> [options]',
    '',
    ...indented(columns(commands.map(({ name, summary }) => [name, summary]))),
    '',
    'tidemark <command> --help shows options and examples; tidemark --version the version.',
    '',
    ...exitCodes(),
  ]);
}

/** The text of `tidemark <command> --help`. */
export function commandText(command: CommandSpec): string {
  return lines([
    `usage: tidemark ${command.name} ${command.usage}`,
    '',
    ...command.about.flatMap((paragraph) => [...wrap(paragraph, WIDTH), '']),
    'options',
    ...optionLines([...command.options, ...GLOBAL_OPTIONS]),
    '',
    'examples',
    ...indented(command.examples),
    '',
    ...exitCodes(),
  ]);
}

function optionLines(options: readonly OptionSpec[]): string[] {
  const heads = options.map(({ name, value }) => `--${name}${value === undefined ? '' : ` ${value}`}`);
  const width = Math.max(...heads.map((head) => head.length)) + 2;
  return options.flatMap(({ help, repeatable }, at) => {
    const text = wrap(repeatable ? `${help} Repeatable.` : help, WIDTH - width - 2);
    return text.map((line, index) => `  ${(index === 0 ? (heads[at] ?? '') : '').padEnd(width)}${line}`);
  });
}

const exitCodes = (): string[] => ['exit codes', ...indented(columns(EXIT_CODES))];
const indented = (text: readonly string[]): string[] => text.map((line) => `  ${line}`);
const lines = (text: readonly string[]): string => `${text.join('\n')}\n`;
