import { embeddedPorts } from '../../adapters/embedded/ports.ts';
import { openStoreReadOnly } from '../../adapters/embedded/store.ts';
import type { JobItem } from '../../core/checkpoint/checkpoint-item.ts';
import { itemKeys } from '../../ports/names.ts';
import type { Ports } from '../../ports/ports.ts';
import { usageError } from '../arguments/usage-error.ts';

/** A job's directory that is open for reading, also while the job runs. */
export interface JobReader {
  readonly directory: string;
  readonly ports: Ports;
  readonly job: JobItem;
}

/**
 * Opens a job's directory for reading and closes it after `use`.
 *
 * Throws `TM_STORE_*`, and `TM_CLI_DIRECTORY` (invalid) when no job has begun in it.
 */
export async function withReader<T>(directory: string, use: (reader: JobReader) => Promise<T>): Promise<T> {
  const store = await openStoreReadOnly(directory);
  try {
    const ports = embeddedPorts(store, { emit: () => undefined });
    const job = (await ports.items.read(itemKeys.job))?.value as JobItem | undefined;
    if (job === undefined) {
      throw usageError(
        'TM_CLI_DIRECTORY',
        `no run has begun in ${store.directory} yet`,
        'Give the directory of a run with --dir; its default is .tidemark/<pipeline name>.',
      );
    }
    return await use({ directory: store.directory, ports, job });
  } finally {
    await store.close();
  }
}
