import { type Duration, durationMs } from '../core/record/duration.ts';
import { TidemarkError } from '../core/record/errors.ts';
import type { CheckpointSettings } from './graph.ts';
import { checkChoice, checkOptions, describe } from './option-check.ts';

/**
 * How checkpoints are taken. The definition gives them; the command line, a config file or the construct may
 * override each one.
 */
export interface CheckpointOptions {
  /** Time from the beginning of one checkpoint to that of the next. More than zero. Default: 60 s. */
  readonly every?: Duration;
  /**
   * `exactly-once` (default): each record counts once in state and output. `at-least-once`: nothing waits for a
   * barrier; after a restore records may count twice.
   */
  readonly mode?: 'exactly-once' | 'at-least-once';
  /** A checkpoint that is not complete by then is aborted. More than zero. Default: the larger of 10 min and `every`. */
  readonly timeout?: Duration;
  /** Time between the end of one checkpoint and the beginning of the next. Default: none. */
  readonly minPause?: Duration;
  /** Checkpoints in progress at once, at least 1. More than 1 only with `unaligned: true`. Default: 1. */
  readonly maxConcurrent?: number;
  /** Consecutive failed checkpoints that are tolerated before the job fails. 0 or more. Default: 3. */
  readonly tolerableFailures?: number;
  /** True: cut at the first barrier, records in flight belong to the checkpoint. Default: false. */
  readonly unaligned?: boolean;
  /**
   * An aligned checkpoint that has waited so long for barriers goes on unaligned; its duration then does not depend
   * on the backlog. `'never'`: it waits until `timeout`. Default: 30 s.
   */
  readonly alignedTimeout?: Duration | 'never';
  /** Completed checkpoints that are kept to restore from, at least 1. Savepoints are kept beside them. Default: 3. */
  readonly retain?: number;
  /** What becomes of the kept checkpoints when the job is cancelled. Default: `retain`. */
  readonly onCancel?: 'retain' | 'delete';
}

/** Options of a pipeline. */
export interface PipelineOptions {
  readonly checkpoint?: CheckpointOptions;
  /**
   * What happens to a record on which user code has thrown three times. `dead-letter` (default): it is written to the
   * dead letters, once, and the pipeline goes on. `fail`: the pipeline stops.
   */
  readonly onError?: 'dead-letter' | 'fail';
}

const CHECKPOINT_OPTIONS = [
  'every',
  'mode',
  'timeout',
  'minPause',
  'maxConcurrent',
  'tolerableFailures',
  'unaligned',
  'alignedTimeout',
  'retain',
  'onCancel',
] as const satisfies readonly (keyof CheckpointOptions)[];

const TEN_MINUTES_MS = 600_000;

/** Throws unless every field of `options` is known and right: `TM_OPTION_UNKNOWN`, `TM_OPTION_VALUE`. */
export function checkPipelineOptions(options: PipelineOptions): void {
  checkOptions('pipeline', options, ['checkpoint', 'onError']);
  if (options.onError !== undefined) checkChoice('onError', options.onError, ['dead-letter', 'fail']);
}

function positiveMs(name: string, duration: Duration): number {
  const ms = nonNegativeMs(name, duration);
  if (ms > 0) return ms;
  throw new TidemarkError(
    'TM_CHECKPOINT_VALUE',
    'invalid',
    `${name} is zero`,
    `Write a duration above zero, for instance ${name.replace('checkpoint.', '')}: { seconds: 10 }.`,
  );
}

function nonNegativeMs(name: string, duration: Duration): number {
  checkOptions(name, duration, ['days', 'hours', 'minutes', 'seconds', 'milliseconds']);
  return durationMs(duration, name);
}

function wholeNumber(name: string, value: unknown, least: number): number {
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= least) return value;
  throw new TidemarkError(
    'TM_CHECKPOINT_VALUE',
    'invalid',
    `${name} is ${describe(value)}`,
    `Write a whole number, at least ${least}.`,
  );
}

/** Combinations that have no meaning. */
function checkTogether(settings: CheckpointSettings): void {
  if (settings.mode === 'at-least-once' && settings.unaligned) {
    throw new TidemarkError(
      'TM_CHECKPOINT_MODE',
      'invalid',
      "checkpoint.unaligned has no meaning with mode 'at-least-once', which never aligns",
      "Leave out unaligned, or write mode: 'exactly-once'.",
    );
  }
  if (settings.maxConcurrent > 1 && !settings.unaligned) {
    throw new TidemarkError(
      'TM_CHECKPOINT_CONCURRENT',
      'invalid',
      `checkpoint.maxConcurrent is ${settings.maxConcurrent}, but aligned checkpoints come one at a time: the barrier of the next one ends the alignment of the last one`,
      'Write unaligned: true beside it, or leave out maxConcurrent.',
    );
  }
}

/**
 * Checkpoint options as numbers: `overrides` (command line, config, construct) win over `options` (the definition),
 * option by option; `undefined` counts as not given. Defaults are in {@link CheckpointOptions}.
 *
 * Throws `TM_OPTION_UNKNOWN`, `TM_OPTION_VALUE`, `TM_DURATION`, `TM_CHECKPOINT_VALUE`, `TM_CHECKPOINT_CONCURRENT`,
 * `TM_CHECKPOINT_MODE` (all `invalid`).
 */
export function resolveCheckpoint(
  options: CheckpointOptions = {},
  overrides: CheckpointOptions = {},
): CheckpointSettings {
  checkOptions('checkpoint', options, CHECKPOINT_OPTIONS);
  checkOptions('checkpoint', overrides, CHECKPOINT_OPTIONS);
  const given = Object.fromEntries(
    CHECKPOINT_OPTIONS.map((name) => [name, overrides[name] ?? options[name]]).filter(
      ([, value]) => value !== undefined,
    ),
  ) as CheckpointOptions;
  const { mode = 'exactly-once', unaligned = false, alignedTimeout = { seconds: 30 }, onCancel = 'retain' } = given;
  checkChoice('checkpoint.mode', mode, ['exactly-once', 'at-least-once']);
  checkChoice('checkpoint.unaligned', unaligned, [true, false]);
  checkChoice('checkpoint.onCancel', onCancel, ['retain', 'delete']);
  const everyMs = positiveMs('checkpoint.every', given.every ?? { seconds: 60 });
  const settings: CheckpointSettings = Object.freeze({
    everyMs,
    mode,
    timeoutMs:
      given.timeout === undefined ? Math.max(TEN_MINUTES_MS, everyMs) : positiveMs('checkpoint.timeout', given.timeout),
    minPauseMs: nonNegativeMs('checkpoint.minPause', given.minPause ?? {}),
    maxConcurrent: wholeNumber('checkpoint.maxConcurrent', given.maxConcurrent ?? 1, 1),
    tolerableFailures: wholeNumber('checkpoint.tolerableFailures', given.tolerableFailures ?? 3, 0),
    unaligned,
    alignedTimeoutMs:
      alignedTimeout === 'never'
        ? Number.POSITIVE_INFINITY
        : nonNegativeMs('checkpoint.alignedTimeout', alignedTimeout),
    retain: wholeNumber('checkpoint.retain', given.retain ?? 3, 1),
    onCancel,
  });
  checkTogether(settings);
  return settings;
}
