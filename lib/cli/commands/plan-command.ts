import { availableParallelism } from 'node:os';
import path from 'node:path';
import { graphOf } from '../../api/definition.ts';
import { explainJson, explainMermaid, explainText } from '../../plan/explain.ts';
import { planPipeline } from '../../plan/planner.ts';
import { checkpointArguments } from '../arguments/checkpoint-argument.ts';
import type { CommandAction } from '../arguments/command-spec.ts';
import { numberOption } from '../arguments/number-argument.ts';
import { usageError } from '../arguments/usage-error.ts';
import { EXIT } from '../exit-code.ts';
import { loadPipeline } from '../pipeline/load-pipeline.ts';

/** `tidemark plan`. */
export const planCommand: CommandAction = async (args, context) => {
  const [file] = args.positionals;
  if (file === undefined) {
    throw usageError(
      'TM_CLI_ARGUMENT',
      'no pipeline file is given',
      'Name the module that exports the pipeline: tidemark plan pipeline.ts',
    );
  }
  if (args.has('json') && args.has('mermaid')) {
    throw usageError('TM_CLI_OPTION', '--json and --mermaid exclude each other', 'Choose one.');
  }
  const { definition } = await loadPipeline(path.resolve(context.cwd, file), args.one('export'), context);
  const parallelism = numberOption(args, 'parallelism', 1) ?? availableParallelism();
  const maxParallelism = numberOption(args, 'max-parallelism', 1);
  const plan = planPipeline(graphOf(definition, checkpointArguments(args.all('checkpoint'))), {
    parallelism,
    partitions: numberOption(args, 'partitions', 1) ?? parallelism,
    ...(maxParallelism === undefined ? {} : { maxParallelism }),
  });
  if (args.has('json')) context.stdout.write(`${JSON.stringify(explainJson(plan), undefined, 2)}\n`);
  else context.stdout.write(args.has('mermaid') ? explainMermaid(plan) : explainText(plan));
  return EXIT.done;
};
