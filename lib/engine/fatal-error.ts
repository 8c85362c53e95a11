import { type ErrorKind, isTidemarkError, messageOf, TidemarkError } from '../core/record/errors.ts';
import { InvariantViolation } from '../core/record/invariant.ts';

/** An error that ended a subtask, as it travels to the supervisor. */
export interface FatalError {
  readonly name: string;
  readonly message: string;
  readonly stack?: string;
  readonly tidemark?: { readonly code: string; readonly kind: ErrorKind; readonly advice: string };
}

/** An error as plain values. */
export function describeError(error: unknown): FatalError {
  const name = error instanceof Error ? error.name : 'Error';
  const stack = error instanceof Error && error.stack !== undefined ? { stack: error.stack } : {};
  const plain = { name, message: messageOf(error), ...stack };
  if (!isTidemarkError(error)) return plain;
  return { ...plain, tidemark: { code: error.code, kind: error.kind, advice: error.advice } };
}

/** The error that was described, with the stack of the process it comes from. */
export function errorOf(fatal: FatalError): Error {
  const error = restored(fatal);
  if (fatal.stack !== undefined) error.stack = fatal.stack;
  return error;
}

function restored({ name, message, tidemark }: FatalError): Error {
  if (tidemark) return new TidemarkError(tidemark.code, tidemark.kind, message, tidemark.advice);
  if (name === 'InvariantViolation') return new InvariantViolation(message);
  const error = new Error(message);
  error.name = name;
  return error;
}
