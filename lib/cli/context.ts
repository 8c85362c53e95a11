import picocolors from 'picocolors';

/** Where text goes. */
export interface Output {
  write(text: string): void;
  readonly isTTY: boolean;
  /** Size of the terminal; 80 × 24 where it is none. */
  readonly columns: number;
  readonly rows: number;
  /** The reader has gone (`… | head`): writing more is of no use. */
  readonly closed: boolean;
}

/** Everything that a command needs of its process: given by `bin/tidemark.ts`, and by tests. */
export interface CliContext {
  /** Without node and the program's name. */
  readonly args: readonly string[];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly stdout: Output;
  readonly stderr: Output;
  /** Version of the package. */
  readonly version: string;
  /** The library's own entry file: what a pipeline's `import … from 'tidemark'` means when it is not installed. */
  readonly libraryFile: string;
  /** Imports an ES module by its path. */
  importModule(file: string): Promise<Readonly<Record<string, unknown>>>;
  /**
   * Calls the listener for each Ctrl-C or SIGTERM instead of ending the process, and once when nobody reads the output
   * any more; gives a function that ends it.
   */
  onInterrupt(listener: () => void): () => void;
  /** Ends the process at once. */
  exitNow(code: number): void;
}

export type Colors = ReturnType<typeof picocolors.createColors>;

/** Colours for an output: none where it is no terminal, or NO_COLOR is set; FORCE_COLOR wins over the former. */
export function colorsFor(output: Output, env: CliContext['env']): Colors {
  const refused = (env['NO_COLOR'] ?? '') !== '' || env['TERM'] === 'dumb';
  const forced = (env['FORCE_COLOR'] ?? '') !== '' && env['FORCE_COLOR'] !== '0';
  return picocolors.createColors(!refused && (forced || output.isTTY));
}
