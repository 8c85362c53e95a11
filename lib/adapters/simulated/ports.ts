import type { Ports } from '../../ports/ports.ts';
import type { StreamRecord, Streams } from '../../ports/streams.ts';
import type { Telemetry } from '../../ports/telemetry.ts';
import { SimBlobStore, SimItemStore, SimJournalStore } from './stores.ts';
import type { Actor, SimWorld } from './world.ts';

/** Small, so that commits are split. */
const CHANGES_PER_WRITE = 8;

/** What outlives the processes of a simulated run. */
export class SimStores {
  readonly journal = new SimJournalStore();
  readonly items = new SimItemStore();
  readonly blobs = new SimBlobStore();
  readonly partitions = new Map<string, { next: number; records: StreamRecord[]; waiting: (() => void)[] }>();
}

/** The ports of one simulated process: every call is a step that the world may disturb. */
export function simulatedPorts(
  world: SimWorld,
  stores: SimStores,
  actor: Actor,
  telemetry: Telemetry,
  inlineBytes = 64,
): Ports {
  const { journal, items, blobs } = stores;
  const call = <T>(site: string, apply: () => T): Promise<T> => world.call(actor, site, apply);
  return {
    journal: {
      append: (subtask, entry) => call('journal.append', () => journal.append(subtask, entry)),
      last: (subtask) => call('journal.last', () => journal.last(subtask)),
      read: (subtask, after, limit) => call('journal.read', () => journal.read(subtask, after, limit)),
      readPart: (subtask, version, part) => call('journal.readPart', () => journal.readPart(subtask, version, part)),
      collect: (subtask, upTo) => call('journal.collect', () => journal.collect(subtask, upTo)),
    },
    items: {
      read: (key) => call('items.read', () => items.read(key)),
      list: (prefix, options) => call('items.list', () => items.list(prefix, options)),
      write: (changes) => call('items.write', () => items.write(changes, CHANGES_PER_WRITE)),
    },
    blobs: {
      put: (name, bytes) => call('blobs.put', () => blobs.put(name, bytes)),
      get: (name, range) => call('blobs.get', () => blobs.get(name, range)),
      list: (prefix) => call('blobs.list', () => blobs.list(prefix)),
      delete: (names) => call('blobs.delete', () => blobs.delete(names)),
    },
    streams: simulatedStreams(world, stores, actor),
    clock: { now: () => world.nowMs, sleep: (ms, cancel) => world.sleep(actor, ms, cancel) },
    random: {
      nonce: () =>
        [1, 2]
          .map(() =>
            Math.floor(world.fraction('nonce') * 2 ** 32)
              .toString(36)
              .padStart(7, '0'),
          )
          .join(''),
      fraction: () => world.fraction(`jitter/${actor.name}`),
    },
    telemetry,
    limits: { changesPerWrite: CHANGES_PER_WRITE, inlineBytes },
  };
}

function simulatedStreams(world: SimWorld, stores: SimStores, actor: Actor): Streams {
  const of = (partition: string) => {
    const queue = stores.partitions.get(partition) ?? { next: 1, records: [], waiting: [] };
    stores.partitions.set(partition, queue);
    return queue;
  };
  return {
    append: (partition, records) =>
      world.call(actor, 'streams.append', () => {
        const queue = of(partition);
        for (const data of records) {
          if (world.chance('hintLossRate')) continue;
          for (let copies = world.chance('hintDoubleRate') ? 2 : 1; copies > 0; copies--) {
            const record = { position: String(queue.next++).padStart(12, '0'), data };
            queue.records.push(record);
          }
          if (world.chance('hintReorderRate') && queue.records.length > 1) {
            const [a, b] = queue.records.slice(-2) as [StreamRecord, StreamRecord];
            queue.records.splice(-2, 2, { position: a.position, data: b.data }, { position: b.position, data: a.data });
          }
        }
        for (const wakeUp of queue.waiting.splice(0)) wakeUp();
      }),
    async read(partition, after, { maxRecords, waitMs }) {
      const queue = of(partition);
      const take = () => {
        if (after !== undefined) queue.records = queue.records.filter((record) => record.position > after);
        return queue.records.slice(0, maxRecords);
      };
      const found = await world.call(actor, 'streams.read', take);
      if (found.length > 0 || waitMs <= 0) return found;
      await world.sleep(actor, waitMs, new Promise<void>((resolve) => queue.waiting.push(resolve)));
      return world.call(actor, 'streams.read', take);
    },
    async room() {},
  };
}
