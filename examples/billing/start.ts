import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import path from 'node:path';
import { audit } from './audit.ts';
import { runWithKills } from './demo/demo-run.ts';
import { Job } from './demo/job.ts';
import { type DemoOptions, demoOptions, HELP } from './demo/options.ts';
import { type DemoReport, reportLines, reportOf } from './demo/report.ts';
import { Screen } from './demo/screen.ts';
import { generate } from './generate.ts';

/** Generates, runs with kills, audits. */
async function demo(options: DemoOptions, job: Job, screen: Screen): Promise<DemoReport> {
  const { events, kills, seed } = options;
  const { lines } = generate({ directory: job.input, events, seed });
  const run = await runWithKills(job, options, lines, screen);
  screen.line(`  Done. Checking every invoice against the input …`);
  return reportOf(audit(await job.auditInput()), run, kills);
}

function introduce({ events, kills }: DemoOptions, screen: Screen): void {
  const many = events.toLocaleString('en');
  screen.line(
    `Tidemark bills ${many} usage events, which come out of order and some of them twice, in hourly invoices.`,
  );
  screen.line(
    `Meanwhile ${kills} times one of its processes is killed, with no chance to clean up, and started again.`,
  );
  screen.line('At the end a separate, plain calculation over the same input checks every single invoice.');
  screen.line();
}

function conclude(report: DemoReport, { keep }: DemoOptions, job: Job, screen: Screen): void {
  screen.line();
  for (const line of reportLines(report)) screen.line(line);
  for (const problem of report.problems) screen.line(`  ! ${problem}`);
  screen.line();
  screen.line(report.ok ? 'Every invoice is there, once, and right.' : 'NOT EXACT: see above. Please report this.');
  screen.line();
  screen.line('Try next:');
  screen.line('  npm start -- --events 200000 --kills 30 --seed 7      more crashes in less time');
  screen.line('  npm run example:flights                               three million real flights');
  if (keep) {
    const { directory, state } = job;
    screen.line(`  node dist/bin/tidemark.js checkpoints --dir ${state}`);
    screen.line(`  ls ${directory}`);
  } else
    screen.line('  npm start -- --keep                                   leaves input, state and output to look at');
}

async function main(): Promise<void> {
  const options = demoOptions(process.argv.slice(2));
  if (options === undefined) {
    process.stdout.write(HELP);
    return;
  }
  mkdirSync('.tidemark', { recursive: true });
  const directory = mkdtempSync(path.resolve('.tidemark', 'demo-'));
  const remove = () => options.keep || rmSync(directory, { recursive: true, force: true, maxRetries: 5 });
  process.once('exit', remove);
  const job = new Job(directory);
  const screen = new Screen(options.json);
  introduce(options, screen);
  const report = await demo(options, job, screen);
  conclude(report, options, job, screen);
  if (options.json) process.stdout.write(`${JSON.stringify(report, undefined, 2)}\n`);
  process.exitCode = report.ok ? 0 : 1;
}

try {
  await main();
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
