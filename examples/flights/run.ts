import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { run } from '../../lib/engine/index.ts';
import { readRows } from '../rows.ts';
import { auditFlights, type FlightsAudit, feesOf } from './audit.ts';
import flights from './pipeline.ts';
import { prepare } from './prepare.ts';

const HELP = `Landing fees of three million flights, calculated at parallelism 1, 2 and 3, each compared with a plain loop.

  npm run example:flights -- [--rows N] [--partitions N] [--keep]

  --rows N        The first N flights. Default: 3000000.
  --partitions N  Files into which they are divided, by origin. Default: 6.
  --keep          Leaves the files where they are.
`;

interface Line {
  readonly how: string;
  readonly seconds: number;
  readonly audit: FlightsAudit | undefined;
}

const { values } = parseArgs({
  options: {
    rows: { type: 'string', default: '3000000' },
    partitions: { type: 'string', default: '6' },
    keep: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});

/** The files of input in `directory`, run into a folder of their own with as many worker processes as subtasks. */
async function runAt(parallelism: number, directory: string): Promise<string> {
  const place = path.join(directory, `parallelism-${parallelism}`);
  const output = path.join(place, 'fees');
  // Beside this file, compiled like it.
  const file = fileURLToPath(new URL(import.meta.url.replace(/run(\.[jt]s)$/, 'pipeline$1')));
  const handle = await run(
    flights,
    {
      sources: { flights: { kind: 'files', patterns: [path.join(directory, 'input', '*.ndjson')] } },
      sinks: { fees: { kind: 'files', directory: output } },
    },
    { directory: path.join(place, 'state'), parallelism, workers: parallelism, module: { file } },
  );
  const { end, error } = await handle.done;
  if (end !== 'finished') throw error ?? new Error(`the run ${end}`);
  return output;
}

async function timed<T>(work: () => Promise<T> | T): Promise<{ readonly seconds: number; readonly result: T }> {
  const began = performance.now();
  const result = await work();
  return { seconds: (performance.now() - began) / 1000, result };
}

function print(lines: readonly Line[], flightCount: number): void {
  const columns = ['', 'seconds', 'flights/s', 'rows', 'lost', 'duplicated', 'wrong', ''];
  const cells = lines.map(({ how, seconds, audit }) => {
    const speed = Math.round(flightCount / seconds).toLocaleString('en');
    const counts = audit ? [audit.rows, audit.lost, audit.duplicated, audit.wrong].map(String) : ['', '', '', ''];
    return [how, seconds.toFixed(1), speed, ...counts, audit ? (audit.ok ? 'exact' : 'NOT EXACT') : ''];
  });
  for (const row of [columns, ...cells]) {
    console.log(row.map((cell, index) => (index === 0 ? cell.padEnd(16) : cell.padStart(11))).join(''));
  }
}

async function main(): Promise<void> {
  const directory = mkdtempSync(path.join(os.tmpdir(), 'tidemark-flights-'));
  try {
    const rows = Number(values.rows);
    console.log(`Writing flights as JSON lines to ${directory} …`);
    const options = { directory: path.join(directory, 'input'), partitions: Number(values.partitions), rows };
    const partitions = await prepare(options);
    const loop = await timed(() => feesOf(partitions));
    const lines: Line[] = [{ how: 'plain loop', seconds: loop.seconds, audit: undefined }];
    for (const parallelism of [1, 2, 3]) {
      console.log(`Running at parallelism ${parallelism} …`);
      const { seconds, result } = await timed(() => runAt(parallelism, directory));
      lines.push({ how: `parallelism ${parallelism}`, seconds, audit: auditFlights(loop.result, readRows(result)) });
    }
    const count = [...loop.result.values()].reduce((sum, { landings }) => sum + landings, 0);
    console.log(
      `\n${count.toLocaleString('en')} flights, ${loop.result.size.toLocaleString('en')} airports and days:\n`,
    );
    print(lines, count);
    if (lines.some(({ audit }) => audit?.ok === false)) process.exitCode = 1;
  } finally {
    if (!values.keep) rmSync(directory, { recursive: true, force: true });
  }
}

if (values.help) console.log(HELP);
else await main();
