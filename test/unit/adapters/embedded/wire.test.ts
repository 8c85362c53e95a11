import { type Duplex, PassThrough } from 'node:stream';
import { connectPorts } from '../../../../lib/adapters/embedded/remote-ports.ts';
import { servePorts } from '../../../../lib/adapters/embedded/served-ports.ts';
import { openWire, type Wire, type WireHandler } from '../../../../lib/adapters/embedded/wire.ts';
import { FRAME, FrameReader, type WireFrame, writeFrame } from '../../../../lib/adapters/embedded/wire-frame.ts';
import { TidemarkError } from '../../../../lib/core/record/errors.ts';
import { InvariantViolation } from '../../../../lib/core/record/invariant.ts';
import type { Journal, JournalAppend } from '../../../../lib/ports/journal.ts';
import type { Ports } from '../../../../lib/ports/ports.ts';
import type { TelemetryEvent } from '../../../../lib/ports/telemetry.ts';
import { bytesOf, failureOf, sameBytes } from '../../../support/ports-under-test.ts';
import { socketPair } from '../../../support/socket-pair.ts';

const gone = (): TidemarkError => new TidemarkError('TM_GONE', 'unavailable', 'gone', 'start again');

describe('frames', () => {
  /** The bytes of frames, as one writes them. */
  const written = (frames: readonly WireFrame[]): Buffer => {
    const pipe = new PassThrough({ highWaterMark: 1e9 });
    for (const frame of frames) writeFrame(pipe, frame);
    return pipe.read() as Buffer;
  };
  const frames: WireFrame[] = [
    { kind: FRAME.request, id: 1, value: ['a', { x: [1, 'two', null, undefined] }], bytes: [] },
    { kind: FRAME.reply, id: 0xffff_ffff, value: undefined, bytes: [bytesOf(''), bytesOf('abc'), bytesOf('')] },
    { kind: FRAME.failure, id: 2, value: 'x'.repeat(3_000), bytes: [bytesOf('small'), bytesOf('large', 100_000)] },
    { kind: FRAME.oneWay, id: 0, value: 0n, bytes: [bytesOf('l', 5_000), bytesOf('s'), bytesOf('L', 2_049)] },
  ];

  test.each([1, 2, 3, 17, 1_000, 65_536, 10_000_000])('do frames survive chunks of %i bytes?', (size) => {
    const bytes = written([...frames, ...frames]);
    const read: WireFrame[] = [];
    const reader = new FrameReader((frame) => read.push(frame));

    for (let at = 0; at < bytes.length; at += size) reader.push(bytes.subarray(at, at + size));

    expect(read).toHaveLength(8);
    for (const [at, frame] of [...frames, ...frames].entries()) {
      expect([read[at]?.kind, read[at]?.id, read[at]?.value]).toEqual([frame.kind, frame.id, frame.value]);
      expect(read[at]?.bytes).toHaveLength(frame.bytes.length);
      for (const [index, part] of frame.bytes.entries()) {
        expect(sameBytes(read[at]?.bytes[index] ?? bytesOf('?'), part)).toBe(true);
      }
    }
  });

  test('do bytes that were read stay when the chunk is written over?', () => {
    const bytes = written([{ kind: FRAME.request, id: 1, value: 'v', bytes: [bytesOf('abc'), bytesOf('x', 9_000)] }]);
    const read: WireFrame[] = [];
    new FrameReader((frame) => read.push(frame)).push(bytes);

    bytes.fill(0);

    expect(read[0]?.bytes.map((part) => Buffer.from(part).subarray(0, 3).toString())).toEqual(['abc', 'xxx']);
  });

  test.each([
    ['a length that is too small', (bytes: Buffer) => bytes.writeUInt32BE(3, 0)],
    ['a length that is too large', (bytes: Buffer) => bytes.writeUInt32BE(0xffff_ffff, 0)],
    ['a value beyond the frame', (bytes: Buffer) => bytes.writeUInt32BE(1_000_000, 13)],
    ['byte strings that do not fill it', (bytes: Buffer) => bytes.writeUInt32BE(1, 17)],
  ])('is %s seen?', (_, damage) => {
    const bytes = written([{ kind: FRAME.request, id: 1, value: 'v', bytes: [bytesOf('abc')] }]);
    damage(bytes);

    expect(() => new FrameReader(() => undefined).push(bytes)).toThrow(
      expect.objectContaining({ code: 'TM_WIRE', kind: 'corrupt' }),
    );
  });
});

