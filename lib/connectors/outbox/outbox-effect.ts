import path from 'node:path';
import { isTidemarkError, messageOf, TidemarkError } from '../../core/record/errors.ts';
import type { Effect, EffectBinding, EffectOutcome, EffectRequest } from '../../ports/effect.ts';
import { OutboxFile } from './outbox-file.ts';

/**
 * Appends each request as one line `{"key":…,"payload":…}` to a file, and ignores keys that the file holds already: an
 * e-mail outbox for the laptop. The receipt is `line:<number>`. A batch costs one write and one fsync.
 *
 * Keys are read back at open (the whole file is read) and kept in memory, about 100 bytes and the key for each. Two
 * processes that write the same key at the same moment may both write it; otherwise they see each other's lines.
 *
 * @throws TidemarkError `TM_EFFECT_FILE` at open: unavailable when the file can't be read or written, corrupt when it
 * holds something else.
 */
export function outboxEffect(file: string): EffectBinding {
  return {
    description: `outbox file ${file}`,
    async open() {
      try {
        return new OutboxEffect(await OutboxFile.open(path.resolve(file)));
      } catch (error) {
        throw isTidemarkError(error) ? error : fileError(file, error);
      }
    },
  };
}

const BUSY: EffectOutcome = { outcome: 'retry', message: 'Another process is writing to the outbox file.' };

class OutboxEffect implements Effect {
  readonly #file: OutboxFile;
  /** Deliveries run one after the other. */
  #last: Promise<unknown> = Promise.resolve();

  constructor(file: OutboxFile) {
    this.#file = file;
  }

  deliver(requests: readonly EffectRequest[]): Promise<readonly EffectOutcome[]> {
    const delivery = this.#last.then(() => this.#deliverNow(requests));
    this.#last = delivery.catch(() => undefined);
    return delivery;
  }

  async close(): Promise<void> {
    await this.#last;
    await this.#file.close();
  }

  async #deliverNow(requests: readonly EffectRequest[]): Promise<readonly EffectOutcome[]> {
    const refused = new Map<EffectRequest, string>();
    try {
      if (!(await this.#file.refresh())) return requests.map(() => BUSY);
      const lines = new Map<string, string>();
      for (const request of requests) {
        if (this.#file.lineOf(request.key) !== undefined || lines.has(request.key)) continue;
        try {
          lines.set(request.key, JSON.stringify({ key: request.key, payload: request.payload }));
        } catch (error) {
          refused.set(request, `The payload is no JSON: ${messageOf(error)}`);
        }
      }
      if (lines.size > 0) await this.#file.append([...lines].map(([key, text]) => ({ key, text })));
    } catch (error) {
      if (isTidemarkError(error)) throw error;
      return requests.map(() => ({ outcome: 'retry', message: messageOf(error) }));
    }
    return requests.map((request) => {
      const line = this.#file.lineOf(request.key);
      if (line !== undefined) return { outcome: 'delivered', receipt: `line:${line}` };
      return { outcome: 'refused', message: refused.get(request) ?? 'The payload is no JSON.' };
    });
  }
}

function fileError(file: string, cause: unknown): TidemarkError {
  return new TidemarkError(
    'TM_EFFECT_FILE',
    'unavailable',
    `The outbox file ${file} can not be opened: ${messageOf(cause)}.`,
    'Check the path, the permissions of the file and its directory, and the space on the disk.',
    cause,
  );
}
