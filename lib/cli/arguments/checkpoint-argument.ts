import { didYouMean } from '../../api/option-check.ts';
import type { CheckpointOptions } from '../../api/options.ts';
import { durationArgument } from './duration-argument.ts';
import { wholeNumber } from './number-argument.ts';
import { usageError } from './usage-error.ts';

/** How the text of each option is read; `CheckpointOptions` says what they mean, `resolveCheckpoint` what fits together. */
const READERS = {
  every: durationArgument,
  mode: choice('exactly-once', 'at-least-once'),
  timeout: durationArgument,
  minPause: durationArgument,
  maxConcurrent: (name, text) => wholeNumber(name, text, 1),
  tolerableFailures: (name, text) => wholeNumber(name, text, 0),
  unaligned: (name, text) => choice('true', 'false')(name, text) === 'true',
  alignedTimeout: (name, text) => (text === 'never' ? 'never' : durationArgument(name, text)),
  retain: (name, text) => wholeNumber(name, text, 1),
  onCancel: choice('retain', 'delete'),
} as const satisfies Record<keyof CheckpointOptions, (name: string, text: string) => unknown>;

/** Names of the checkpoint options. */
export const CHECKPOINT_NAMES = Object.keys(READERS) as readonly (keyof CheckpointOptions)[];

function choice(...allowed: readonly string[]): (name: string, text: string) => string {
  return (name, text) => {
    if (allowed.includes(text)) return text;
    throw usageError(
      'TM_CLI_VALUE',
      `${name} is '${text}'`,
      `${didYouMean(text, allowed)}Write one of: ${allowed.join(', ')}.`,
    );
  };
}

/** The name of a checkpoint option. Throws `TM_CLI_CHECKPOINT` (invalid). */
export function checkpointName(where: string, name: string): keyof CheckpointOptions {
  const known = CHECKPOINT_NAMES.find((other) => other === name);
  if (known !== undefined) return known;
  throw usageError(
    'TM_CLI_CHECKPOINT',
    `${where} has no option '${name}'`,
    `${didYouMean(name, CHECKPOINT_NAMES)}Options: ${CHECKPOINT_NAMES.join(', ')}.`,
  );
}

/** One checkpoint option from its text. `where` names it in errors. Throws `TM_CLI_VALUE` (invalid). */
export function checkpointOption(where: string, name: keyof CheckpointOptions, text: string): CheckpointOptions {
  return { [name]: READERS[name](`${where} ${name}`, text) };
}

/** `every=5s`, or several with commas between. Throws `TM_CLI_CHECKPOINT`, `TM_CLI_VALUE` (invalid). */
export function checkpointArguments(values: readonly string[]): CheckpointOptions {
  let options: CheckpointOptions = {};
  for (const pair of values.flatMap((value) => value.split(','))) {
    const at = pair.indexOf('=');
    if (at < 1) {
      throw usageError(
        'TM_CLI_CHECKPOINT',
        `--checkpoint wants key=value, got '${pair}'`,
        'Write for instance --checkpoint every=5s --checkpoint unaligned=true.',
      );
    }
    const name = checkpointName('--checkpoint', pair.slice(0, at).trim());
    options = { ...options, ...checkpointOption('--checkpoint', name, pair.slice(at + 1).trim()) };
  }
  return options;
}
