import { execFile } from 'node:child_process';
import { readdirSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { readRows, rowsOf } from '../../rows.ts';
import type { AuditInput } from '../audit.ts';
import type { DemoOptions } from './options.ts';

// Beside this file, compiled like it: from the sources the child needs the same loader as we have.
const ending = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
const here = (file: string) => fileURLToPath(new URL(`${file}.${ending}`, import.meta.url));

/** Arguments to Node for `tidemark`. */
export function tidemark(...args: readonly string[]): string[] {
  return [...process.execArgv, here('../../../bin/tidemark'), ...args];
}

/** The directory of a demo: where its job reads and writes. */
export class Job {
  readonly directory: string;

  constructor(directory: string) {
    this.directory = directory;
  }

  get input(): string {
    return path.join(this.directory, 'input');
  }

  get state(): string {
    return path.join(this.directory, 'state');
  }

  get #archive(): string {
    return path.join(this.directory, 'archive');
  }

  get #notices(): string {
    return path.join(this.directory, 'notices.ndjson');
  }

  /** What is started at first, and in the same words after every crash. */
  command({ workers, parallelism }: Pick<DemoOptions, 'workers' | 'parallelism'>): string[] {
    return tidemark(
      ...['run', here('../pipeline'), '--json', '--dir', this.state],
      ...['--source', `usage=${path.join(this.input, '*.ndjson')}`],
      ...['--sink', `archive=${this.#archive}`, '--sink', 'ledger=table', '--effect', `notices=${this.#notices}`],
      ...['--workers', String(workers), '--parallelism', String(parallelism)],
    );
  }

  /** Everything that the job has read and written, for the audit. */
  async auditInput(): Promise<AuditInput> {
    const ledger = await output('table', 'ledger', '--ndjson', '--dir', this.state);
    const deadLetters = await output('dead-letters', '--json', '--dir', this.state);
    return {
      partitions: readdirSync(this.input).map((name) => path.join(this.input, name)),
      archive: readRows(this.#archive),
      ledger: tableRows(ledger),
      notices: rowsOf(this.#notices),
      deadLetters: JSON.parse(deadLetters) as unknown[],
    };
  }
}

function* tableRows(ndjson: string): Generator<unknown> {
  for (const line of ndjson.split('\n')) if (line !== '') yield (JSON.parse(line) as { readonly row: unknown }).row;
}

async function output(...args: readonly string[]): Promise<string> {
  const { stdout } = await promisify(execFile)(process.execPath, tidemark(...args), { maxBuffer: 1 << 30 });
  return stdout;
}
