import { execFileSync } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { embeddedControlItems } from '../../lib/adapters/embedded/control-items.ts';
import { openStoreReadOnly } from '../../lib/adapters/embedded/store.ts';
import { readTable } from '../../lib/connectors/table/table-reader.ts';
import type { RunBindings, RunHandle, RunOptions } from '../../lib/engine/index.ts';
import { startRun } from '../../lib/engine/start-run.ts';
import { readDeadLetters } from '../../lib/runtime/dead-letter-sink.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import { orders } from './fixtures/orders.ts';
import { type Expected, writeOrders } from './orders-input.ts';

const ROOT = path.resolve(__dirname, '../..');
/** Worker processes run what `npm run build` made. */
export const WORKER_ENTRY = path.join(ROOT, 'dist/lib/engine/worker-main.js');
export const ENGINE = path.join(ROOT, 'dist/lib/engine/index.js');

/** Small reads, so that a small input takes many entries. */
export const SLOW = { readBytes: 4096, pollMs: 20 } as const;

/** A folder with input for the pipeline `orders`, its output and its state. */
export interface Place {
  readonly input: string;
  readonly output: string;
  readonly state: string;
  readonly bindings: RunBindings;
  readonly expected: Expected;
  remove(): Promise<void>;
}

export async function placeWithOrders(count: number): Promise<Place> {
  const { directory, remove } = await temporaryDirectory();
  const [input, output, state] = ['input', 'output', 'state'].map((name) => path.join(directory, name)) as [
    string,
    string,
    string,
  ];
  return {
    input,
    output,
    state,
    bindings: bindingsIn(input, output),
    expected: await writeOrders(input, count),
    remove,
  };
}

function bindingsIn(input: string, output: string): RunBindings {
  return {
    sources: { orders: { kind: 'files', patterns: [path.join(input, '*.ndjson')] } },
    sinks: { rows: { kind: 'files', directory: output }, totals: { kind: 'table' } },
  };
}

/** Runs `orders` from the sources of this repository; workers run the built ones. */
export function runOrders(place: Place, options: Partial<RunOptions>): Promise<RunHandle> {
  const whole = { directory: place.state, workers: 0, parallelism: 2, onOutput: () => undefined, ...options };
  return startRun(orders, place.bindings, whole, WORKER_ENTRY);
}

/** Bundles a pipeline module of the fixtures, as the command line does, and gives the file. */
export function bundled(fixture: string, place: Place): string {
  const file = path.join(path.dirname(place.state), `${fixture}.mjs`);
  const source = path.join(__dirname, 'fixtures', `${fixture}.ts`);
  const esbuild = path.join(ROOT, 'node_modules/esbuild/bin/esbuild');
  execFileSync(esbuild, [
    source,
    '--bundle',
    '--platform=node',
    '--format=esm',
    '--log-level=error',
    `--outfile=${file}`,
  ]);
  return file;
}

/** What a run has made visible, as `writeOrders` expects it. */
export async function outcomeOf(place: Place): Promise<{ rows: string[]; table: string[]; letters: string[] }> {
  const store = await openStoreReadOnly(place.state);
  try {
    const items = embeddedControlItems(store);
    const table: string[] = [];
    for await (const { row } of readTable(items, 'totals')) table.push(JSON.stringify(row));
    const letters: string[] = [];
    for await (const { code } of readDeadLetters(items)) letters.push(code);
    return { rows: (await linesIn(place.output)).sort(), table: table.sort(), letters: letters.sort() };
  } finally {
    await store.close();
  }
}

async function linesIn(directory: string): Promise<string[]> {
  const names = (await readdir(directory)).filter((name) => name.endsWith('.ndjson'));
  const texts = await Promise.all(names.map((name) => readFile(path.join(directory, name), 'utf8')));
  return texts.flatMap((text) => text.split('\n').filter((line) => line !== ''));
}

/** What must have come out, in the terms of {@link outcomeOf}. */
export function rightFor({ expected }: Place): {
  rows: readonly string[];
  table: readonly string[];
  letters: readonly string[];
} {
  return { rows: expected.rows, table: expected.rows, letters: expected.letters };
}
