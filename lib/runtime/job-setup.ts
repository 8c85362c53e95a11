import type { CodeIdentity, JobItem } from '../core/checkpoint/checkpoint-item.ts';
import { TidemarkError } from '../core/record/errors.ts';
import { rule } from '../core/record/rule.ts';
import type { PhysicalPlan } from '../plan/physical-plan.ts';
import { comparePlans } from '../plan/plan-diff.ts';
import { itemKeys } from '../ports/names.ts';
import type { Ports } from '../ports/ports.ts';
import { type Environment, retrying } from './environment.ts';
import { changeJob, readJob } from './job-items.ts';
import { requestRestore } from './restore-runner.ts';

/** What identifies the code that runs: plan and bundle. New code is a new attempt (DESIGN 5). */
export function codeIdentity(plan: PhysicalPlan, bundleHash: string): CodeIdentity {
  const count = (kind: 'source' | 'keyed') => plan.stages.find((stage) => stage.kind === kind)?.parallelism ?? 1;
  return {
    planHash: plan.hash,
    bundleHash,
    shapes: plan.shapes,
    parallelism: count('keyed'),
    partitions: count('source'),
    maxParallelism: plan.maxParallelism,
  };
}

/**
 * Starts the job, or goes on with it: a new one begins as a restore of nothing; changed code becomes a new attempt
 * from the latest checkpoint, after its state is checked to fit; a failed one is tried again.
 * Throws `TM_PLAN_*`, `TM_JOB_*` (invalid) when the directory holds something that doesn't fit.
 */
export async function setUpJob(
  env: Environment,
  code: CodeIdentity,
  allowedDrops: readonly string[],
): Promise<JobItem> {
  const { ports, plan } = env;
  const item = await retrying(ports, () => ports.items.read(itemKeys.job));
  if (!item) {
    const job: JobItem = {
      pipeline: plan.name,
      status: 'RESTORING',
      attempt: 1,
      lastCheckpoint: 0,
      lastCompleted: 0,
      inFlight: false,
      consecutiveFailures: 0,
      lastBegunAtMs: ports.clock.now(),
      lastEndedAtMs: 0,
      subtasks: plan.subtasks.map((subtask) => subtask.id),
      restore: { stamp: 0, checkpoint: 0, allowOlder: false, code },
      code,
    };
    await retrying(ports, () => ports.items.write([{ key: itemKeys.job, ifRevision: 0, value: job }]));
    return (await readJob(ports)).value;
  }
  const job = item.value as JobItem;
  refuseMisfit(job, plan, code);
  // A restore that was interrupted is for the code that asked for it; the state is still that of the job's code.
  const restoring = job.status === 'RESTORING' ? job.restore : undefined;
  const wanted = restoring?.code ?? job.code;
  const same = wanted.planHash === code.planHash && wanted.bundleHash === code.bundleHash;
  if (same && !restoring) return job.status === 'FAILED' ? tryAgain(ports) : job;
  if (!same && rule('newCodeNewAttempt')) {
    const verdict = comparePlans(job.code.shapes, code.shapes, allowedDrops);
    if (!verdict.ok && rule('stateClaimed')) throw verdict.error;
    // A cancelled job goes on only when somebody asks for a restore.
    if (job.status !== 'CANCELLED') {
      await requestRestore(env, {
        checkpoint: restoring?.checkpoint,
        allowOlder: restoring?.allowOlder ?? false,
        code,
      });
    }
  }
  const subtasks = plan.subtasks.map((subtask) => subtask.id);
  return changeJob(ports, (now) => ({ ...now, subtasks: [...new Set([...now.subtasks, ...subtasks])] }));
}

function tryAgain(ports: Ports): Promise<JobItem> {
  return changeJob(ports, ({ failure: _failure, ...now }) => ({ ...now, status: 'RUNNING', consecutiveFailures: 0 }));
}

function refuseMisfit(job: JobItem, plan: PhysicalPlan, code: CodeIdentity): void {
  if (job.pipeline !== plan.name) {
    throw new TidemarkError(
      'TM_JOB_OTHER',
      'invalid',
      `this directory belongs to the pipeline ${job.pipeline}, not ${plan.name}`,
      'Give each pipeline a directory of its own with --dir.',
    );
  }
  const numbers = ['parallelism', 'partitions', 'maxParallelism'] as const;
  for (const name of numbers) {
    if (job.code[name] === code[name]) continue;
    throw new TidemarkError(
      'TM_JOB_PARALLELISM',
      'invalid',
      `${name} was ${job.code[name]} at the first start and cannot be ${code[name]} now`,
      `Run with --${name === 'maxParallelism' ? 'max-parallelism' : name} ${job.code[name]}, or start in an empty directory.`,
    );
  }
}
