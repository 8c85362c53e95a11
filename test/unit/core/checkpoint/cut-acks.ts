import type { Acknowledgement, CheckpointItem, JobItem } from '../../../../lib/core/checkpoint/checkpoint-item.ts';
import {
  type InChannel,
  initialControl,
  newInChannel,
  type ParkedMessage,
  type StateBase,
} from '../../../../lib/core/journal/control.ts';

/** A message that was received in the sender's entry `version` and not processed. */
export function parked(version: number, stamp = 0): ParkedMessage {
  return { version, part: 0, first: version, last: version, stamp, watermark: 0, records: 1, bytes: 10 };
}

/** An acknowledgement with what a test names; the rest as at the beginning. */
export function ack(
  subtask: string,
  cut: {
    readonly version?: number;
    readonly out?: Record<string, number>;
    readonly in?: Record<string, Partial<InChannel>>;
    readonly base?: StateBase;
  },
): Acknowledgement {
  const { version = 10, base = { snapshot: null, segments: [[version - 1, version]] } } = cut;
  const control = initialControl(1, 1, [], []);
  control.out = cut.out ?? {};
  for (const [from, channel] of Object.entries(cut.in ?? {})) control.in[from] = { ...newInChannel(), ...channel };
  return { subtask, checkpoint: 1, attempt: 1, version, control, base, atMs: 0, bytes: 0, headBytes: 0 };
}

/** A completed and committed checkpoint of the first attempt. */
export function checkpoint(id: number, changes: Partial<CheckpointItem> = {}): CheckpointItem {
  return {
    id,
    attempt: 1,
    status: 'COMPLETED',
    members: [],
    begunAtMs: 0,
    escalated: false,
    committed: true,
    abandoned: false,
    finished: false,
    ...changes,
  };
}

export function job(changes: Partial<JobItem> = {}): JobItem {
  const code = { planHash: '', bundleHash: '', shapes: {}, parallelism: 1, partitions: 1, maxParallelism: 128 };
  return {
    pipeline: 'p',
    status: 'RUNNING',
    attempt: 1,
    lastCheckpoint: 0,
    lastCompleted: 0,
    inFlight: false,
    consecutiveFailures: 0,
    lastEndedAtMs: 0,
    lastBegunAtMs: 0,
    subtasks: [],
    code,
    ...changes,
  };
}
