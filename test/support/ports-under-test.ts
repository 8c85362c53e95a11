import type { Ports } from '../../lib/ports/ports.ts';

/** One family of adapters, opened on storage of its own. */
export interface PortsUnderTest {
  readonly ports: Ports;
  close(): Promise<void>;
  /** Closes and opens the same storage again, as after a restart. A family that keeps nothing leaves it out. */
  reopen?(): Promise<Ports>;
  /** Waits for work that waits for time. A family with a virtual clock moves it on here until the work is done. */
  drive?<T>(work: Promise<T>): Promise<T>;
}

export type MakePorts = () => Promise<PortsUnderTest>;

/** What the tests of one suite share: one opening of the ports, and names that no other test uses. */
export interface PortsFixture {
  readonly ports: Ports;
  /** Undefined where the family can't be opened again. */
  reopen(): Promise<Ports> | undefined;
  drive<T>(work: Promise<T>): Promise<T>;
  name(prefix: string): string;
}

/** Opens the ports before the first test of the suite that it is called in and closes them after the last one. */
export function portsFixture(makePorts: MakePorts): PortsFixture {
  let made: PortsUnderTest | undefined;
  let ports: Ports | undefined;
  let names = 0;
  const open = (): PortsUnderTest => {
    if (made === undefined) throw new Error('ports are opened before the first test');
    return made;
  };
  beforeAll(async () => {
    made = await makePorts();
    ports = made.ports;
  });
  afterAll(async () => {
    await made?.close();
  });
  return {
    get ports() {
      return ports ?? open().ports;
    },
    reopen() {
      return open()
        .reopen?.()
        .then((opened) => {
          ports = opened;
          return opened;
        });
    },
    drive: (work) => open().drive?.(work) ?? work,
    name(prefix) {
      names += 1;
      return `${prefix}-${names}`;
    },
  };
}

/** The code and kind of the error that a promise is rejected with; fails when it is not. */
export async function failureOf(work: Promise<unknown>): Promise<{ code: unknown; kind: unknown }> {
  const outcome = await work.then(
    (value) => ({ value }),
    (error: unknown) => ({ error }),
  );
  if (!('error' in outcome)) throw new Error(`expected an error, got ${JSON.stringify(outcome.value)}`);
  const { code, kind } = outcome.error as { code: unknown; kind: unknown };
  return { code, kind };
}

/** Bytes whose content tells where they come from. */
export function bytesOf(text: string, length: number = text.length): Uint8Array {
  return new Uint8Array(Buffer.alloc(length, text));
}

/** Whether two byte strings are the same, whatever class they have. */
export function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.compare(a, b) === 0;
}

/** Whether a list is ordered by the UTF-8 bytes of its texts and names none twice. */
export function isAscending(texts: readonly string[]): boolean {
  return texts.every((text, at) => at === 0 || Buffer.compare(Buffer.from(texts[at - 1] ?? ''), Buffer.from(text)) < 0);
}
