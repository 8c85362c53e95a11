import type { Counters } from '../journal/control.ts';
import type { DeadLetter } from '../record/position.ts';
import type { KeyedState } from '../state/keyed-state.ts';

/** Takes a value with its event time: the next operator, an exchange, a sink. */
export interface Collector {
  push(value: unknown, timestampMs: number): void;
}

/** What operators may use of the pass they run in. One per subtask; synchronous. */
export interface OperatorHost {
  readonly state: KeyedState;
  /** The subtask's watermark. */
  watermarkMs: number;
  /** Id of the operator whose user function runs: the address of a dead letter. */
  at: string;
  /** Canonical key of the record being processed; empty where the stream is not keyed. */
  key: string;
  /** True while records run on copies, one by one (a record of this batch threw, or state was missing). */
  careful: boolean;
  counters: Counters;
  /** Source stages: highest event time of the split being read. */
  observedMs: number;
  /** Milliseconds since 1970 when the batch began. */
  nowMs: number;
  deadLetter(letter: DeadLetter): void;
}

/** Sends each value to several next operators. */
export function fanOut(targets: readonly Collector[]): Collector {
  if (targets.length === 1) return targets[0] as Collector;
  return {
    push(value, timestampMs) {
      for (const target of targets) target.push(value, timestampMs);
    },
  };
}
