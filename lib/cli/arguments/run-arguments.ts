import path from 'node:path';
import type { CheckpointOptions } from '../../api/options.ts';
import type { BindingSpecs } from '../../engine/index.ts';
import { bindingPairs, effectBinding, sinkBinding, sourceBinding } from './binding-argument.ts';
import { checkpointArguments } from './checkpoint-argument.ts';
import { type BindingTexts, type ConfigFile, readConfigFile } from './config-file.ts';
import { numberOption } from './number-argument.ts';
import type { OptionSpec } from './option-spec.ts';
import type { ParsedArguments } from './parse-arguments.ts';
import { usageError } from './usage-error.ts';

/** The options of `run` and `restore`. */
export const RUN_OPTIONS: readonly OptionSpec[] = [
  {
    name: 'source',
    value: 'ID=PATTERN',
    repeatable: true,
    help: 'NDJSON files of a source: a file, a folder, *, ?, **; again or with commas for more.',
  },
  {
    name: 'sink',
    value: 'ID=PLACE',
    repeatable: true,
    help: 'Where a sink writes: a folder, table, or table:NAME (a table in DIR).',
  },
  {
    name: 'effect',
    value: 'ID=FILE',
    repeatable: true,
    help: 'File to which effects are written, one JSON line each.',
  },
  { name: 'dir', value: 'DIR', help: 'State, checkpoints, tables, dead letters. Default: .tidemark/<pipeline name>.' },
  { name: 'workers', value: 'N', help: 'Worker processes; 0: none, all in this process. Default: number of cores.' },
  {
    name: 'parallelism',
    value: 'N',
    help: 'Subtasks of each keyed stage, fixed at the first start. Default: workers.',
  },
  { name: 'partitions', value: 'N', help: 'Subtasks of each source, fixed at the first start. Default: parallelism.' },
  { name: 'max-parallelism', value: 'N', help: 'Key groups, fixed at the first start. Default: 128.' },
  {
    name: 'checkpoint',
    value: 'KEY=VALUE',
    repeatable: true,
    help: 'Overrides one checkpoint option: every=5s, mode=at-least-once, unaligned=true, alignedTimeout=never, timeout=2m, minPause=500ms, maxConcurrent=2, tolerableFailures=3, retain=5, onCancel=delete.',
  },
  { name: 'follow', help: 'Goes on with lines and files that are added later, until it is stopped.' },
  {
    name: 'drop-state',
    value: 'ID',
    repeatable: true,
    help: 'Lets a changed pipeline leave the state of a stateful step behind.',
  },
  {
    name: 'export',
    value: 'NAME',
    help: 'Which export of the file is the pipeline. Default: default, else the only one.',
  },
  {
    name: 'config',
    value: 'FILE',
    help: 'JSON with these options under the same names; paths are relative to it. The command line wins.',
  },
  { name: 'json', help: 'One JSON object a line instead of text: starts, checkpoints, status, result.' },
  { name: 'trace', help: 'Shows barrier alignment as it happens.' },
];

/** What a run was asked to do. */
export interface RunArguments {
  readonly pipelineFile: string;
  readonly exportName: string | undefined;
  /** Absolute; undefined: the default, which depends on the pipeline's name. */
  readonly directory: string | undefined;
  readonly bindings: Required<BindingSpecs>;
  readonly checkpoint: CheckpointOptions;
  readonly sizes: Readonly<Partial<Record<(typeof SIZES)[number]['field'], number>>>;
  readonly allowedDrops: readonly string[];
  readonly json: boolean;
  readonly trace: boolean;
}

const SIZES = [
  { field: 'workers', option: 'workers', least: 0 },
  { field: 'parallelism', option: 'parallelism', least: 1 },
  { field: 'partitions', option: 'partitions', least: 1 },
  { field: 'maxParallelism', option: 'max-parallelism', least: 1 },
] as const;

/**
 * Options of a run: those of `--config`, and above them the command line's (bindings id by id, checkpoint options one by
 * one). `pipeline` is the file named on the command line.
 *
 * Throws `TM_CLI_*` (invalid).
 */
export async function runArguments(
  args: ParsedArguments,
  pipeline: string | undefined,
  cwd: string,
): Promise<RunArguments> {
  const configFile = args.one('config');
  const config: ConfigFile = configFile === undefined ? { baseDir: cwd } : await readConfigFile(configFile, cwd);
  const sizes = SIZES.map(({ field, option, least }) => [field, numberOption(args, option, least) ?? config[field]]);
  const directory = resolved(args.one('dir'), cwd) ?? resolved(config.dir, config.baseDir);
  return {
    pipelineFile: resolved(pipeline, cwd) ?? resolved(config.pipeline, config.baseDir) ?? missingPipeline(),
    exportName: args.one('export') ?? config.export,
    directory,
    bindings: bindingsOf(args, config, cwd),
    checkpoint: { ...config.checkpoint, ...checkpointArguments(args.all('checkpoint')) },
    sizes: Object.fromEntries(sizes.filter(([, size]) => size !== undefined)),
    allowedDrops: args.has('drop-state') ? args.all('drop-state') : (config.dropState ?? []),
    json: args.has('json') || config.json === true,
    trace: args.has('trace') || config.trace === true,
  };
}

const resolved = (file: string | undefined, base: string): string | undefined =>
  file === undefined ? undefined : path.resolve(base, file);

function missingPipeline(): never {
  throw usageError(
    'TM_CLI_ARGUMENT',
    'no pipeline file is given',
    "Name the module that exports the pipeline: tidemark run pipeline.ts --source 'in=events/*.ndjson' --sink out=out/",
  );
}

function bindingsOf(args: ParsedArguments, config: ConfigFile, cwd: string): Required<BindingSpecs> {
  const follow = args.has('follow') || config.follow === true;
  const layers = [
    { baseDir: config.baseDir, source: config.source, sink: config.sink, effect: config.effect },
    {
      baseDir: cwd,
      source: bindingPairs('source', args.all('source')),
      sink: bindingPairs('sink', args.all('sink')),
      effect: bindingPairs('effect', args.all('effect')),
    },
  ];
  return {
    sources: merged(layers, 'source', (id, texts, baseDir) => sourceBinding(id, texts, baseDir, follow)),
    sinks: merged(layers, 'sink', sinkBinding),
    effects: merged(layers, 'effect', effectBinding),
  };
}

type Layer = { readonly baseDir: string } & Readonly<Record<'source' | 'sink' | 'effect', BindingTexts | undefined>>;

function merged<Spec>(
  layers: readonly Layer[],
  role: 'source' | 'sink' | 'effect',
  make: (id: string, texts: readonly string[], baseDir: string) => Spec,
): Record<string, Spec> {
  const entries = layers.flatMap((layer) =>
    [...(layer[role] ?? [])].map(([id, texts]) => [id, make(id, texts, layer.baseDir)] as const),
  );
  return Object.fromEntries(entries);
}
