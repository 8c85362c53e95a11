import { TidemarkError } from '../../core/record/errors.ts';

/** An error of the person who typed the command: `invalid`, exit code 2. */
export function usageError(code: string, message: string, advice: string, cause?: unknown): TidemarkError {
  return new TidemarkError(code, 'invalid', message, advice, cause);
}
