import type { Collector, OperatorHost } from '../../../../lib/core/operators/operator-host.ts';
import type { DeadLetter } from '../../../../lib/core/record/position.ts';
import { START_OF_TIME } from '../../../../lib/core/record/position.ts';
import { KeyedState } from '../../../../lib/core/state/keyed-state.ts';

/** What an operator runs in, in the place of a pass: the batch ends when a test says so. */
export class OperatorBench implements OperatorHost {
  readonly state = new KeyedState();
  watermarkMs = START_OF_TIME;
  at = '';
  key = '';
  careful = false;
  counters = { recordsIn: 0, recordsOut: 0, lateDropped: 0, deadLettered: 0, duplicates: 0 };
  observedMs = START_OF_TIME;
  nowMs = 0;
  readonly letters: DeadLetter[] = [];

  deadLetter(letter: DeadLetter): void {
    this.letters.push(letter);
  }

  setCareful(careful: boolean): void {
    this.careful = careful;
    this.state.setCareful(careful);
  }

  /** The batch is appended: what it changed is committed. */
  commit(): void {
    const changes = this.state.changes();
    this.state.rollback();
    this.state.apply(changes);
  }
}

/** Keeps what comes, with its time and with the operator that the host named last. */
export class Outlet implements Collector {
  readonly got: unknown[] = [];
  readonly timesMs: number[] = [];

  push(value: unknown, timestampMs: number): void {
    this.got.push(value);
    this.timesMs.push(timestampMs);
  }
}
