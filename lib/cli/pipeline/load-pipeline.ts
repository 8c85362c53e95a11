import { randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, rename, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { isTidemarkError, messageOf, TidemarkError } from '../../core/record/errors.ts';
import { usageError } from '../arguments/usage-error.ts';
import type { CliContext } from '../context.ts';
import { type Bundle, bundleModule } from './bundle.ts';
import { type PickedDefinition, pickDefinition } from './pick-definition.ts';

/** A pipeline that is compiled and loaded into this process. */
export interface LoadedPipeline extends PickedDefinition {
  readonly bundle: Bundle;
}

/**
 * Compiles the user's module and takes the definition from it.
 *
 * Throws (invalid): `TM_PIPELINE_FILE` when there is no such file, `TM_PIPELINE_COMPILE`, `TM_PIPELINE_LOAD` when it
 * throws while it is loaded, `TM_PIPELINE_EXPORT`, and what the definition itself refuses.
 */
export async function loadPipeline(
  file: string,
  exportName: string | undefined,
  context: Pick<CliContext, 'libraryFile' | 'importModule'>,
): Promise<LoadedPipeline> {
  const found = await stat(file).catch(() => undefined);
  if (!found?.isFile()) {
    throw usageError(
      'TM_PIPELINE_FILE',
      found === undefined ? `there is no file ${file}` : `${file} is not a file`,
      'Name the TypeScript or JavaScript module that exports the pipeline.',
    );
  }
  const bundle = await bundleModule(file, context.libraryFile);
  // Where it is kept depends on the pipeline's name, which is not known before it is loaded.
  const folder = await mkdtemp(path.join(tmpdir(), 'tidemark-'));
  try {
    const place = path.join(folder, `${path.basename(file, path.extname(file))}.mjs`);
    await writeFile(place, bundle.text);
    const exports = await context.importModule(place).catch((error: unknown) => {
      throw loadError(file, error);
    });
    return { ...pickDefinition(file, exports, exportName), bundle };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Puts the bundle where worker processes load it, `<directory>/bundle/<hash>.mjs`; gives the path. */
export async function keepBundle(bundle: Bundle, directory: string): Promise<string> {
  const folder = path.join(directory, 'bundle');
  const place = path.join(folder, `${bundle.hash}.mjs`);
  const draft = `${place}.${randomBytes(6).toString('hex')}`;
  try {
    await mkdir(folder, { recursive: true });
    await writeFile(draft, bundle.text);
    await rename(draft, place);
  } catch (error) {
    await rm(draft, { force: true }).catch(() => undefined);
    throw new TidemarkError(
      'TM_CLI_DIRECTORY',
      'invalid',
      `${folder} can not be written: ${messageOf(error)}`,
      'Give a directory that this user may write, with space left on its disk: --dir DIR.',
      error,
    );
  }
  return place;
}

/** The definition's own errors say enough; others get the line at which the module failed. */
function loadError(file: string, error: unknown): Error {
  if (isTidemarkError(error)) return error;
  return usageError(
    'TM_PIPELINE_LOAD',
    `${path.basename(file)} throws while it is loaded: ${messageOf(error)}${placeOf(error)}`,
    'A pipeline module only defines: correct that line, or move what runs out of the module.',
  );
}

/** ` (at file:line:column)` of the first line of the stack that is in the user's files. */
function placeOf(error: unknown): string {
  const frames = error instanceof Error ? (error.stack ?? '').split('\n') : [];
  const own = frames.find(
    (frame) => /^\s+at /.test(frame) && !frame.includes('node:') && !frame.includes('node_modules'),
  );
  const [, place] = /\(?((?:file:\/\/)?\/[^()]+:\d+:\d+)\)?$/.exec(own ?? '') ?? [];
  return place === undefined ? '' : `\n  at ${place.replace(/^file:\/\//, '')}`;
}
