import type { CommandSpec } from './arguments/command-spec.ts';
import type { OptionSpec } from './arguments/option-spec.ts';
import { RUN_OPTIONS } from './arguments/run-arguments.ts';
import { DIRECTORY_OPTION } from './commands/job-directory.ts';

const JSON_OPTION: OptionSpec = { name: 'json', help: 'JSON instead of text.' };

/** All commands, in the order of the help. */
export const COMMANDS: readonly CommandSpec[] = [
  {
    name: 'run',
    summary: 'runs a pipeline on this machine, or goes on with it',
    usage: '<pipeline.ts|js> --source ID=PATTERN --sink ID=PLACE [options]',
    about: [
      'Runs the pipeline that the file exports: bundles it, starts worker processes and keeps all state in DIR. Run again with the same DIR, it goes on exactly where it was, after a crash too.',
      'Ctrl-C takes a last checkpoint and ends; twice ends at once, which is safe as well. Put quotes around patterns, so that the shell leaves them alone.',
    ],
    options: RUN_OPTIONS,
    examples: [
      "tidemark run billing.ts --source 'usage=events/*.ndjson' --sink invoices=out/",
      "tidemark run billing.ts --source 'usage=events/**/*.ndjson' --sink invoices=table --effect receipt=mails.ndjson",
      'tidemark run billing.ts --source usage=events --sink invoices=table --follow --checkpoint every=5s,retain=5',
      'tidemark run billing.ts --config billing.json --json',
    ],
    maxPositionals: 1,
    load: async () => (await import('./commands/run-command.ts')).runCommand,
  },
  {
    name: 'restore',
    summary: 'goes back to a checkpoint and runs from there',
    usage: '<ID|latest> <pipeline.ts|js> --dir DIR [options of run]',
    about: [
      'Begins a new attempt with the state and the input positions of a completed checkpoint, and runs on. Newer checkpoints are abandoned. 0 is the beginning.',
      'Output that was committed after an older checkpoint stays and is produced again: sinks with keys write the same rows, sinks that only append refuse. So anything but the latest needs --allow-older.',
    ],
    options: [{ name: 'allow-older', help: 'Allows a checkpoint that is not the latest one.' }, ...RUN_OPTIONS],
    examples: [
      "tidemark restore latest billing.ts --source 'usage=events/*.ndjson' --sink invoices=table",
      "tidemark restore 41 billing.ts --allow-older --source 'usage=events/*.ndjson' --sink invoices=table",
    ],
    maxPositionals: 2,
    load: async () => (await import('./commands/restore-command.ts')).restoreCommand,
  },
  {
    name: 'plan',
    summary: 'shows stages, exchanges and guarantees of a pipeline',
    usage: '<pipeline.ts|js> [options]',
    about: ['Explains how the pipeline would run, without running it. Nothing is written.'],
    options: [
      { name: 'parallelism', value: 'N', help: 'Subtasks of each keyed stage. Default: number of cores.' },
      { name: 'partitions', value: 'N', help: 'Subtasks of each source. Default: parallelism.' },
      { name: 'max-parallelism', value: 'N', help: 'Key groups. Default: 128.' },
      {
        name: 'checkpoint',
        value: 'KEY=VALUE',
        repeatable: true,
        help: 'Overrides one checkpoint option, as for run.',
      },
      { name: 'export', value: 'NAME', help: 'Which export of the file is the pipeline.' },
      { name: 'mermaid', help: 'A Mermaid flowchart instead of text.' },
      JSON_OPTION,
    ],
    examples: ['tidemark plan billing.ts', 'tidemark plan billing.ts --parallelism 4 --mermaid'],
    maxPositionals: 1,
    load: async () => (await import('./commands/plan-command.ts')).planCommand,
  },
  {
    name: 'checkpoints',
    summary: 'lists checkpoints, or shows one with its proof',
    usage: '[list | show ID] --dir DIR [--json]',
    about: [
      'The list has one line for each checkpoint. show adds what each subtask acknowledged, the input positions, and for each channel how many messages were sent, processed and in flight at the cut: the proof that it is consistent. Works while the run goes on.',
    ],
    options: [DIRECTORY_OPTION, JSON_OPTION],
    examples: ['tidemark checkpoints --dir .tidemark/billing', 'tidemark checkpoints show 12 --dir .tidemark/billing'],
    maxPositionals: 3,
    load: async () => (await import('./commands/checkpoints-command.ts')).checkpointsCommand,
  },
  {
    name: 'dead-letters',
    summary: 'shows records that were refused or given up',
    usage: '--dir DIR [--json] [--limit N]',
    about: [
      'Committed dead letters: who gave up which record, why, and where it stands in the input. Works while the run goes on.',
    ],
    options: [
      DIRECTORY_OPTION,
      { name: 'limit', value: 'N', help: 'At most so many. Default: 100; all with --json.' },
      JSON_OPTION,
    ],
    examples: ['tidemark dead-letters --dir .tidemark/billing', 'tidemark dead-letters --json | jq .[].code'],
    maxPositionals: 0,
    load: async () => (await import('./commands/dead-letters-command.ts')).deadLettersCommand,
  },
  {
    name: 'table',
    summary: 'shows committed rows of a table',
    usage: 'NAME --dir DIR [--json | --ndjson] [--limit N]',
    about: [
      'Rows that are committed, by key. NAME is the id of the sink, or what --sink ID=table:NAME says. Works while the run goes on.',
    ],
    options: [
      DIRECTORY_OPTION,
      { name: 'limit', value: 'N', help: 'At most so many. Default: 100; all with --json and --ndjson.' },
      { name: 'json', help: 'One JSON array.' },
      { name: 'ndjson', help: 'One JSON object a line.' },
    ],
    examples: ['tidemark table invoices --dir .tidemark/billing', 'tidemark table invoices --ndjson | head'],
    maxPositionals: 1,
    load: async () => (await import('./commands/table-command.ts')).tableCommand,
  },
];
