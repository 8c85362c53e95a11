import type { CliContext } from '../context.ts';
import type { OptionSpec } from './option-spec.ts';
import type { ParsedArguments } from './parse-arguments.ts';

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
