import type { RangeOptions } from 'lmdb';
import { decode, encode } from '../../core/bytes/codec.ts';
import { checkChanges } from '../../ports/checks.ts';
import type { ControlChange, ControlItem, ControlItems } from '../../ports/control-items.ts';
import { afterPrefix, itemKey } from './ordered-key.ts';
import type { EmbeddedStore } from './store.ts';

/** Changes in one write. */
export const CHANGES_PER_WRITE = 500;
/** An item is its revision (float64, big-endian) and then its encoded value. */
const REVISION_BYTES = 8;

/** Control items in a store: one table, ordered by the UTF-8 bytes of the key. */
export function embeddedControlItems(store: EmbeddedStore): ControlItems {
  return {
    async read(key) {
      const bytes = store.items.getBinary(itemKey(key));
      return bytes === undefined ? undefined : itemFrom(key, bytes);
    },
    async list(prefix, options = {}) {
      if (options.limit !== undefined && options.limit <= 0) return [];
      const items: ControlItem[] = [];
      for (const { key, value } of store.items.getRange(rangeOf(prefix, options))) {
        items.push(itemFrom(Buffer.from(key).toString('utf8'), value));
      }
      return items;
    },
    async write(changes) {
      const prepared = prepare(changes);
      // DECISION POINT: control items decide who begins, completes and restores; the first commit wins.
      const sizeBytes = prepared.reduce((sum, { record }) => sum + (record?.length ?? 0), 0);
      return store.write(sizeBytes, ({ items }) => {
        const revisions = prepared.map(({ key }) => revisionIn(items.getBinary(key)));
        if (prepared.some(({ ifRevision }, at) => ifRevision !== undefined && ifRevision !== revisions[at]))
          return 'conflict';
        for (const [at, { key, record, remove }] of prepared.entries()) {
          if (record !== undefined) {
            record.writeDoubleBE((revisions[at] ?? 0) + 1, 0);
            void items.put(key, record);
          } else if (remove && revisions[at] !== 0) void items.remove(key);
        }
        return 'applied';
      });
    },
  };
}

function rangeOf(prefix: string, options: { readonly after?: string; readonly limit?: number }): RangeOptions {
  const start = Buffer.from(prefix, 'utf8');
  const after = Buffer.from(options.after ?? '', 'utf8');
  const end = afterPrefix(start);
  return {
    ...(Buffer.compare(after, start) >= 0 && after.length > 0
      ? { start: after, exclusiveStart: true }
      : start.length > 0
        ? { start }
        : {}),
    ...(end === undefined ? {} : { end }),
    ...(options.limit === undefined ? {} : { limit: options.limit }),
  };
}

interface PreparedChange {
  readonly key: Buffer;
  readonly ifRevision: number | undefined;
  /** The new record, its revision still to be filled in. */
  readonly record: Buffer | undefined;
  readonly remove: boolean;
}

function prepare(changes: readonly ControlChange[]): PreparedChange[] {
  checkChanges(changes, CHANGES_PER_WRITE);
  return changes.map(({ key, ifRevision, value }) => ({
    key: itemKey(key),
    ifRevision,
    record: recordOf(value),
    remove: value === null,
  }));
}

function recordOf(value: unknown): Buffer | undefined {
  if (value === undefined || value === null) return undefined;
  const bytes = encode(value);
  const record = Buffer.allocUnsafe(REVISION_BYTES + bytes.byteLength);
  record.set(bytes, REVISION_BYTES);
  return record;
}

const revisionIn = (record: Uint8Array | undefined): number =>
  record === undefined ? 0 : new DataView(record.buffer, record.byteOffset, record.byteLength).getFloat64(0);

const itemFrom = (key: string, record: Uint8Array): ControlItem => ({
  key,
  revision: revisionIn(record),
  value: decode(record.subarray(REVISION_BYTES)),
});