describe('wire', () => {
  const wires: Wire[] = [];
  afterEach(async () => {
    await Promise.all(wires.splice(0).map((wire) => wire.close()));
  });

  const pair = async (
    handlers: Record<string, WireHandler>,
    back: Record<string, WireHandler> = {},
  ): Promise<[Wire, Wire, Duplex]> => {
    const [here, there] = await socketPair();
    const ends: [Wire, Wire] = [
      openWire(here, { handlers: new Map(Object.entries(back)), gone }),
      openWire(there, { handlers: new Map(Object.entries(handlers)), gone }),
    ];
    wires.push(...ends);
    return [...ends, there];
  };

  test('do both ends answer each other, whatever is under way?', async () => {
    const [here, there] = await pair(
      {
        double: async ({ value }) => ({ value: (value as number) * 2, bytes: [] }),
        ask: async ({ value }) => ({ value: (await there.call('name', value)).value, bytes: [] }),
      },
      { name: async ({ value }) => ({ value: `name of ${value as string}`, bytes: [] }) },
    );

    const answers = await Promise.all(Array.from({ length: 200 }, (_, at) => here.call('double', at)));

    expect(answers.map(({ value }) => value)).toEqual(Array.from({ length: 200 }, (_, at) => at * 2));
    expect((await here.call('ask', 'x')).value).toBe('name of x');
  });

  test('are calls answered in any order?', async () => {
    let release: () => void = () => undefined;
    const released = new Promise<void>((resolve) => {
      release = resolve;
    });
    const [here] = await pair({
      slow: async () => {
        await released;
        return { value: 'slow', bytes: [] };
      },
      fast: async () => ({ value: 'fast', bytes: [] }),
    });

    const slow = here.call('slow', undefined);
    expect((await here.call('fast', undefined)).value).toBe('fast');
    release();

    expect((await slow).value).toBe('slow');
  });

  test('do 30 MB in both directions arrive whole?', async () => {
    const [here] = await pair({ echo: async ({ bytes }) => ({ value: bytes.length, bytes }) });
    const parts = Array.from({ length: 30 }, (_, at) => bytesOf(`part ${at} `, 1_000_000 + at));

    const { value, bytes } = await here.call('echo', undefined, parts);

    expect(value).toBe(30);
    expect(bytes.every((part, at) => sameBytes(part, parts[at] ?? bytesOf('')))).toBe(true);
  });

  test('does an error arrive with code, kind, message and advice?', async () => {
    const [here] = await pair({
      ours: async () => {
        throw new TidemarkError('TM_X', 'fenced', 'message', 'advice', new Error('cause'));
      },
      invariant: async () => {
        throw new InvariantViolation('broken');
      },
      other: async () => {
        throw new RangeError('other');
      },
      unsendable: async () => ({ value: Symbol('x'), bytes: [] }),
    });
    const thrown = async (method: string): Promise<unknown> =>
      here.call(method, undefined).catch((error: unknown) => error);

    expect(await thrown('ours')).toMatchObject({ code: 'TM_X', kind: 'fenced', message: 'message', advice: 'advice' });
    expect(await thrown('ours')).toBeInstanceOf(TidemarkError);
    expect(await thrown('invariant')).toBeInstanceOf(InvariantViolation);
    expect(await thrown('other')).toMatchObject({ code: 'TM_INTERNAL', kind: 'internal', message: 'other' });
    expect(await thrown('unsendable')).toMatchObject({ code: 'TM_CODEC_VALUE' });
    expect(await thrown('nothing')).toMatchObject({ code: 'TM_WIRE_METHOD', kind: 'internal' });
    expect(await failureOf(here.call('ours', Symbol('x')))).toEqual({ code: 'TM_CODEC_VALUE', kind: 'invalid' });
  });

  test.each(['far end closes', 'far end breaks', 'near end closes'])(
    'are calls under way refused when the %s?',
    async (how) => {
      const [here, there, pipe] = await pair({ never: () => new Promise(() => undefined) });
      const calls = [here.call('never', 1), here.call('never', 2)].map((call) => failureOf(call));

      if (how === 'far end closes') await there.close();
      else if (how === 'far end breaks') pipe.destroy();
      else await here.close();

      expect(await Promise.all(calls)).toEqual([1, 2].map(() => ({ code: 'TM_GONE', kind: 'unavailable' })));
      await Promise.all([here.closed, there.closed]);
      expect(await failureOf(here.call('never', 3))).toEqual({ code: 'TM_GONE', kind: 'unavailable' });
      here.tell('never', 4);
    },
  );

  test('is what was told before closing still heard?', async () => {
    const heard: unknown[] = [];
    const [here, there] = await pair({
      note: async ({ value }) => {
        heard.push(value);
        return { value: undefined, bytes: [] };
      },
    });

    for (let at = 0; at < 100; at += 1) here.tell('note', 'x'.repeat(1_000) + at);
    await here.close();
    await there.closed;

    expect(heard).toHaveLength(100);
  });

  test('does a pipe that carries something else close?', async () => {
    const [here, there] = await socketPair();
    const wire = openWire(here, { handlers: new Map(), gone });
    const call = failureOf(wire.call('x', 1));

    there.write('HTTP/1.1 200 OK\r\n\r\n');

    await wire.closed;
    expect(await call).toEqual({ code: 'TM_GONE', kind: 'unavailable' });
    there.destroy();
  });
});

