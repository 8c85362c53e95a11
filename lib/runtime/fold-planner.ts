import { readManifest } from './acknowledge.ts';
import type { Environment } from './environment.ts';
import { listAcks } from './job-items.ts';

/**
 * Decides when a journal's tail is folded: when its entries are larger than a bound and than the last snapshot, so that
 * the cost of a fold is a constant share of what was written. Kept in memory; a new driver starts counting afresh.
 */
export class FoldPlanner {
  readonly #env: Environment;
  readonly #fold: (subtask: string, version: number) => Promise<void>;
  readonly #tailBytes = new Map<string, number>();

  constructor(env: Environment, fold: (subtask: string, version: number) => Promise<void>) {
    this.#env = env;
    this.#fold = fold;
  }

  /** After checkpoint `id` is committed: folds up to its cuts where that is due. */
  async after(id: number): Promise<void> {
    for (const ack of await listAcks(this.#env.ports, id)) {
      const tail = (this.#tailBytes.get(ack.subtask) ?? 0) + ack.headBytes;
      this.#tailBytes.set(ack.subtask, tail);
      if (tail < this.#env.tuning.foldBytes) continue;
      const manifest = (await readManifest(this.#env, ack.subtask))?.value;
      if (tail < (manifest?.stateBytes ?? 0)) continue;
      await this.#fold(ack.subtask, ack.version);
      this.#tailBytes.set(ack.subtask, 0);
    }
  }
}
