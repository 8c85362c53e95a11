import { SWEPT, sweep } from './sweep.ts';

/** `npm run sweep`: kills the run at every port call, before and after it takes effect, and audits each run. */
async function main(): Promise<void> {
  const modes = ['aligned', 'unaligned', 'timeout'] as const;
  const started = Date.now();
  let failed = 0;
  for (const mode of modes) {
    const kind = mode === 'unaligned' ? 'billing' : 'sums';
    const result = await sweep({ ...SWEPT, mode, kind }, 1, (done, of) => {
      if (process.stdout.isTTY && done % 50 === 0) process.stdout.write(`\r${mode}: ${done} of ${of} calls`);
    });
    failed += result.failures.length;
    process.stdout.write(
      `\r${kind}, ${mode}: ${result.calls} port calls, killed before and after each: ${result.runs} runs, ${result.failures.length} wrong\n`,
    );
    for (const failure of result.failures.slice(0, 5)) process.stdout.write(`  ${failure}\n`);
  }
  process.stdout.write(
    `${((Date.now() - started) / 1000).toFixed(1)} s; every run audited against a sequential calculation\n`,
  );
  process.exitCode = failed === 0 ? 0 : 1;
}

await main();
