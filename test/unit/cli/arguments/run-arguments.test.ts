import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArguments } from '../../../../lib/cli/arguments/parse-arguments.ts';
import { RUN_OPTIONS, runArguments } from '../../../../lib/cli/arguments/run-arguments.ts';

const CWD = path.resolve('/somewhere');

function asked(...args: string[]) {
  const parsed = parseArguments('run', args, RUN_OPTIONS, 1);
  return runArguments(parsed, parsed.positionals[0], CWD);
}

describe('arguments of a run', () => {
  test('are bindings, sizes and flags understood?', async () => {
    // Act
    const run = await asked(
      ...['p.ts', '--source', 'usage=a/*.ndjson', '--source', 'usage=b,c.ndjson', '--source', 'rates=rates'],
      ...[
        '--sink',
        'invoices=out/',
        '--sink',
        'totals=table',
        '--sink',
        'all=table:every-row',
        '--sink',
        'odd=./table',
      ],
      ...['--effect', 'notice=n.ndjson', '--dir', 'state', '--workers', '0', '--max-parallelism', '64'],
      ...['--drop-state', 'a', '--drop-state', 'b', '--follow', '--json', '--trace', '--export', 'main'],
    );

    // Assess
    expect(run).toEqual({
      pipelineFile: path.join(CWD, 'p.ts'),
      exportName: 'main',
      directory: path.join(CWD, 'state'),
      bindings: {
        sources: {
          usage: { kind: 'files', patterns: ['a/*.ndjson', 'b', 'c.ndjson'], baseDir: CWD, follow: true },
          rates: { kind: 'files', patterns: ['rates'], baseDir: CWD, follow: true },
        },
        sinks: {
          invoices: { kind: 'files', directory: path.join(CWD, 'out') },
          totals: { kind: 'table' },
          all: { kind: 'table', table: 'every-row' },
          odd: { kind: 'files', directory: path.join(CWD, 'table') },
        },
        effects: { notice: { kind: 'outbox', file: path.join(CWD, 'n.ndjson') } },
      },
      checkpoint: {},
      sizes: { workers: 0, maxParallelism: 64 },
      allowedDrops: ['a', 'b'],
      json: true,
      trace: true,
    });
  });

  test.each([
    ['--source', 'usage'],
    ['--source', '=x'],
    ['--source', 'usage='],
    ['--source', 'usage=,'],
    ['--sink', 'a=table:'],
  ])('is %s %s refused?', async (option, value) => {
    await expect(asked('p.ts', option, value)).rejects.toMatchObject({ code: 'TM_CLI_BINDING', kind: 'invalid' });
  });

  test('is a sink that is bound twice refused?', async () => {
    await expect(asked('p.ts', '--sink', 'a=x', '--sink', 'a=y')).rejects.toMatchObject({ code: 'TM_CLI_BINDING' });
  });

  test('is a missing pipeline refused?', async () => {
    await expect(asked('--json')).rejects.toMatchObject({ code: 'TM_CLI_ARGUMENT' });
  });
});

describe('a config file', () => {
  let folder = '';
  const config = async (content: unknown): Promise<string> => {
    const file = path.join(folder, 'run.json');
    await writeFile(file, typeof content === 'string' ? content : JSON.stringify(content));
    return file;
  };
  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'tidemark-config-'));
  });
  afterEach(() => rm(folder, { recursive: true }));

  test('does it say the same as the options, relative to itself?', async () => {
    // Prepare
    const file = await config({
      pipeline: 'p.ts',
      sources: { usage: ['a/*.ndjson', 'b'] },
      sink: { out: 'rows', totals: 'table' },
      effects: { notice: 'n.ndjson' },
      dir: 'state',
      workers: 2,
      'max-parallelism': 32,
      checkpoint: { every: '5s', retain: 4, unaligned: true, timeout: { minutes: 2 } },
      dropState: ['old'],
      follow: true,
      json: true,
    });

    // Act
    const run = await asked('--config', file);

    // Assess
    expect(run).toMatchObject({
      pipelineFile: path.join(folder, 'p.ts'),
      directory: path.join(folder, 'state'),
      bindings: {
        sources: { usage: { kind: 'files', patterns: ['a/*.ndjson', 'b'], baseDir: folder, follow: true } },
        sinks: { out: { kind: 'files', directory: path.join(folder, 'rows') }, totals: { kind: 'table' } },
        effects: { notice: { kind: 'outbox', file: path.join(folder, 'n.ndjson') } },
      },
      checkpoint: { every: { seconds: 5 }, retain: 4, unaligned: true, timeout: { minutes: 2 } },
      sizes: { workers: 2, maxParallelism: 32 },
      allowedDrops: ['old'],
      json: true,
      trace: false,
    });
  });

  test('does the command line win, id by id and option by option?', async () => {
    // Prepare
    const file = await config({
      sources: { usage: 'a', rates: 'r' },
      workers: 2,
      checkpoint: { every: '5s', retain: 4 },
    });

    // Act
    const run = await asked(
      'q.ts',
      '--config',
      file,
      '--source',
      'usage=z',
      '--workers',
      '3',
      '--checkpoint',
      'retain=9',
    );

    // Assess
    expect(run.pipelineFile).toBe(path.join(CWD, 'q.ts'));
    expect(run.bindings.sources).toEqual({
      usage: { kind: 'files', patterns: ['z'], baseDir: CWD },
      rates: { kind: 'files', patterns: ['r'], baseDir: folder },
    });
    expect(run.sizes).toEqual({ workers: 3 });
    expect(run.checkpoint).toEqual({ every: { seconds: 5 }, retain: 9 });
  });

  test.each([
    ['{', 'is not JSON'],
    ['[]', 'is an array'],
    [{ wrkers: 1 }, "unknown key 'wrkers'"],
    [{ workers: '2' }, 'workers'],
    [{ workers: -1 }, 'workers'],
    [{ follow: 'yes' }, 'follow'],
    [{ sources: ['a'] }, 'sources'],
    [{ sources: { usage: 3 } }, 'usage of sources'],
  ])('is %j refused?', async (content, message) => {
    const file = await config(content);
    await expect(asked('p.ts', '--config', file)).rejects.toMatchObject({
      code: 'TM_CLI_CONFIG',
      kind: 'invalid',
      message: expect.stringContaining(message),
    });
  });

  test('does it refuse an unknown checkpoint option with a suggestion?', async () => {
    const file = await config({ checkpoint: { retian: 3 } });
    await expect(asked('p.ts', '--config', file)).rejects.toMatchObject({
      code: 'TM_CLI_CHECKPOINT',
      advice: expect.stringContaining("Did you mean 'retain'?"),
    });
  });

  test('is a file that is not there said so?', async () => {
    await expect(asked('p.ts', '--config', path.join(folder, 'none.json'))).rejects.toMatchObject({
      code: 'TM_CLI_CONFIG',
      message: expect.stringContaining('can not be read'),
    });
  });
});
