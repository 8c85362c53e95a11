import type { ParsedArguments } from './parse-arguments.ts';
import { usageError } from './usage-error.ts';

/** A whole number of at least `least`. Throws `TM_CLI_VALUE` (invalid). */
export function wholeNumber(name: string, text: string, least: number): number {
  const number = Number(text);
  if (/^[0-9]+$/.test(text) && Number.isSafeInteger(number) && number >= least) return number;
  throw usageError(
    'TM_CLI_VALUE',
    `${name} is '${text}'`,
    `Write a whole number, at least ${least}: ${name} ${Math.max(least, 4)}.`,
  );
}

/** The value of a numeric option, undefined when it was not given. Throws `TM_CLI_VALUE` (invalid). */
export function numberOption(args: ParsedArguments, name: string, least: number): number | undefined {
  const text = args.one(name);
  return text === undefined ? undefined : wholeNumber(`--${name}`, text, least);
}
