import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { ROOT } from './source-files.ts';

type Line = readonly unknown[];

/** A running `store-process.ts`. */
export class ChildStore {
  readonly process: ChildProcess;
  /** Everything that it has told. */
  readonly told: Line[] = [];
  #wake: () => void = () => undefined;
  #ended = false;
  /** The end of what it wrote to its error output. */
  #errors = '';

  /** `fileKiB`: the size above which the system refuses to make a file larger, as a full disk does. */
  constructor(mode: 'append' | 'obey', directory: string, fileKiB?: number) {
    const node = [process.execPath, '--import', 'tsx', require.resolve('./store-process.ts'), mode, directory];
    // `ulimit -f` counts blocks of 512 bytes in every POSIX shell.
    const command =
      fileKiB === undefined ? node : ['/bin/sh', '-c', `ulimit -f ${fileKiB * 2}; exec "$@"`, 'sh', ...node];
    const [program = '', ...args] = command;
    this.process = spawn(program, args, { cwd: ROOT, stdio: ['pipe', 'pipe', 'pipe'] });
    this.process.stderr?.on('data', (text: Buffer) => {
      this.#errors = (this.#errors + text.toString()).slice(-4_000);
    });
    if (this.process.stdout === null) throw new Error('the child has no output');
    const lines = createInterface({ input: this.process.stdout });
    lines.on('line', (line) => {
      this.told.push(JSON.parse(line) as Line);
      this.#wake();
    });
    lines.on('close', () => {
      this.#ended = true;
      this.#wake();
    });
  }

  /** Waits until it has told this many lines. */
  async tells(count: number): Promise<void> {
    while (this.told.length < count) {
      if (this.#ended) throw new Error(`the child ended: ${this.#errors}`);
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  /** Gives a command to an `obey` process and waits for its answer. */
  async ask(...command: readonly unknown[]): Promise<Line | undefined> {
    const before = this.told.length;
    this.process.stdin?.write(`${JSON.stringify(command)}\n`);
    await this.tells(before + 1);
    return this.told[before];
  }

  /** Kills it, without any chance to tidy up, and reads what it had told. Fails when it had ended by itself. */
  async kill(): Promise<void> {
    const { exitCode, signalCode } = this.process;
    if (exitCode !== null || signalCode !== null) throw new Error(`the child had ended: ${this.#errors}`);
    const closed = once(this.process, 'close');
    this.process.kill('SIGKILL');
    await closed;
    if (this.process.signalCode !== 'SIGKILL') throw new Error(`the child had ended: ${this.#errors}`);
  }
}
