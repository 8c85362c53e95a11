import { isTidemarkError } from '../core/record/errors.ts';

/** Exit codes of every command. */
export const EXIT = {
  /** Finished, or stopped as asked. */
  done: 0,
  /** The run failed, or something went wrong that is nobody's input. */
  failed: 1,
  /** Wrong usage, or an invalid pipeline, binding or option. */
  usage: 2,
  /** Another process uses the directory, or has taken it over. */
  taken: 3,
} as const;

/** The exit code for an error that ended a command. */
export function exitCodeOf(error: unknown): number {
  if (!isTidemarkError(error)) return EXIT.failed;
  if (error.kind === 'fenced' || error.code === 'TM_DIRECTORY_IN_USE') return EXIT.taken;
  return error.kind === 'invalid' ? EXIT.usage : EXIT.failed;
}
