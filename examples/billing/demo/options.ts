import { parseArgs } from 'node:util';

export interface DemoOptions {
  readonly events: number;
  readonly kills: number;
  readonly seed: number;
  readonly workers: number;
  readonly parallelism: number;
  readonly keep: boolean;
  readonly json: boolean;
}

export const HELP = `Bills usage events while its own processes are being killed, then checks every invoice.

  npm start -- [options]

  --events N       Usage events, besides copies and broken lines. Default: 1000000.
  --kills N        How many times a process is killed, with SIGKILL. Default: 10.
  --seed N         Another seed: other events, other victims, other moments. Default: 1.
  --workers N      Worker processes. Default: 2.
  --parallelism N  Subtasks of each stage. Default: 2.
  --keep           Leaves input, state and output where they are, and says where.
  --json           One JSON object with the result instead of text.
  --help           This.
`;

/** The options of the command line; undefined: help was asked for. Throws an error with a sentence. */
export function demoOptions(args: readonly string[]): DemoOptions | undefined {
  const text = { type: 'string' } as const;
  const flag = { type: 'boolean', default: false } as const;
  const { values } = parseArgs({
    args: [...args],
    options: {
      ...{ events: text, kills: text, seed: text, workers: text, parallelism: text },
      ...{ keep: flag, json: flag, help: flag },
    },
  });
  if (values.help) return undefined;
  return {
    events: wholeNumber('events', values.events, 1_000_000, 1),
    kills: wholeNumber('kills', values.kills, 10, 0),
    seed: wholeNumber('seed', values.seed, 1, 0),
    workers: wholeNumber('workers', values.workers, 2, 1),
    parallelism: wholeNumber('parallelism', values.parallelism, 2, 1),
    keep: values.keep,
    json: values.json,
  };
}

function wholeNumber(name: string, text: string | undefined, otherwise: number, least: number): number {
  if (text === undefined) return otherwise;
  const number = Number(text);
  if (/^[0-9]+$/.test(text) && Number.isSafeInteger(number) && number >= least) return number;
  throw new Error(`--${name} wants a whole number, at least ${least}; got '${text}'.`);
}
