import type { Duplex } from 'node:stream';
import { isTidemarkError, messageOf, TidemarkError } from '../../core/record/errors.ts';
import { InvariantViolation } from '../../core/record/invariant.ts';
import { FRAME, FrameReader, type WireFrame, type WireMessage, writeFrame } from './wire-frame.ts';

export type WireHandler = (message: WireMessage) => Promise<WireMessage>;

/** Both ends of a pipe are alike: each calls the other's handlers, any number of calls at a time, in any order. */
export interface Wire {
  /**
   * Calls a handler of the other side. Its error is thrown here with code, kind, message and advice.
   *
   * @throws what `gone` gives when the pipe closes before the answer: the call may have been carried out
   */
  call(method: string, value: unknown, bytes?: readonly Uint8Array[]): Promise<WireMessage>;
  /** Calls a handler whose answer nobody waits for; dropped when the pipe is closed. */
  tell(method: string, value: unknown): void;
  /** Resolves when the pipe is closed, from either side. */
  readonly closed: Promise<void>;
  /** Sends what is written and closes the pipe. */
  close(): Promise<void>;
}

export interface WireOptions {
  readonly handlers: ReadonlyMap<string, WireHandler>;
  /** The error of calls that the other side can't answer any more. */
  gone(): TidemarkError;
}

/** Speaks over one duplex byte stream: a pipe made by `child_process.spawn`, a socket. */
export function openWire(duplex: Duplex, options: WireOptions): Wire {
  return new PipeWire(duplex, options);
}

interface Pending {
  readonly resolve: (message: WireMessage) => void;
  readonly reject: (error: unknown) => void;
}

const NOTHING: WireMessage = { value: undefined, bytes: [] };

class PipeWire implements Wire {
  readonly closed: Promise<void>;
  readonly #duplex: Duplex;
  readonly #options: WireOptions;
  readonly #pending = new Map<number, Pending>();
  #lastId = 0;
  #open = true;
  #corked = false;

  constructor(duplex: Duplex, options: WireOptions) {
    this.#duplex = duplex;
    this.#options = options;
    const reader = new FrameReader((frame) => this.#receive(frame));
    duplex.on('data', (chunk: Uint8Array) => {
      try {
        reader.push(chunk);
      } catch (error) {
        duplex.destroy(error instanceof Error ? error : undefined);
      }
    });
    this.closed = new Promise((resolve) => {
      const end = (): void => {
        this.#end();
        duplex.destroy();
        resolve();
      };
      // A broken pipe is told by `closed` and by the calls that it ends.
      duplex.on('error', end);
      duplex.on('end', end);
      duplex.on('close', end);
    });
  }

  call(method: string, value: unknown, bytes: readonly Uint8Array[] = []): Promise<WireMessage> {
    if (!this.#open) return Promise.reject(this.#options.gone());
    return new Promise((resolve, reject) => {
      do this.#lastId = (this.#lastId % 0xffff_ffff) + 1;
      while (this.#pending.has(this.#lastId));
      const id = this.#lastId;
      this.#pending.set(id, { resolve, reject });
      try {
        this.#send({ kind: FRAME.request, id, value: [method, value], bytes });
      } catch (error) {
        this.#pending.delete(id);
        reject(error);
      }
    });
  }

  tell(method: string, value: unknown): void {
    this.#send({ kind: FRAME.oneWay, id: 0, value: [method, value], bytes: [] });
  }

  close(): Promise<void> {
    this.#end();
    this.#duplex.end(() => this.#duplex.destroy());
    return this.closed;
  }

  #end(): void {
    this.#open = false;
    for (const { reject } of this.#pending.values()) reject(this.#options.gone());
    this.#pending.clear();
  }

  /** All frames of one turn leave in one system call. */
  #send(frame: WireFrame): void {
    if (!this.#open) return;
    if (!this.#corked) {
      this.#corked = true;
      this.#duplex.cork();
      process.nextTick(() => {
        this.#corked = false;
        this.#duplex.uncork();
      });
    }
    writeFrame(this.#duplex, frame);
  }

  #receive(frame: WireFrame): void {
    if (frame.kind === FRAME.request || frame.kind === FRAME.oneWay) {
      void this.#serve(frame);
      return;
    }
    const pending = this.#pending.get(frame.id);
    this.#pending.delete(frame.id);
    if (frame.kind === FRAME.reply) pending?.resolve(frame);
    else pending?.reject(errorFrom(frame.value));
  }

  async #serve(frame: WireFrame): Promise<void> {
    const [method, value] = frame.value as [string, unknown];
    try {
      const handler = this.#options.handlers.get(method);
      if (handler === undefined) throw unknownMethod(method);
      const answer = await handler({ value, bytes: frame.bytes });
      if (frame.kind === FRAME.request) this.#send({ kind: FRAME.reply, id: frame.id, ...answer });
    } catch (error) {
      if (frame.kind === FRAME.request) {
        this.#send({ kind: FRAME.failure, id: frame.id, value: errorTo(error), bytes: [] });
      }
    }
  }
}

/** An answer without content. */
export const answered = (): WireMessage => NOTHING;

interface WireError {
  readonly code: string;
  readonly kind: TidemarkError['kind'];
  readonly message: string;
  readonly advice: string;
}

const INVARIANT = 'InvariantViolation';

function errorTo(error: unknown): WireError {
  if (isTidemarkError(error)) {
    return { code: error.code, kind: error.kind, message: error.message, advice: error.advice };
  }
  const code = error instanceof InvariantViolation ? INVARIANT : 'TM_INTERNAL';
  return { code, kind: 'internal', message: messageOf(error), advice: 'This is a bug in Tidemark: please report it.' };
}

function errorFrom(value: unknown): Error {
  const { code, kind, message, advice } = value as WireError;
  return code === INVARIANT ? new InvariantViolation(message) : new TidemarkError(code, kind, message, advice);
}

function unknownMethod(method: string): TidemarkError {
  return new TidemarkError(
    'TM_WIRE_METHOD',
    'internal',
    `The other side of the pipe has no method ${method}.`,
    'Supervisor and worker run different versions: stop both and start again.',
  );
}
