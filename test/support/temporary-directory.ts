import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

/** A new folder, and a function that removes it with all that is in it. */
export async function temporaryDirectory(): Promise<{ readonly directory: string; remove(): Promise<void> }> {
  const directory = await mkdtemp(path.join(tmpdir(), 'tidemark-'));
  return { directory, remove: () => rm(directory, { recursive: true, force: true }) };
}
