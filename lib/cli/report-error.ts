import { mkdir, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { inspect } from 'node:util';
import { isTidemarkError, messageOf } from '../core/record/errors.ts';
import { type CliContext, colorsFor } from './context.ts';
import { printable } from './views/text-columns.ts';

/** How an error is shown. */
export interface ReportOptions {
  readonly verbose: boolean;
  /** Where the stack of an unexpected error is kept; the system's temporary folder if left out or not there. */
  readonly directory?: string | undefined;
}

/** Shows an error: what, why, what to do; no stack, unless asked for. */
export async function reportError(
  error: unknown,
  context: Pick<CliContext, 'stderr' | 'env'>,
  options: ReportOptions,
): Promise<void> {
  const { stderr, env } = context;
  const colors = colorsFor(stderr, env);
  const [head = '', ...rest] = errorLines(error);
  const lines = [`${colors.bold(colors.red('error'))} ${head}`, ...rest];
  if (options.verbose) lines.push(printable(inspect(error, { depth: 5 })));
  else if (!isTidemarkError(error)) lines.push(await stackPlace(error, options.directory));
  stderr.write(`${lines.join('\n')}\n`);
}

/** `CODE: message`, then `cause:` and `next:` where there is something to say. */
export function errorLines(error: unknown): string[] {
  const message = printable(messageOf(error));
  const causes = causesOf(error).filter((cause) => !message.includes(cause));
  const known = isTidemarkError(error);
  return [
    known ? `${error.code}: ${message}` : `unexpected: ${message}`,
    ...causes.map((cause) => `  cause: ${cause}`),
    ...(known && error.advice !== '' ? [`  next:  ${printable(error.advice)}`] : []),
  ];
}

function causesOf(error: unknown): string[] {
  const causes: string[] = [];
  let cause = error instanceof Error ? error.cause : undefined;
  for (; cause !== undefined && causes.length < 5; cause = cause instanceof Error ? cause.cause : undefined) {
    causes.push(printable(isTidemarkError(cause) ? `${cause.code}: ${cause.message}` : messageOf(cause)));
  }
  return causes;
}

/** Keeps the stack of an error that should not have happened, for a bug report. */
async function stackPlace(error: unknown, directory: string | undefined): Promise<string> {
  const isThere = directory !== undefined && (await stat(directory).catch(() => undefined))?.isDirectory() === true;
  const folder = isThere ? path.join(directory, 'errors') : tmpdir();
  const file = path.join(folder, `tidemark-${new Date().toISOString().replace(/[:.]/g, '-')}-${process.pid}.txt`);
  try {
    await mkdir(folder, { recursive: true });
    await writeFile(file, `${inspect(error, { depth: 5 })}\n`, { mode: 0o600 });
    return `  next:  this should not have happened: report it with ${file}`;
  } catch {
    return '  next:  this should not have happened: run it again with --verbose and report what it shows';
  }
}
