import type { CliContext, Output } from '../../../lib/cli/context.ts';

/** Keeps what is written. */
export class KeptOutput implements Output {
  text = '';
  readonly isTTY: boolean;
  readonly columns = 80;
  readonly rows = 24;
  closed = false;

  constructor(isTTY = false) {
    this.isTTY = isTTY;
  }

  write(text: string): void {
    this.text += text;
  }
}

/** A context whose outputs are kept, in which no module can be loaded. */
export function keptContext(
  ...args: string[]
): CliContext & { readonly stdout: KeptOutput; readonly stderr: KeptOutput } {
  return {
    args,
    cwd: process.cwd(),
    env: {},
    stdout: new KeptOutput(),
    stderr: new KeptOutput(),
    version: '1.2.3',
    libraryFile: '',
    importModule: () => Promise.reject(new Error('nothing is loaded here')),
    onInterrupt: () => () => undefined,
    exitNow: () => undefined,
  };
}
