import type { CliContext } from '../context.ts';
import type { ParsedArguments } from './parse-arguments.ts';

/** One option of a command. */
export interface OptionSpec {
  /** Without the dashes. */
  readonly name: string;
  /** What stands for the value in the help (`DIR`); a flag has none. */
  readonly value?: string;
  /** May be given more than once. */
  readonly repeatable?: true;
  readonly help: string;
}

/** Runs a command; gives the exit code. */
export type CommandAction = (args: ParsedArguments, context: CliContext) => Promise<number>;

/** What a command is called, takes and does. */
export interface CommandSpec {
  readonly name: string;
  /** One line for the list of commands. */
  readonly summary: string;
  /** What follows the name, `<pipeline.ts> [options]`. */
  readonly usage: string;
  /** Paragraphs below the usage. */
  readonly about: readonly string[];
  readonly options: readonly OptionSpec[];
  readonly examples: readonly string[];
  /** Most arguments that are not options. */
  readonly maxPositionals: number;
  /** Loads the code when the command is asked for: `--help` loads no store. */
  readonly load: () => Promise<CommandAction>;
}

/** Options of every command. */
export const GLOBAL_OPTIONS: readonly OptionSpec[] = [
  { name: 'verbose', help: 'Show the stack of unexpected errors.' },
  { name: 'help', help: 'Show this text.' },
];
