import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { TidemarkError } from '../../core/record/errors.ts';
import type { Blobs } from '../../ports/blobs.ts';
import type { ControlItem, ControlItems } from '../../ports/control-items.ts';
import type { AppendOutcome, Journal, JournalHead } from '../../ports/journal.ts';
import type { Ports } from '../../ports/ports.ts';
import type { Streams } from '../../ports/streams.ts';
import { blobPath } from './blob-name.ts';
import { systemClock } from './clock.ts';
import { itemKey } from './ordered-key.ts';
import { PartCache } from './part-cache.ts';
import { EMBEDDED_LIMITS } from './ports.ts';
import { systemRandom } from './random.ts';
import { type ExtraMethods, extraHandlers, extraName } from './served-ports.ts';
import { TelemetryBatch } from './telemetry-batch.ts';
import { openWire, type Wire } from './wire.ts';

const NO_BYTES = new Uint8Array();
/** Parts of its own entries that a worker keeps: a few seconds of output of a fast pipeline. */
const CACHE_BYTES = 32 * 2 ** 20;

export interface ConnectOptions {
  /** What the owner may call, by name (`ServedPorts.call`). */
  readonly handle?: ExtraMethods;
  /** Bound of the cache of parts that this process appended; default 32 MiB. */
  readonly cacheBytes?: number;
}

/** The worker's side of a pipe to the owner of the store. */
export interface ConnectedPorts {
  /**
   * The owner's journals, items, blobs and streams; the clock and the randomness of this process; telemetry in
   * batches, every 100 ms. Every call may throw `TM_SUPERVISOR_GONE` (unavailable): it may have been carried out.
   * Bytes given to a port and bytes that it returned may be shared: neither side changes them.
   */
  readonly ports: Ports;
  /** Calls an extra method of the owner. Arguments and answer are plain values (see core/bytes/codec). */
  call(method: string, ...args: readonly unknown[]): Promise<unknown>;
  /** Resolves when the pipe is closed: the owner is gone, and this process should go too. */
  readonly closed: Promise<void>;
  /** Sends the telemetry that waits. */
  flush(): void;
  /** Sends the telemetry that waits and closes the pipe. */
  close(): Promise<void>;
}

/** The pipe that a process was started with: `spawn(…, { stdio: ['ignore', 'inherit', 'inherit', 'pipe'] })`. */
export function parentPipe(descriptor = 3): Duplex {
  return new Socket({ fd: descriptor, readable: true, writable: true });
}

/** Reaches the ports that the process at the other end of `duplex` serves with `servePorts`. */
export function connectPorts(duplex: Duplex, options: ConnectOptions = {}): ConnectedPorts {
  const wire = openWire(duplex, { handlers: new Map(extraHandlers(options.handle ?? {})), gone: supervisorGone });
  const telemetry = new TelemetryBatch((events) => wire.tell('telemetry.emit', events));
  return {
    ports: {
      journal: remoteJournal(wire, new PartCache(options.cacheBytes ?? CACHE_BYTES)),
      items: remoteItems(wire),
      blobs: remoteBlobs(wire),
      streams: remoteStreams(wire),
      clock: systemClock,
      random: systemRandom,
      telemetry,
      limits: EMBEDDED_LIMITS,
    },
    call: async (method, ...args) => (await wire.call(extraName(method), args)).value,
    closed: wire.closed,
    flush: () => telemetry.flush(),
    close() {
      telemetry.flush();
      return wire.close();
    },
  };
}

function remoteJournal(wire: Wire, cache: PartCache): Journal {
  return {
    async append(subtask, { version, attempt, nonce, head, parts }) {
      const { value } = await wire.call('journal.append', [subtask, version, attempt, nonce], [head, ...parts]);
      if (value === 'appended') cache.add(subtask, version, parts);
      return value as AppendOutcome;
    },
    async last(subtask) {
      const { value, bytes } = await wire.call('journal.last', subtask);
      return value === undefined ? undefined : { ...(value as JournalHead), head: bytes[0] ?? NO_BYTES };
    },
    async read(subtask, after, limit) {
      const { value, bytes } = await wire.call('journal.read', [subtask, after, limit]);
      return (value as JournalHead[]).map((entry, index) => ({ ...entry, head: bytes[index] ?? NO_BYTES }));
    },
    async readPart(subtask, version, part) {
      const own = cache.get(subtask, version, part);
      if (own !== undefined) return own;
      const { bytes } = await wire.call('journal.readPart', [subtask, version, part]);
      return bytes[0] ?? NO_BYTES;
    },
    async collect(subtask, upTo) {
      cache.drop(subtask, upTo);
      await wire.call('journal.collect', [subtask, upTo]);
    },
  };
}

/** Keys and names are checked here: what is not well-formed would become well-formed on the way. */
function remoteItems(wire: Wire): ControlItems {
  return {
    async read(key) {
      itemKey(key);
      return (await wire.call('items.read', key)).value as ControlItem | undefined;
    },
    list: async (prefix, options = {}) => (await wire.call('items.list', [prefix, options])).value as ControlItem[],
    async write(changes) {
      for (const { key } of changes) itemKey(key);
      return (await wire.call('items.write', changes)).value as 'applied' | 'conflict';
    },
  };
}

function remoteBlobs(wire: Wire): Blobs {
  return {
    async put(name, bytes) {
      blobPath(name);
      await wire.call('blobs.put', name, [bytes]);
    },
    async get(name, range) {
      blobPath(name);
      return (await wire.call('blobs.get', [name, range])).bytes[0] ?? NO_BYTES;
    },
    list: async (prefix) => (await wire.call('blobs.list', prefix)).value as string[],
    async delete(names) {
      for (const name of names) blobPath(name);
      await wire.call('blobs.delete', names);
    },
  };
}

function remoteStreams(wire: Wire): Streams {
  return {
    async append(partition, records) {
      await wire.call('streams.append', partition, records);
    },
    async read(partition, after, { maxRecords, waitMs }) {
      const { value, bytes } = await wire.call('streams.read', [partition, after, maxRecords, waitMs]);
      return (value as string[]).map((position, index) => ({ position, data: bytes[index] ?? NO_BYTES }));
    },
    async room(partition) {
      await wire.call('streams.room', partition);
    },
  };
}

function supervisorGone(): TidemarkError {
  return new TidemarkError(
    'TM_SUPERVISOR_GONE',
    'unavailable',
    'The process that owns the store closed its pipe to this worker.',
    'This worker stops; start the pipeline again and it goes on where the journals end.',
  );
}
