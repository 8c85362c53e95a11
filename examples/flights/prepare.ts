import { createHash } from 'node:crypto';
import { existsSync, mkdirSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';
import { asyncBufferFromFile, parquetMetadataAsync, parquetReadObjects } from 'hyparquet';
import { compressors } from 'hyparquet-compressors';
import type { FlightRecord } from './fee.ts';

export interface PrepareOptions {
  /** Where the partition files go; made if it is not there. */
  readonly directory: string;
  readonly partitions: number;
  /** The first so many flights; all 3,000,000 if left out. */
  readonly rows?: number;
}

/** A row of the parquet file, with whole numbers of 64 bits. */
interface ParquetRow {
  readonly date: Date;
  readonly delay: bigint;
  readonly distance: bigint;
  readonly origin: string;
  readonly destination: string;
}

const ROWS_AT_ONCE = 100_000;

/** Writes the flights as JSON lines, those of one origin to one file. Gives the paths of the files. */
export async function prepare({ directory, partitions, rows = 3_000_000 }: PrepareOptions): Promise<string[]> {
  mkdirSync(directory, { recursive: true });
  const names = Array.from({ length: partitions }, (_, index) => `flights-${String(index).padStart(2, '0')}.ndjson`);
  const paths = names.map((name) => path.join(directory, name));
  const outputs = await Promise.all(paths.map((name) => open(name, 'w')));
  const file = await asyncBufferFromFile(parquetFile());
  const metadata = await parquetMetadataAsync(file);
  const end = Math.min(rows, Number(metadata.num_rows));
  const partitionOf = new Map<string, number>();
  for (let rowStart = 0; rowStart < end; rowStart += ROWS_AT_ONCE) {
    const rowEnd = Math.min(end, rowStart + ROWS_AT_ONCE);
    const read = (await parquetReadObjects({
      file,
      metadata,
      compressors,
      rowStart,
      rowEnd,
    })) as unknown as ParquetRow[];
    const lines: string[][] = paths.map(() => []);
    for (const row of read) {
      let partition = partitionOf.get(row.origin);
      if (partition === undefined) {
        partition = createHash('sha256').update(row.origin).digest().readUInt32BE() % partitions;
        partitionOf.set(row.origin, partition);
      }
      lines[partition]?.push(lineOf(row));
    }
    for (const [index, output] of outputs.entries()) await output.write((lines[index] ?? []).join(''));
  }
  await Promise.all(outputs.map((output) => output.close()));
  return paths;
}

/** US flights from January to June 2001, in the order of departure: a data file of the package vega-datasets. */
function parquetFile(): string {
  const folders = createRequire(import.meta.url).resolve.paths('vega-datasets') ?? [];
  const files = folders.map((folder) => path.join(folder, 'vega-datasets', 'data', 'flights-3m.parquet'));
  const found = files.find((file) => existsSync(file));
  if (found === undefined)
    throw new Error('The flights come with the package vega-datasets: npm install --save-dev vega-datasets');
  return found;
}

function lineOf({ date, delay, distance, origin, destination }: ParquetRow): string {
  const record: FlightRecord = {
    departsAt: date.toISOString(),
    delay: Number(delay),
    distance: Number(distance),
    origin,
    destination,
  };
  return `${JSON.stringify(record)}\n`;
}
