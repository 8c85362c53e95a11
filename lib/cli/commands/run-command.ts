import type { CommandAction } from '../arguments/command-spec.ts';
import { runArguments } from '../arguments/run-arguments.ts';
import { runPipeline } from './run-pipeline.ts';

/** `tidemark run`. */
export const runCommand: CommandAction = async (args, context) => {
  const asked = await runArguments(args, args.positionals[0], context.cwd);
  return runPipeline(asked, { verbose: args.has('verbose') }, context);
};
