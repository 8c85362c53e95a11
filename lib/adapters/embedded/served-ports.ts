import type { Duplex } from 'node:stream';
import { TidemarkError } from '../../core/record/errors.ts';
import type { ControlChange } from '../../ports/control-items.ts';
import type { Ports } from '../../ports/ports.ts';
import type { TelemetryEvent } from '../../ports/telemetry.ts';
import { answered, openWire, type WireHandler } from './wire.ts';

/** A method that one side offers the other beside the ports. Arguments and answer are plain values. */
export type ExtraMethod = (args: readonly unknown[]) => Promise<unknown>;
export type ExtraMethods = Readonly<Record<string, ExtraMethod>>;

/** The owner's side of a pipe to a worker. */
export interface ServedPorts {
  /**
   * Calls a method that the worker gave to `connectPorts` as `handle`.
   *
   * @throws TidemarkError `TM_WORKER_GONE` (unavailable) when the pipe closes before the answer
   */
  call(method: string, ...args: readonly unknown[]): Promise<unknown>;
  readonly closed: Promise<void>;
  close(): Promise<void>;
}

/** Lets the process at the other end of `duplex` use the ports of this one, and the extra methods. */
export function servePorts(ports: Ports, duplex: Duplex, extra: ExtraMethods = {}): ServedPorts {
  const wire = openWire(duplex, {
    handlers: new Map([...portHandlers(ports), ...extraHandlers(extra)]),
    gone: () =>
      new TidemarkError(
        'TM_WORKER_GONE',
        'unavailable',
        'The worker process closed its pipe.',
        'It is started again by itself; see its last lines of output if that repeats.',
      ),
  });
  return {
    call: async (method, ...args) => (await wire.call(extraName(method), args)).value,
    closed: wire.closed,
    close: () => wire.close(),
  };
}

/** The name on the wire of an extra method: none of them hides a port. */
export const extraName = (method: string): string => `extra ${method}`;

export function extraHandlers(methods: ExtraMethods): [string, WireHandler][] {
  return Object.entries(methods).map(([method, handle]) => [
    extraName(method),
    async ({ value }) => ({ value: await handle(value as unknown[]), bytes: [] }),
  ]);
}

type Handlers = [string, WireHandler][];

function portHandlers(ports: Ports): Handlers {
  return [
    ...journalHandlers(ports),
    ...itemHandlers(ports),
    ...blobHandlers(ports),
    ...streamHandlers(ports),
    [
      'telemetry.emit',
      async ({ value }) => {
        for (const event of value as TelemetryEvent[]) ports.telemetry.emit(event);
        return answered();
      },
    ],
  ];
}

function journalHandlers({ journal }: Ports): Handlers {
  return [
    [
      'journal.append',
      async ({ value, bytes }) => {
        const [subtask, version, attempt, nonce] = value as [string, number, number, string];
        const [head = new Uint8Array(), ...parts] = bytes;
        return { value: await journal.append(subtask, { version, attempt, nonce, head, parts }), bytes: [] };
      },
    ],
    [
      'journal.last',
      async ({ value }) => {
        const last = await journal.last(value as string);
        return last === undefined ? answered() : { value: { ...last, head: undefined }, bytes: [last.head] };
      },
    ],
    [
      'journal.read',
      async ({ value }) => {
        const entries = await journal.read(...(value as [string, number, number]));
        return {
          value: entries.map((entry) => ({ ...entry, head: undefined })),
          bytes: entries.map((entry) => entry.head),
        };
      },
    ],
    [
      'journal.readPart',
      async ({ value }) => ({
        value: undefined,
        bytes: [await journal.readPart(...(value as [string, number, number]))],
      }),
    ],
    [
      'journal.collect',
      async ({ value }) => {
        await journal.collect(...(value as [string, number]));
        return answered();
      },
    ],
  ];
}

function itemHandlers({ items }: Ports): Handlers {
  return [
    ['items.read', async ({ value }) => ({ value: await items.read(value as string), bytes: [] })],
    [
      'items.list',
      async ({ value }) => {
        const [prefix, options] = value as [string, { after?: string; limit?: number }];
        return { value: await items.list(prefix, options), bytes: [] };
      },
    ],
    ['items.write', async ({ value }) => ({ value: await items.write(value as ControlChange[]), bytes: [] })],
  ];
}

function blobHandlers({ blobs }: Ports): Handlers {
  return [
    [
      'blobs.put',
      async ({ value, bytes }) => {
        await blobs.put(value as string, bytes[0] ?? new Uint8Array());
        return answered();
      },
    ],
    [
      'blobs.get',
      async ({ value }) => {
        const [name, range] = value as [string, { start: number; end: number } | undefined];
        return { value: undefined, bytes: [await blobs.get(name, range)] };
      },
    ],
    ['blobs.list', async ({ value }) => ({ value: await blobs.list(value as string), bytes: [] })],
    [
      'blobs.delete',
      async ({ value }) => {
        await blobs.delete(value as string[]);
        return answered();
      },
    ],
  ];
}

function streamHandlers({ streams }: Ports): Handlers {
  return [
    [
      'streams.append',
      async ({ value, bytes }) => {
        await streams.append(value as string, bytes);
        return answered();
      },
    ],
    [
      'streams.read',
      async ({ value }) => {
        const [partition, after, maxRecords, waitMs] = value as [string, string | undefined, number, number];
        const records = await streams.read(partition, after, { maxRecords, waitMs });
        return { value: records.map(({ position }) => position), bytes: records.map(({ data }) => data) };
      },
    ],
    [
      'streams.room',
      async ({ value }) => {
        await streams.room(value as string);
        return answered();
      },
    ],
  ];
}
