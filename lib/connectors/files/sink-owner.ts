import { randomUUID } from 'node:crypto';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { TidemarkError } from '../../core/record/errors.ts';
import type { ControlItems } from '../../ports/control-items.ts';

const JOB_ID = 'job-id';

/**
 * Makes a sink's directory this job's own. Names of parts hold pipeline, subtask and version, not the job: two jobs in
 * one directory would overwrite or double each other's rows.
 *
 * Throws `TM_SINK_FOREIGN` (invalid) when it belongs to another job, or holds parts of nobody known.
 */
export async function claimDirectory(directory: string, items: ControlItems): Promise<void> {
  const job = await jobId(items);
  const file = path.join(directory, '.tidemark-owner');
  const parts = (await readdir(directory)).filter((name) => name.startsWith('part-'));
  for (let tries = 0; ; tries++) {
    const owner = await readFile(file, 'utf8').catch(() => undefined);
    if (owner === job) return;
    if (owner === undefined && parts.length > 0) throw foreign(directory, 'holds parts that this job did not write');
    // Empty: its writer is between making and filling it, or died there.
    if (owner !== undefined && owner !== '') throw foreign(directory, 'belongs to another job');
    if (owner === '' && tries < 3) {
      await wait(20);
      continue;
    }
    await writeFile(file, job, { flag: owner === undefined ? 'wx' : 'w', flush: true }).catch((error: unknown) => {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    });
  }
}

/** A name for the job that lives as long as its state. */
async function jobId(items: ControlItems): Promise<string> {
  for (;;) {
    const item = await items.read(JOB_ID);
    if (item) return item.value as string;
    await items.write([{ key: JOB_ID, ifRevision: 0, value: randomUUID() }]);
  }
}

function foreign(directory: string, why: string): TidemarkError {
  return new TidemarkError(
    'TM_SINK_FOREIGN',
    'invalid',
    `The output directory ${directory} ${why}.`,
    'Give each job an output directory of its own. To start over, use a new --dir and a new, empty output directory.',
  );
}
