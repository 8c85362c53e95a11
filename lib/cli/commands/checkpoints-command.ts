import { didYouMean } from '../../api/option-check.ts';
import type { CheckpointItem } from '../../core/checkpoint/checkpoint-item.ts';
import { itemKeys } from '../../ports/names.ts';
import { listAcks, listCheckpoints } from '../../runtime/job-items.ts';
import type { CommandAction } from '../arguments/command-spec.ts';
import { wholeNumber } from '../arguments/number-argument.ts';
import { usageError } from '../arguments/usage-error.ts';
import { EXIT } from '../exit-code.ts';
import { acknowledgementLines, channelLines, checkpointRows, headLines } from '../views/checkpoint-lines.ts';
import { jsonText } from '../views/json-text.ts';
import { jobDirectory } from './job-directory.ts';
import { type JobReader, withReader } from './open-reader.ts';

/** `tidemark checkpoints`: the list of them, or all of one. */
export const checkpointsCommand: CommandAction = async (args, context) => {
  const [action = 'list', id, superfluous] = args.positionals;
  const directory = await jobDirectory(args, context.cwd);
  if (action !== 'list' && action !== 'show') {
    throw usageError(
      'TM_CLI_ARGUMENT',
      `tidemark checkpoints does not know '${action}'`,
      `${didYouMean(action, ['list', 'show'])}Write list, or show ID.`,
    );
  }
  if (action === 'list' ? id !== undefined : superfluous !== undefined) {
    throw usageError(
      'TM_CLI_ARGUMENT',
      `tidemark checkpoints ${action} does not know what to do with '${superfluous ?? id}'`,
      'Write list, or show ID.',
    );
  }
  if (action === 'show' && id === undefined) {
    throw usageError(
      'TM_CLI_ARGUMENT',
      'no checkpoint is given',
      'Write tidemark checkpoints show ID, with an id of tidemark checkpoints list.',
    );
  }
  return withReader(directory, async (reader) => {
    const text =
      id === undefined
        ? await listText(reader, args.has('json'))
        : await showText(reader, wholeNumber('ID', id, 1), args.has('json'));
    context.stdout.write(text);
    return EXIT.done;
  });
};

async function listText({ ports, job }: JobReader, json: boolean): Promise<string> {
  const checkpoints = (await listCheckpoints(ports)).map(({ value }) => value);
  if (json) return `${jsonText({ job, checkpoints })}\n`;
  if (checkpoints.length === 0) return 'There are no checkpoints yet.\n';
  return lines(checkpointRows(checkpoints, Date.now()));
}

async function showText({ ports }: JobReader, id: number, json: boolean): Promise<string> {
  const checkpoint = (await ports.items.read(itemKeys.checkpoint(id)))?.value as CheckpointItem | undefined;
  if (checkpoint === undefined) {
    throw usageError(
      'TM_CLI_CHECKPOINT_UNKNOWN',
      `there is no checkpoint ${id}`,
      'List them with tidemark checkpoints.',
    );
  }
  const acknowledgements = await listAcks(ports, id);
  if (json) return `${jsonText({ checkpoint, acknowledgements })}\n`;
  return lines([
    ...headLines(checkpoint, acknowledgements.length, Date.now()),
    ...acknowledgementLines(checkpoint, acknowledgements),
    ...channelLines(checkpoint),
  ]);
}

const lines = (text: readonly string[]): string => `${text.join('\n')}\n`;
