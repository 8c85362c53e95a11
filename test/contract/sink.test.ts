import { mkdtempSync, rmSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { filesSink } from '../../lib/connectors/files/files-sink.ts';
import { readTable } from '../../lib/connectors/table/table-reader.ts';
import { tableSink } from '../../lib/connectors/table/table-sink.ts';
import { sinkContract } from './sink.contract.ts';

const root = mkdtempSync(path.join(tmpdir(), 'tidemark-sink-'));
afterAll(() => rmSync(root, { recursive: true }));

let places = 0;
sinkContract('filesSink', async () => {
  places += 1;
  const directory = path.join(root, `place-${places}`, 'out');
  return {
    binding: filesSink(directory),
    async visible() {
      const parts = (await readdir(directory)).filter((name) => name.startsWith('part-'));
      const texts = await Promise.all(parts.map((part) => readFile(path.join(directory, part), 'utf8')));
      return texts.flatMap((text) =>
        text
          .split('\n')
          .filter(Boolean)
          .map((line) => JSON.parse(line) as unknown),
      );
    },
    staged: async () => (await readdir(path.join(directory, '.staged'))).length,
  };
});

sinkContract('tableSink', async () => ({
  binding: tableSink({ table: 'invoices', key: (row) => ({ pk: (row as { id: string }).id }) }),
  visible: async (items) => rowsOf(readTable(items, 'invoices')),
  staged: async () => 0,
}));

async function rowsOf(table: AsyncIterable<{ readonly row: unknown }>): Promise<unknown[]> {
  const rows: unknown[] = [];
  for await (const { row } of table) rows.push(row);
  return rows;
}
