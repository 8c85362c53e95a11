import { decodeHint } from '../core/channels/envelope.ts';
import { isTidemarkError, messageOf } from '../core/record/errors.ts';
import type { Subtask } from '../plan/physical-plan.ts';
import { type Environment, neighbours, retrying, StaleInstance, stageOf } from './environment.ts';
import { KeyedRunner } from './keyed-runner.ts';
import { StopPipeline } from './pass.ts';
import { SourceRunner } from './source-runner.ts';

/** Stops a host between two steps. */
export interface HostSignal {
  readonly stopped: boolean;
}

/**
 * Runs one subtask until it is stopped: takes hints (or reads a source) and steps. Whatever goes wrong, it drops the
 * instance and loads again, with back-off; only what can't get better by that ends it. A host may run anywhere, and
 * twice: the journal decides.
 */
export async function hostSubtask(env: Environment, subtask: Subtask, signal: HostSignal): Promise<void> {
  const isSource = stageOf(env.plan, subtask).kind === 'source';
  const runner = isSource ? new SourceRunner(env, subtask) : new KeyedRunner(env, subtask);
  const loop = runner instanceof SourceRunner ? new SourceLoop(env, runner) : new KeyedLoop(env, runner);
  const { downstream } = neighbours(env.plan, subtask);
  for (let failures = 0; !signal.stopped; ) {
    try {
      await Promise.all(downstream.map((id) => env.ports.streams.room(id)));
      await loop.turn();
      failures = 0;
    } catch (error) {
      runner.reset();
      if (error instanceof StopPipeline) throw error.error;
      if (error instanceof StaleInstance) {
        await env.ports.clock.sleep(5 * 2 ** Math.min(failures++, 8) * env.ports.random.fraction());
        continue;
      }
      if (!isTidemarkError(error) || error.kind !== 'unavailable' || error.code === 'TM_SUPERVISOR_GONE') throw error;
      env.ports.telemetry.emit({ kind: 'error', where: subtask.id, code: error.code, message: messageOf(error) });
      await env.ports.clock.sleep(Math.min(5000, 50 * 2 ** failures++) * (0.5 + env.ports.random.fraction()));
    }
  }
}

/** Takes hints from the subtask's partition. */
class KeyedLoop {
  readonly #env: Environment;
  readonly #runner: KeyedRunner;
  #after: string | undefined;

  constructor(env: Environment, runner: KeyedRunner) {
    this.#env = env;
    this.#runner = runner;
  }

  async turn(): Promise<void> {
    const { ports, tuning } = this.#env;
    if (!this.#runner.loaded) await this.#runner.step([]);
    const options = { maxRecords: tuning.batchHints, waitMs: 5000 };
    const records = await retrying(ports, () => ports.streams.read(this.#runner.subtask.id, this.#after, options));
    // A wake-up may have been lost: every few seconds of quiet it looks by itself.
    if (records.length === 0) {
      await this.#runner.step([]);
      return;
    }
    this.#after = records[records.length - 1]?.position;
    await this.#runner.step(records.map((record) => decodeHint(record.data)));
  }
}

/** Reads the source; looks at its partition only to be woken while there is nothing to read. */
class SourceLoop {
  readonly #env: Environment;
  readonly #runner: SourceRunner;
  #after: string | undefined;
  #refresh = true;

  constructor(env: Environment, runner: SourceRunner) {
    this.#env = env;
    this.#runner = runner;
  }

  async turn(): Promise<void> {
    const { ports, tuning } = this.#env;
    const outcome = await this.#runner.step(this.#refresh);
    this.#refresh = false;
    if (outcome === 'busy') return;
    const waitMs = this.#runner.finished ? 5000 : tuning.pollMs;
    const options = { maxRecords: tuning.batchHints, waitMs };
    const records = await retrying(ports, () => ports.streams.read(this.#runner.subtask.id, this.#after, options));
    this.#after = records[records.length - 1]?.position ?? this.#after;
    this.#refresh = records.length > 0 || this.#runner.finished;
  }
}
