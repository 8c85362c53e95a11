import { audit } from '../../../examples/billing/audit.ts';
import { Progress } from '../../../examples/billing/demo/progress.ts';
import { reportLines, reportOf } from '../../../examples/billing/demo/report.ts';
import { runEventOf } from '../../../examples/billing/demo/run-event.ts';
import { temporaryDirectory } from '../../support/temporary-directory.ts';
import { auditInput, billingCase } from './billing-case.ts';

test('does the report count crashes, recoveries and checkpoints?', async () => {
  const { directory, remove } = await temporaryDirectory();
  const { partitions, outputs } = billingCase(directory);
  const result = audit(auditInput(partitions, outputs));
  await remove();
  const kill = { victim: 'worker', worker: 0, pid: 1, atMs: 0, progress: 0.5 } as const;
  const run = {
    durationMs: 3000,
    kills: [
      { ...kill, recoveryMs: 700 },
      { ...kill, interrupted: true },
      { ...kill, victim: 'supervisor', recoveryMs: 900 } as const,
    ],
    checkpoints: Array.from({ length: 100 }, (_, index) => ({ durationMs: index + 1, bytes: 1000 * (100 - index) })),
  };
  const report = reportOf(result, run, 3);

  expect(report).toMatchObject({
    ok: true,
    eventsPerSecond: 3,
    crashes: { workers: 2, supervisor: 1 },
    longestRecoveryMs: 900,
    checkpoints: { completed: 100, p50Ms: 51, p99Ms: 100, p50Bytes: 51_000, p99Bytes: 100_000 },
  });
  const text = reportLines(report).join('\n');
  expect(text).toMatch(/invoices out +5 /);
  expect(text).toMatch(/crashes survived +3 +2 of workers, 1 of the supervisor/);
});

test('does a run that was started again still count as far as it was?', () => {
  const progress = new Progress(100);
  const told = (recordsIn: number, at: number) =>
    progress.note({ at, kind: 'status', stages: [{ id: 'usage', recordsIn }] });
  told(40, Date.now() - 60_000);
  told(0, Date.now() - 30_000);

  expect(progress.share).toBe(0.4);
});

test('is a torn line of the supervisor ignored?', () => {
  expect(runEventOf('{"at":1,"kind":"sta')).toBeUndefined();
});
