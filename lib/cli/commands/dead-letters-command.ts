import { readDeadLetters, type StoredDeadLetter } from '../../runtime/dead-letter-sink.ts';
import type { CommandAction } from '../arguments/command-spec.ts';
import { numberOption } from '../arguments/number-argument.ts';
import { EXIT } from '../exit-code.ts';
import { jsonText } from '../views/json-text.ts';
import { plural } from '../views/quantity-text.ts';
import { preview, printable } from '../views/text-columns.ts';
import { jobDirectory } from './job-directory.ts';
import { withReader } from './open-reader.ts';
import { writeItems, writeJsonArray } from './write-items.ts';

const SHOWN_LETTERS = 100;
const RECORD_WIDTH = 160;

/** `tidemark dead-letters`: what was refused or given up, as committed. */
export const deadLettersCommand: CommandAction = async (args, context) => {
  const limit = numberOption(args, 'limit', 1);
  const directory = await jobDirectory(args, context.cwd);
  return withReader(directory, async ({ ports }) => {
    const letters = readDeadLetters(ports.items);
    if (args.has('json')) {
      await writeJsonArray(context, letters, limit ?? Number.POSITIVE_INFINITY);
      return EXIT.done;
    }
    const count = await writeItems(context, letters, limit ?? SHOWN_LETTERS, letterText);
    if (count === 0) context.stderr.write('There are no committed dead letters.\n');
    return EXIT.done;
  });
};

/** A letter in two lines: where and why, and the beginning of the record. */
export function letterText(letter: StoredDeadLetter): string {
  const { operator, code, message, count, record } = letter;
  const many = count === 1 ? '' : `  (${plural(count, 'record')})`;
  const head = [operator, code, placeOf(letter), message].filter((part) => part !== '').map(printable);
  return `${head.join('  ')}${many}\n    ${preview(typeof record === 'string' ? record : jsonText(record), RECORD_WIDTH)}\n`;
}

/** `split:position`, or the first and last position of several records. */
function placeOf({ split, position, lastPosition }: StoredDeadLetter): string {
  if (split === undefined) return '';
  const last = lastPosition === undefined || lastPosition === position ? '' : `-${lastPosition}`;
  return `${split}:${position ?? '?'}${last}`;
}
