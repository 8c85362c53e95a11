import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { type Outcome, type Workplace, workplace } from './cli-process.ts';

const SOURCE = ['--source', 'usage=events/*.ndjson'];
const BINDINGS = [...SOURCE, '--sink', 'totals=table'];

/** A mistake of the user: exit code 2, a code and advice, no stack. */
function expectMistake(outcome: Outcome, code: string, ...texts: readonly string[]): void {
  expect(outcome.stderr).toMatch(new RegExp(`(^|\\n)error ${code}: `));
  expect(outcome.stderr).toMatch(/\n {2}next: {2}\S/);
  expect(outcome.stderr).not.toMatch(/\n\s+at .*\(|node:internal/);
  for (const text of texts) expect(outcome.stderr).toContain(text);
  expect(outcome.stdout).toBe('');
  expect(outcome.code).toBe(2);
}

describe('mistakes on the command line', () => {
  let place: Workplace;

  beforeAll(async () => {
    place = await workplace(10);
  });

  afterAll(() => place.remove());

  test('is a file that does not compile shown with file, line and column?', async () => {
    await place.write('broken.ts', "import { pipeline } from 'tidemark';\nexport default pipeline('x'\n  .source(;\n");
    const outcome = await place.cli('run', 'broken.ts', ...BINDINGS);
    expectMistake(outcome, 'TM_PIPELINE_COMPILE', `${path.join(place.directory, 'broken.ts')}:3:11: `, '.source(;');
  });

  test('is an import that is not there shown with file and line?', async () => {
    await place.write('lonely.ts', "import { gone } from './gone.ts';\nexport default gone;\n");
    expectMistake(await place.cli('plan', 'lonely.ts'), 'TM_PIPELINE_COMPILE', 'lonely.ts:1:22: ', 'gone.ts');
  });

  test('does a module that throws name the line that the user wrote?', async () => {
    const lines = [
      "import { pipeline } from 'tidemark';",
      'const rates: Record<string, { eur: number }> = {};',
      "const name = (): string => String(rates['x'].eur);",
      'export default pipeline(name());',
    ];
    await place.write('throws.ts', lines.join('\n'));
    const outcome = await place.cli('run', 'throws.ts');
    expectMistake(outcome, 'TM_PIPELINE_LOAD', `${path.join(place.directory, 'throws.ts')}:3:`);
  });

  test('does a definition that cannot be built say so?', async () => {
    await place.write('name.ts', "import { pipeline } from 'tidemark';\nexport default pipeline('Bad Name');\n");
    await place.write('empty.ts', "import { pipeline } from 'tidemark';\nexport default pipeline('empty');\n");
    expectMistake(await place.cli('run', 'name.ts'), 'TM_GRAPH_ID', "'Bad Name'");
    expectMistake(await place.cli('run', 'empty.ts'), 'TM_GRAPH_NO_SOURCE');
  });

  test('is a missing or misspelt binding refused before anything is written?', async () => {
    expectMistake(await place.cli('run', 'pipeline.ts', ...SOURCE), 'TM_BINDING_MISSING', "sink 'totals'");
    const misspelt = await place.cli('run', 'pipeline.ts', '--source', 'usag=x', '--sink', 'totals=table');
    expectMistake(misspelt, 'TM_BINDING_UNKNOWN', "Did you mean 'usage'?");
    expect(await readdir(place.directory)).not.toContain('.tidemark');
  });

  test('is input that is not there said so?', async () => {
    const outcome = await place.cli('run', 'pipeline.ts', '--source', 'usage=evnts/*', '--sink', 'totals=table');
    expectMistake(outcome, 'TM_SOURCE_EMPTY', 'evnts');
  });

  test.each([
    [['run', 'pipeline.ts', ...BINDINGS, '--checkpoint', 'evry=5s'], 'TM_CLI_CHECKPOINT', "Did you mean 'every'?"],
    [['run', 'pipeline.ts', ...BINDINGS, '--wrokers', '2'], 'TM_CLI_OPTION', "Did you mean '--workers'?"],
    [['rnu-pipeline'], 'TM_CLI_COMMAND', 'Commands: run'],
    [['run', 'nothing.ts'], 'TM_PIPELINE_FILE', 'nothing.ts'],
    [['run', 'pipeline.ts', '--export', 'usge'], 'TM_PIPELINE_EXPORT', "Did you mean 'usage'?"],
    [['restore', 'lates', 'pipeline.ts'], 'TM_CLI_ARGUMENT', 'latest'],
    [['checkpoints', '--dir', 'nowhere'], 'TM_STORE_DIRECTORY', 'nowhere'],
    [['table', 'totals'], 'TM_CLI_DIRECTORY', '.tidemark'],
  ])('is %j refused with advice?', async (args, code, advice) => {
    const place = await workplace(10);
    expectMistake(await place.cli(...args), code, advice);
    await place.remove();
  });
});

describe('tidemark plan', () => {
  test('does it explain a TypeScript pipeline, and write nothing?', async () => {
    // Prepare
    const place = await workplace(10);

    // Act
    const text = await place.cli('plan', 'pipeline.ts', '--parallelism', '3', '--checkpoint', 'every=7s');
    const mermaid = await place.cli('plan', 'pipeline.ts', '--mermaid');
    const json = await place.cli('plan', 'pipeline.ts', '--parallelism', '3', '--partitions', '2', '--json');

    // Assess
    expect([text.code, mermaid.code, json.code]).toEqual([0, 0, 0]);
    expect(text.stdout).toContain('every 7 s');
    expect(text.stderr).toBe('a pipeline may print while it is loaded\n');
    expect(mermaid.stdout).toMatch(/^flowchart LR\n/);
    const { name, stages } = JSON.parse(json.stdout) as { name: string; stages: { parallelism: number }[] };
    expect(name).toBe('usage-totals');
    expect(stages.map(({ parallelism }) => parallelism)).toEqual([2, 3, 3]);
    expect(await readdir(place.directory)).not.toContain('.tidemark');
    await place.remove();
  });
});
