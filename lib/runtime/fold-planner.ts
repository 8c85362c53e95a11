import type { Acknowledgement } from '../core/checkpoint/checkpoint-item.ts';
import { readManifest } from './acknowledge.ts';
import type { Environment } from './environment.ts';
import { listAcks } from './job-items.ts';
import { entriesBetween } from './journal-access.ts';

/**
 * Decides when a journal's tail is folded: when its entries are larger than a bound and than the state in the last
 * snapshot, so that the cost of a fold is a constant share of what was written.
 */
export class FoldPlanner {
  readonly #env: Environment;
  readonly #fold: (subtask: string, version: number) => Promise<void>;
  /** Head bytes above the manifest, by subtask; a new driver looks them up once. */
  readonly #tailBytes = new Map<string, number>();

  constructor(env: Environment, fold: (subtask: string, version: number) => Promise<void>) {
    this.#env = env;
    this.#fold = fold;
  }

  /** After checkpoint `id` is committed: folds up to its cuts where that is due. */
  async after(id: number): Promise<void> {
    for (const ack of await listAcks(this.#env.ports, id)) {
      const known = this.#tailBytes.get(ack.subtask);
      const tail = known === undefined ? await this.#measure(ack) : known + ack.headBytes;
      this.#tailBytes.set(ack.subtask, tail);
      if (tail < this.#env.tuning.foldBytes) continue;
      const manifest = (await readManifest(this.#env, ack.subtask))?.value;
      if (tail < (manifest?.stateBytes ?? 0)) continue;
      await this.#fold(ack.subtask, ack.version);
      this.#tailBytes.set(ack.subtask, 0);
    }
  }

  async #measure(ack: Acknowledgement): Promise<number> {
    let heads = ack.headBytes;
    for (const [after, upTo] of ack.base.segments) {
      for await (const { head } of entriesBetween(this.#env.ports, ack.subtask, after, upTo)) {
        if (head.control.lastCut?.version === upTo || head.kind !== 'cut') continue;
        heads += head.control.lastCut?.cost.heads ?? 0;
      }
    }
    return heads;
  }
}
