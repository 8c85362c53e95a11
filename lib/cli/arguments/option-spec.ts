/** One option of a command. */
export interface OptionSpec {
  /** Without the dashes. */
  readonly name: string;
  /** What stands for the value in the help (`DIR`); a flag has none. */
  readonly value?: string;
  /** May be given more than once. */
  readonly repeatable?: true;
  readonly help: string;
}

/** Options of every command. */
export const GLOBAL_OPTIONS: readonly OptionSpec[] = [
  { name: 'verbose', help: 'Show the stack of unexpected errors.' },
  { name: 'help', help: 'Show this text.' },
];
