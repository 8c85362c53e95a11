import { foldSubtask } from '../runtime/compactor-runner.ts';
import type { Environment } from '../runtime/environment.ts';
import { hostSubtask } from '../runtime/subtask-host.ts';
import type { SubtaskGroup } from './subtask-group.ts';

/** Runs all subtasks on the supervisor's own event loop. Revoking their ports ends them. */
export class InlineGroup implements SubtaskGroup {
  readonly #env: Environment;
  readonly #onFatal: (error: unknown) => void;
  readonly #signal = { stopped: false };
  #lives: readonly Promise<void>[] = [];

  constructor(env: Environment, onFatal: (error: unknown) => void) {
    this.#env = env;
    this.#onFatal = onFatal;
  }

  async start(): Promise<void> {
    this.#lives = this.#env.plan.subtasks.map((subtask) =>
      hostSubtask(this.#env, subtask, this.#signal).catch((error) => {
        if (!this.#signal.stopped) this.#onFatal(error);
      }),
    );
  }

  async fold(subtask: string, version: number): Promise<void> {
    await foldSubtask(this.#env, subtask, version);
  }

  workers(): readonly [] {
    return [];
  }

  async close(): Promise<void> {
    this.#signal.stopped = true;
    await Promise.all(this.#lives);
  }
}
