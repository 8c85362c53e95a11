import type { CliContext, Output } from './context.ts';

/** What only the entry file knows. */
export interface Installation {
  readonly version: string;
  readonly libraryFile: string;
  readonly importModule: CliContext['importModule'];
}

/** The context of this process. */
export function processContext(installation: Installation): CliContext {
  return {
    ...installation,
    args: process.argv.slice(2),
    cwd: process.cwd(),
    env: process.env,
    stdout: outputOf(process.stdout),
    stderr: outputOf(process.stderr),
    onInterrupt(listener) {
      const onError = ({ code }: NodeJS.ErrnoException) => {
        if (code === 'EPIPE') listener();
      };
      process.on('SIGINT', listener).on('SIGTERM', listener);
      process.stdout.once('error', onError);
      return () => {
        process.off('SIGINT', listener).off('SIGTERM', listener);
        process.stdout.off('error', onError);
      };
    },
    exitNow: (code) => process.exit(code),
  };
}

function outputOf(stream: NodeJS.WriteStream): Output {
  let closed = false;
  // Without a listener a reader that has gone (`… | head`) would end the process with a stack.
  stream.on('error', () => {
    closed = true;
  });
  return {
    write(text) {
      if (!closed) stream.write(text);
    },
    isTTY: stream.isTTY === true,
    get columns() {
      return stream.columns || 80;
    },
    get rows() {
      return stream.rows || 24;
    },
    get closed() {
      return closed;
    },
  };
}
