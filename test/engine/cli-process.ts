import { type ChildProcess, spawn } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { temporaryDirectory } from '../support/temporary-directory.ts';

/** What `npm run build` made. */
const PROGRAM = path.resolve(__dirname, '../../dist/bin/tidemark.js');

/** What a command has printed, and how it ended. */
export interface Outcome {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A line of `--json`. */
export type JsonLine = { readonly at: number; readonly kind: string } & Readonly<Record<string, unknown>>;

/** A folder with a pipeline and its input, in which commands are run. */
export interface Workplace {
  readonly directory: string;
  /** What the table `totals` must hold in the end: a line of `--ndjson` each. */
  readonly expected: readonly string[];
  /** Runs a command to its end. */
  cli(...args: readonly string[]): Promise<Outcome>;
  /** Starts a command; `onLine` sees its lines of JSON, and the process. */
  start(args: readonly string[], onLine: (line: JsonLine, child: ChildProcess) => void): Promise<Outcome>;
  write(file: string, text: string): Promise<void>;
  remove(): Promise<void>;
}

/** Units by customer; a duplicate in each hundred, a broken line in each file. */
const PIPELINE = `
import { readFileSync } from 'node:fs';
import { json, pipeline, files, table } from 'tidemark';
import { doubled } from './legacy.cjs';

interface Usage { id: string; customer: string; at: number; units: number }

const config: { factor: number } = JSON.parse(readFileSync(new URL('./factor.json', import.meta.url), 'utf8'));
console.log('a pipeline may print while it is loaded');

export const usage = pipeline('usage-totals', { checkpoint: { every: { milliseconds: 200 } } })
  .source('usage', files({ schema: json<Usage>(), onInvalid: 'dead-letter' }))
  .eventTime((event) => event.at, { outOfOrderness: { minutes: 1 } })
  .dedupe('once', { by: (event) => event.id, within: { days: 1 } })
  .keyBy((event) => event.customer)
  .process('sum', {
    state: {},
    onElement: (event, context) => [{ customer: context.key, id: event.id, units: doubled(event.units) * config.factor }],
  })
  .to('totals', table({ key: (row) => ({ pk: row.customer, sk: row.id }), commit: 'atomic-rows' }));
`;

const CUSTOMERS = 5;

/** A workplace whose input has `count` records in two files. */
export async function workplace(count: number): Promise<Workplace> {
  const { directory, remove } = await temporaryDirectory();
  const write = async (file: string, text: string) => {
    await mkdir(path.dirname(path.join(directory, file)), { recursive: true });
    await writeFile(path.join(directory, file), text);
  };
  const start: Workplace['start'] = (args, onLine) => runCli(directory, args, onLine);
  await write('pipeline.ts', PIPELINE);
  await write('legacy.cjs', "const path = require('path');\nexports.doubled = (n) => (path.sep === '' ? n : n * 2);\n");
  await write('factor.json', '{ "factor": 10 }');
  const rows: string[] = [];
  for (const file of [0, 1]) {
    const lines: string[] = ['{broken'];
    for (let index = 0; index < count / 2; index++) {
      const [id, customer] = [`${file}-${String(index).padStart(6, '0')}`, `c${index % CUSTOMERS}`];
      const line = JSON.stringify({ id, customer, at: 1_700_000_000_000 + index, units: index % 7 });
      lines.push(line, ...(index % 100 === 0 ? [line] : []));
      rows.push(JSON.stringify({ pk: customer, sk: id, row: { customer, id, units: (index % 7) * 20 } }));
    }
    await write(`events/e${file}.ndjson`, `${lines.join('\n')}\n`);
  }
  const cli: Workplace['cli'] = (...args) => runCli(directory, args, undefined);
  return { directory, expected: rows.sort(), cli, start, write, remove };
}

function runCli(
  cwd: string,
  args: readonly string[],
  onLine: Parameters<Workplace['start']>[1] | undefined,
): Promise<Outcome> {
  const env = { ...process.env, NO_COLOR: undefined, FORCE_COLOR: undefined };
  const child = spawn(process.execPath, [PROGRAM, ...args], { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] });
  let [stdout, stderr, rest] = ['', '', ''];
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
    if (onLine === undefined) return;
    const lines = (rest + text).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) onLine(JSON.parse(line) as JsonLine, child);
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => resolve({ code, stdout, stderr }));
  });
}
