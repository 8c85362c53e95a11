import { decode, encode } from '../../lib/core/bytes/codec.ts';
import type { ControlChange, ControlItem, ControlItems } from '../../lib/ports/control-items.ts';

/** Control items in memory that check how they are called. Values are kept as bytes, as a store would. */
export class MemoryItems implements ControlItems {
  readonly changesPerWrite: number;
  readonly #items = new Map<string, { revision: number; bytes: Uint8Array }>();
  /** Sizes of the writes that were applied. */
  readonly writes: number[] = [];

  constructor(changesPerWrite = 10) {
    this.changesPerWrite = changesPerWrite;
  }

  async read(key: string): Promise<ControlItem | undefined> {
    const item = this.#items.get(key);
    return item && { key, revision: item.revision, value: decode(item.bytes) };
  }

  async list(prefix: string, options: { after?: string; limit?: number } = {}): Promise<readonly ControlItem[]> {
    const { after = '', limit = Number.POSITIVE_INFINITY } = options;
    const keys = [...this.#items.keys()].filter((key) => key.startsWith(prefix) && key > after).sort();
    const page = await Promise.all(keys.slice(0, limit).map((key) => this.read(key)));
    return page.filter((item) => item !== undefined);
  }

  async write(changes: readonly ControlChange[]): Promise<'applied' | 'conflict'> {
    expect(changes.length).toBeLessThanOrEqual(this.changesPerWrite);
    expect(new Set(changes.map(({ key }) => key)).size).toBe(changes.length);
    const conflict = changes.some(({ key, ifRevision }) => {
      return ifRevision !== undefined && ifRevision !== (this.#items.get(key)?.revision ?? 0);
    });
    if (conflict) return 'conflict';
    for (const { key, value } of changes) {
      if (value === undefined) continue;
      if (value === null) this.#items.delete(key);
      else this.#items.set(key, { revision: (this.#items.get(key)?.revision ?? 0) + 1, bytes: encode(value) });
    }
    this.writes.push(changes.length);
    return 'applied';
  }
}
