// Events per second of the built engine: node bench/throughput.mjs <glob of NDJSON> [workers] [parallelism].
// Prints one JSON object. CPU profiles of all processes: node --cpu-prof --cpu-prof-dir=/tmp/profiles bench/throughput.mjs …
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { usageSums } from './usage-sums.mjs';

const [input, workers = '2', parallelism = workers] = process.argv.slice(2);
if (input === undefined) throw new Error('name the input: a file, a directory or a pattern');
const { run } = await import(new URL('../dist/lib/engine/index.js', import.meta.url).href);
const directory = await mkdtemp(path.join(tmpdir(), 'tidemark-bench-'));
const beganMs = Date.now();
let firstMs;
let rows = 0;
const durationsMs = [];
const handle = await run(
  usageSums,
  {
    sources: { usage: { kind: 'files', patterns: [input] } },
    sinks: { rows: { kind: 'files', directory: path.join(directory, 'out') } },
  },
  {
    directory: path.join(directory, 'state'),
    workers: Number(workers),
    parallelism: Math.max(1, Number(parallelism)),
    module: { file: fileURLToPath(new URL('usage-sums.mjs', import.meta.url)) },
    onEvent(event) {
      if (event.kind === 'progress') firstMs ??= Date.now();
      if (event.kind === 'checkpoint' && event.status === 'committed') durationsMs.push(event.durationMs);
    },
  },
);
const { end, status, error } = await handle.done;
const elapsedMs = Date.now() - beganMs;
const [source, keyed] = status.stages;
rows = keyed.recordsOut;
const { user, system } = process.cpuUsage();
await rm(directory, { recursive: true, force: true });
const seconds = elapsedMs / 1000;
console.log(
  JSON.stringify(
    {
      end,
      error: error?.message,
      workers: Number(workers),
      parallelism: keyed.parallelism,
      events: source.recordsIn,
      rows,
      seconds,
      eventsPerSecond: Math.round(source.recordsIn / seconds),
      startSeconds: (firstMs - beganMs) / 1000,
      checkpoints: status.completed,
      aborted: status.aborted,
      slowestCommitMs: Math.max(...durationsMs),
      supervisorCpuSeconds: (user + system) / 1e6,
    },
    undefined,
    2,
  ),
);
