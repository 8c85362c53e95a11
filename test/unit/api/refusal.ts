import { isTidemarkError, type TidemarkError } from '../../../lib/core/record/errors.ts';

/** The error that `run` throws; it must be one of ours, and say what to do. */
export function refusal(run: () => unknown): TidemarkError {
  try {
    run();
  } catch (error) {
    if (!isTidemarkError(error)) throw error;
    expect(error.advice).not.toBe('');
    expect(error.kind).toBe('invalid');
    return error;
  }
  throw new Error('nothing was refused');
}
