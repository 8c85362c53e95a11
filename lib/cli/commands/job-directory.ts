import { readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import type { OptionSpec } from '../arguments/option-spec.ts';
import type { ParsedArguments } from '../arguments/parse-arguments.ts';
import { usageError } from '../arguments/usage-error.ts';

/** `--dir` of the commands that read. */
export const DIRECTORY_OPTION: OptionSpec = {
  name: 'dir',
  value: 'DIR',
  help: 'Directory of the run. Default: the only one in .tidemark.',
};

/**
 * The directory that `--dir` names, else the only one in `.tidemark`.
 *
 * Throws `TM_CLI_DIRECTORY` (invalid).
 */
export async function jobDirectory(args: ParsedArguments, cwd: string): Promise<string> {
  const given = args.one('dir');
  if (given !== undefined) return path.resolve(cwd, given);
  const home = path.resolve(cwd, '.tidemark');
  const names = await readdir(home).catch(() => []);
  const stores = await Promise.all(
    names
      .sort()
      .map(async (name) => ((await stat(path.join(home, name, 'store')).catch(() => undefined)) ? [name] : [])),
  );
  const found = stores.flat();
  const [only] = found;
  if (only !== undefined && found.length === 1) return path.join(home, only);
  throw usageError(
    'TM_CLI_DIRECTORY',
    only === undefined ? `there is no run in ${home}` : `there are several runs in ${home}: ${found.join(', ')}`,
    `Say which one: --dir ${path.join('.tidemark', only ?? '<pipeline name>')}.`,
  );
}
