import type { RunOptions } from '../../engine/index.ts';
import type { CommandAction } from '../arguments/command-spec.ts';
import { runArguments } from '../arguments/run-arguments.ts';
import { usageError } from '../arguments/usage-error.ts';
import { runPipeline } from './run-pipeline.ts';

/** `tidemark restore`: a run that goes back first. */
export const restoreCommand: CommandAction = async (args, context) => {
  const [wanted, pipeline] = args.positionals;
  const checkpoint = checkpointOf(wanted);
  const asked = await runArguments(args, pipeline, context.cwd);
  const allowOlder = args.has('allow-older');
  const restore: NonNullable<RunOptions['restore']> = {
    allowOlder,
    ...(checkpoint === undefined ? {} : { checkpoint }),
  };
  const note = `${meaning(checkpoint)}${allowOlder ? ' Output committed since then stays and is produced again; sinks with keys write the same rows.' : ''}`;
  return runPipeline(asked, { restore, note, verbose: args.has('verbose') }, context);
};

/** Undefined for the latest one. */
function checkpointOf(wanted: string | undefined): number | undefined {
  if (wanted === 'latest') return undefined;
  if (wanted !== undefined && /^[0-9]+$/.test(wanted)) return Number(wanted);
  throw usageError(
    'TM_CLI_ARGUMENT',
    wanted === undefined ? 'no checkpoint is given' : `'${wanted}' is no checkpoint`,
    "Write an id of tidemark checkpoints, 0 for the beginning, or latest: tidemark restore latest pipeline.ts --source 'in=events/*.ndjson' --sink out=out/",
  );
}

function meaning(checkpoint: number | undefined): string {
  const where =
    checkpoint === undefined
      ? 'the latest completed checkpoint'
      : checkpoint === 0
        ? 'the beginning'
        : `checkpoint ${checkpoint}`;
  return `Restoring ${where}: a new attempt with its state and its positions in the input; newer checkpoints are abandoned.`;
}
