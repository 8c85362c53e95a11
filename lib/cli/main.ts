import { didYouMean } from '../api/option-check.ts';
import type { CommandSpec } from './arguments/command-spec.ts';
import { commandText, overviewText } from './arguments/help-text.ts';
import { GLOBAL_OPTIONS } from './arguments/option-spec.ts';
import { type ParsedArguments, parseArguments } from './arguments/parse-arguments.ts';
import { usageError } from './arguments/usage-error.ts';
import { COMMANDS } from './commands.ts';
import type { CliContext } from './context.ts';
import { EXIT, exitCodeOf } from './exit-code.ts';
import { reportError } from './report-error.ts';

/** Runs the command line; gives the exit code ({@link EXIT}). Errors are shown, never thrown. */
export async function main(context: CliContext): Promise<number> {
  let parsed: ParsedArguments | undefined;
  try {
    const [name, ...rest] = context.args;
    if (name === undefined || name === '--help' || name === '-h' || name === 'help') return help(rest[0], context);
    if (name === '--version' || name === '-v') {
      context.stdout.write(`${context.version}\n`);
      return EXIT.done;
    }
    const command = commandOf(name);
    parsed = parseArguments(command.name, rest, [...command.options, ...GLOBAL_OPTIONS], command.maxPositionals);
    if (parsed.has('help')) return help(command.name, context);
    const action = await command.load();
    return await action(parsed, context);
  } catch (error) {
    const verbose = parsed?.has('verbose') ?? context.args.includes('--verbose');
    await reportError(error, context, { verbose, directory: parsed?.one('dir') });
    return exitCodeOf(error);
  }
}

function help(command: string | undefined, context: CliContext): number {
  const text = command === undefined ? overviewText(COMMANDS, context.version) : commandText(commandOf(command));
  context.stdout.write(text);
  return EXIT.done;
}

function commandOf(name: string): CommandSpec {
  const command = COMMANDS.find((other) => other.name === name);
  if (command !== undefined) return command;
  const names = COMMANDS.map((other) => other.name);
  const what = name.startsWith('-') ? `option ${name}` : `command '${name}'`;
  throw usageError(
    'TM_CLI_COMMAND',
    `tidemark has no ${what}`,
    `${didYouMean(name, [...names, '--help', '--version'])}Commands: ${names.join(', ')}. See tidemark --help.`,
  );
}