describe('remote ports', () => {
  /** A journal that counts what reaches it. */
  const countingJournal = (reads: string[], outcome: () => 'appended' | 'taken' = () => 'appended'): Journal => ({
    append: async () => outcome(),
    last: async () => undefined,
    read: async () => [],
    readPart: async (subtask, version, part) => {
      reads.push(`${subtask} ${version} ${part}`);
      return bytesOf('from the owner');
    },
    collect: async () => undefined,
  });
  const portsWith = (some: Partial<Ports>): Ports => some as Ports;
  const closers: (() => Promise<void>)[] = [];
  afterEach(async () => {
    for (const close of closers.splice(0)) await close();
  });

  const connect = async (
    ports: Ports,
    options: Parameters<typeof connectPorts>[1] = {},
    extra: Parameters<typeof servePorts>[2] = {},
  ): Promise<{ remote: ReturnType<typeof connectPorts>; served: ReturnType<typeof servePorts> }> => {
    const [here, there] = await socketPair();
    const served = servePorts(ports, there, extra);
    const remote = connectPorts(here, options);
    closers.push(async () => {
      await remote.close();
      await served.close();
    });
    return { remote, served };
  };

  const entry = (version: number, parts: readonly Uint8Array[]): JournalAppend => ({
    version,
    attempt: 1,
    nonce: 'n',
    head: bytesOf('head'),
    parts,
  });

  test('are parts of entries that this process appended read without a call, while there is room?', async () => {
    const reads: string[] = [];
    const { remote } = await connect(portsWith({ journal: countingJournal(reads) }), { cacheBytes: 10_000 });
    const { journal } = remote.ports;
    await journal.append('s', entry(1, [bytesOf('a', 4_000), bytesOf('b')]));
    await journal.append('s', entry(2, [bytesOf('c', 4_000)]));

    expect(sameBytes(await journal.readPart('s', 1, 1), bytesOf('b'))).toBe(true);
    expect(sameBytes(await journal.readPart('s', 2, 0), bytesOf('c', 4_000))).toBe(true);
    expect(reads).toEqual([]);
    await journal.append('t', entry(1, [bytesOf('d', 4_000)]));
    await journal.readPart('s', 1, 0);
    await journal.readPart('s', 2, 5);
    await journal.readPart('s', 2, 0);
    expect(reads).toEqual(['s 1 0', 's 2 5']);
    await journal.collect('s', 2);
    await journal.readPart('s', 2, 0);
    await journal.readPart('t', 1, 0);
    expect(reads).toEqual(['s 1 0', 's 2 5', 's 2 0']);
  });

  test('are parts of an append that lost not kept?', async () => {
    const reads: string[] = [];
    const { remote } = await connect(portsWith({ journal: countingJournal(reads, () => 'taken') }));

    await remote.ports.journal.append('s', entry(1, [bytesOf('a')]));

    expect(sameBytes(await remote.ports.journal.readPart('s', 1, 0), bytesOf('from the owner'))).toBe(true);
    expect(reads).toEqual(['s 1 0']);
  });

  test('do owner and worker call each other beside the ports?', async () => {
    const { remote, served } = await connect(
      portsWith({}),
      { handle: { stop: async ([why]) => `stopped: ${why as string}`, fail: async () => Promise.reject(gone()) } },
      { next: async ([a, b]) => (a as number) + (b as number) },
    );

    expect(await remote.call('next', 1, 2)).toBe(3);
    expect(await served.call('stop', 'enough')).toBe('stopped: enough');
    expect(await failureOf(served.call('fail'))).toEqual({ code: 'TM_GONE', kind: 'unavailable' });
    expect(await failureOf(remote.call('nothing'))).toEqual({ code: 'TM_WIRE_METHOD', kind: 'internal' });
  });

  test('does an extra method not hide a port?', async () => {
    const reads: string[] = [];
    const { remote } = await connect(
      portsWith({ journal: countingJournal(reads) }),
      {},
      { 'journal.readPart': async () => 1 },
    );

    await remote.ports.journal.readPart('s', 1, 0);

    expect(reads).toEqual(['s 1 0']);
    expect(await remote.call('journal.readPart')).toBe(1);
  });

  test('does telemetry arrive in order, soon, and the last of it at closing?', async () => {
    const events: TelemetryEvent[] = [];
    const { remote, served } = await connect(portsWith({ telemetry: { emit: (event) => events.push(event) } }));
    const emit = (version: number): void => remote.ports.telemetry.emit({ kind: 'rebased', subtask: 's', version });

    for (let version = 0; version < 2_500; version += 1) emit(version);
    expect(events).toEqual([]);
    await remote.ports.clock.sleep(300);
    expect(events).toHaveLength(2_500);
    emit(2_500);
    await remote.close();
    await served.closed;

    expect(events).toEqual(Array.from({ length: 2_501 }, (_, version) => ({ kind: 'rebased', subtask: 's', version })));
  });

  test('does a worker learn that its supervisor is gone, and the other way round?', async () => {
    const never = (): Promise<never> => new Promise(() => undefined);
    const first = await connect(portsWith({ items: { read: never, list: never, write: never } }));
    const read = failureOf(first.remote.ports.items.read('k'));
    await first.served.close();
    expect(await read).toEqual({ code: 'TM_SUPERVISOR_GONE', kind: 'unavailable' });
    await first.remote.closed;
    expect(await failureOf(first.remote.ports.streams.room('p'))).toEqual({
      code: 'TM_SUPERVISOR_GONE',
      kind: 'unavailable',
    });
    first.remote.ports.telemetry.emit({ kind: 'rebased', subtask: 's', version: 1 });

    const second = await connect(portsWith({}), { handle: { wait: never } });
    const call = failureOf(second.served.call('wait'));
    await second.remote.close();
    expect(await call).toEqual({ code: 'TM_WORKER_GONE', kind: 'unavailable' });
  });
});
