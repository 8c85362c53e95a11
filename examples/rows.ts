import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

/** The rows of a file of JSON lines; none when it is not there. */
export function* rowsOf(file: string): Generator<unknown> {
  for (const line of textOf(file).split('\n')) if (line !== '') yield JSON.parse(line);
}

/** The committed rows of a files sink: those of its part-files. */
export function* readRows(directory: string): Generator<unknown> {
  for (const name of readdirSync(directory).sort()) {
    if (name.startsWith('part-') && name.endsWith('.ndjson')) yield* rowsOf(path.join(directory, name));
  }
}

function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return '';
    throw error;
  }
}
