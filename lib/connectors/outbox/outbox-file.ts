import { type FileHandle, mkdir, open } from 'node:fs/promises';
import { dirname } from 'node:path';
import { TidemarkError } from '../../core/record/errors.ts';

const NEWLINE = 0x0a;
const READ_BYTES = 1024 * 1024;
/** How each line begins: nothing else is cut off. */
const LINE_START = '{"key":"';

/** A file of `{key, payload}` lines, and the line number of each key in it. */
export class OutboxFile {
  readonly #path: string;
  readonly #handle: FileHandle;
  readonly #lineOfKey = new Map<string, number>();
  #lines = 0;
  /** Length of the whole lines read or written. */
  #sizeBytes = 0;
  /** Length of the file when a line without end was last seen behind them; Infinity: it is our own, from a failed write. */
  #tornBytes: number | undefined;

  private constructor(path: string, handle: FileHandle) {
    this.#path = path;
    this.#handle = handle;
  }

  /** Opens or makes the file, reads its keys, and cuts a last line off that was torn by a crash. */
  static async open(path: string): Promise<OutboxFile> {
    await mkdir(dirname(path), { recursive: true });
    const file = new OutboxFile(path, await open(path, 'a+'));
    try {
      file.#tornBytes = Number.POSITIVE_INFINITY;
      await file.refresh();
      const directory = await open(dirname(path), 'r');
      await directory.sync().finally(() => directory.close());
      return file;
    } catch (error) {
      await file.close();
      throw error;
    }
  }

  /** The number of the line that holds a key, from 1. */
  lineOf(key: string): number | undefined {
    return this.#lineOfKey.get(key);
  }

  /**
   * Reads lines that another process appended. False when the last one has no end yet: another process is writing it.
   * If the file still is as long at the next call, its writer died and the line is cut off.
   */
  async refresh(): Promise<boolean> {
    const { size } = await this.#handle.stat();
    if (size < this.#sizeBytes) throw damaged(this.#path, `it shrank from ${this.#sizeBytes} bytes to ${size}`);
    let rest: Buffer = Buffer.alloc(0);
    for (let at = this.#sizeBytes; at < size; ) {
      const { bytesRead, buffer } = await this.#handle.read(Buffer.allocUnsafe(READ_BYTES), 0, READ_BYTES, at);
      if (bytesRead === 0) break;
      at += bytesRead;
      rest = this.#take(Buffer.concat([rest, buffer.subarray(0, bytesRead)]));
    }
    if (rest.length > 0 && this.#tornBytes !== size && this.#tornBytes !== Number.POSITIVE_INFINITY) {
      this.#tornBytes = size;
      return false;
    }
    if (rest.length > 0 && !isTornLine(rest)) throw damaged(this.#path, 'its last line is not one of an outbox');
    if (rest.length > 0) await this.#handle.truncate(this.#sizeBytes);
    this.#tornBytes = undefined;
    return true;
  }

  /** Appends lines, on the disk when it answers. What a failed append left is cut off by the next `refresh`. */
  async append(lines: readonly { readonly key: string; readonly text: string }[]): Promise<void> {
    const bytes = Buffer.from(lines.map(({ text }) => `${text}\n`).join(''));
    this.#tornBytes = Number.POSITIVE_INFINITY;
    await this.#handle.appendFile(bytes);
    await this.#handle.sync();
    this.#tornBytes = undefined;
    this.#sizeBytes += bytes.length;
    for (const { key } of lines) this.#remember(key);
  }

  async close(): Promise<void> {
    await this.#handle.close();
  }

  /** Takes the whole lines and returns what is behind them. */
  #take(bytes: Buffer): Buffer {
    let start = 0;
    for (let end = bytes.indexOf(NEWLINE); end >= 0; end = bytes.indexOf(NEWLINE, start)) {
      this.#remember(keyOfLine(this.#path, this.#lines + 1, bytes.toString('utf8', start, end)));
      start = end + 1;
    }
    this.#sizeBytes += start;
    return bytes.subarray(start);
  }

  #remember(key: string): void {
    this.#lines += 1;
    if (!this.#lineOfKey.has(key)) this.#lineOfKey.set(key, this.#lines);
  }
}

/** True for the beginning of a line, and for zeros: what a loss of power can leave. */
function isTornLine(bytes: Buffer): boolean {
  const start = bytes.toString('utf8', 0, LINE_START.length);
  return start.startsWith(LINE_START) || LINE_START.startsWith(start) || bytes.every((byte) => byte === 0);
}

function keyOfLine(path: string, line: number, text: string): string {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    parsed = undefined;
  }
  const key = (parsed as { key?: unknown } | null | undefined)?.key;
  if (typeof key === 'string') return key;
  throw damaged(path, `line ${line} is not an object with a text "key"`);
}

function damaged(path: string, why: string): TidemarkError {
  return new TidemarkError(
    'TM_EFFECT_FILE',
    'corrupt',
    `The outbox file ${path} was changed by something else: ${why}.`,
    'Move it away and keep it: a new one is begun, and requests that it held may be written once more.',
  );
}
