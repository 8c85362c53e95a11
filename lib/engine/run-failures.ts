import { TidemarkError } from '../core/record/errors.ts';

/** `TM_RUN_MODULE`: workers can't load the definition. */
export function moduleMissing(why: string): TidemarkError {
  return new TidemarkError(
    'TM_RUN_MODULE',
    'invalid',
    `worker processes can not load the pipeline: ${why}`,
    'Give module: { file } with the path of the module that exports the pipeline, or workers: 0 to run in this process.',
  );
}

/** `TM_RUN_OPTION`: an option that makes no sense. */
export function badOption(name: string, value: unknown, wanted: string): TidemarkError {
  return new TidemarkError('TM_RUN_OPTION', 'invalid', `${name} is ${String(value)}`, `Give ${wanted}.`);
}

/** `TM_JOB_FAILED`: too many checkpoints in a row failed. */
export function jobFailed(failure: string | undefined): TidemarkError {
  return new TidemarkError(
    'TM_JOB_FAILED',
    'unavailable',
    failure ?? 'the job has failed',
    'See the errors before it; nothing is lost: once the cause is gone, run again and it goes on from the same state.',
  );
}

/** `TM_WORKER_CRASH_LOOP`: a worker dies again and again before it has done anything. */
export function crashLoop(worker: number, deaths: number, how: string, lastLines: readonly string[]): TidemarkError {
  const said = lastLines.length === 0 ? '' : `; its last lines:\n${lastLines.join('\n')}`;
  return new TidemarkError(
    'TM_WORKER_CRASH_LOOP',
    'unavailable',
    `worker ${worker} died ${deaths} times in a row right after its start, the last time by ${how}${said}`,
    'Correct what its last lines name (memory limits and missing modules are common), then run again: nothing is lost.',
  );
}
