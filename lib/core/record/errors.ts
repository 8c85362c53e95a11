/** What a caller can do about an error: the one thing that programs may branch on besides the code. */
export type ErrorKind = 'invalid' | 'unavailable' | 'fenced' | 'corrupt' | 'user-code' | 'internal';

const MARK = Symbol.for('tidemark.error');

/**
 * The one public error class. `code` is stable and starts with `TM_`; `advice` is the next step for the
 * person who reads it. Recognise it with {@link isTidemarkError}, not `instanceof`: bundlers double classes.
 */
export class TidemarkError extends Error {
  readonly code: string;
  readonly kind: ErrorKind;
  readonly advice: string;
  readonly [MARK] = true;

  constructor(code: string, kind: ErrorKind, message: string, advice: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = 'TidemarkError';
    this.code = code;
    this.kind = kind;
    this.advice = advice;
  }
}

/** True for a {@link TidemarkError}, also when it comes from another copy of this module. */
export function isTidemarkError(error: unknown): error is TidemarkError {
  return typeof error === 'object' && error !== null && (error as Record<symbol, unknown>)[MARK] === true;
}

/** The message of anything that was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
