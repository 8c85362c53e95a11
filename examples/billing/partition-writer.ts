import { closeSync, mkdirSync, openSync, writeSync } from 'node:fs';
import path from 'node:path';

const CHUNK_BYTES = 256 * 1024;

/** Writes lines of ASCII to the files `usage-00.ndjson`, `usage-01.ndjson` … of a directory. */
export class PartitionWriter {
  readonly #files: readonly { readonly fd: number; text: string }[];
  lines = 0;
  sizeBytes = 0;

  constructor(directory: string, partitions: number) {
    mkdirSync(directory, { recursive: true });
    this.#files = Array.from({ length: partitions }, (_, index) => ({
      fd: openSync(path.join(directory, `usage-${String(index).padStart(2, '0')}.ndjson`), 'w'),
      text: '',
    }));
  }

  write(partition: number, line: string): void {
    const file = this.#files[partition];
    if (file === undefined) throw new RangeError(`there is no partition ${partition}`);
    file.text += `${line}\n`;
    this.lines += 1;
    if (file.text.length >= CHUNK_BYTES) this.#flush(file);
  }

  close(): void {
    for (const file of this.#files) {
      this.#flush(file);
      closeSync(file.fd);
    }
  }

  #flush(file: { readonly fd: number; text: string }): void {
    const bytes = Buffer.from(file.text, 'latin1');
    for (let done = 0; done < bytes.length; ) done += writeSync(file.fd, bytes, done);
    this.sizeBytes += bytes.length;
    file.text = '';
  }
}
