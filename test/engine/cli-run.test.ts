import type { ChildProcess } from 'node:child_process';
import path from 'node:path';
import { type JsonLine, type Outcome, type Workplace, workplace } from './cli-process.ts';

const RECORDS = 4_000;
const BINDINGS = ['--source', 'usage=events/*.ndjson', '--sink', 'totals=table'];
const WIDTHS = ['--workers', '2', '--parallelism', '2'];
const RUN = ['run', 'pipeline.ts', ...BINDINGS, ...WIDTHS];

const linesOf = (outcome: Outcome): JsonLine[] =>
  outcome.stdout.split('\n').flatMap((line) => (line === '' ? [] : [JSON.parse(line) as JsonLine]));

/** Calls `act` once, at the first committed checkpoint. */
function atFirstCommit(act: (child: ChildProcess) => void): (line: JsonLine, child: ChildProcess) => void {
  let done = false;
  return (line, child) => {
    if (done || line.kind !== 'checkpoint' || line['status'] !== 'committed') return;
    done = true;
    act(child);
  };
}

describe('tidemark run', () => {
  let place: Workplace;

  beforeEach(async () => {
    place = await workplace(RECORDS);
  });

  afterEach(() => place.remove());

  const rows = async (): Promise<string[]> => {
    const { stdout } = await place.cli('table', 'totals', '--ndjson');
    return stdout
      .split('\n')
      .filter((line) => line !== '')
      .sort();
  };

  test('does a pipeline run to its end, and can its job be read?', async () => {
    // Act
    const run = await place.cli(...RUN);
    const again = await place.cli(...RUN);

    // Assess
    expect(run.stderr.split('\n').filter((line) => !line.includes('may print'))).toEqual(['']);
    expect(run.code).toBe(0);
    expect(run.stdout).toMatch(/\nfinished after|^finished after/);
    expect(run.stdout).toMatch(/records in, usage +4,042\n/);
    expect(run.stdout).toMatch(/rows out, totals +4,000\n/);
    expect(run.stdout).toMatch(/duplicates dropped +40\n/);
    expect(run.stdout).toMatch(/dead letters +2 {2}\(tidemark dead-letters --dir .*usage-totals\)\n/);
    expect(run.stdout).not.toContain('\u001b');
    expect(await rows()).toEqual(place.expected);
    expect(again).toMatchObject({ code: 0, stdout: expect.stringContaining('processed by an earlier run') });
    await expectReaders();
  });

  async function expectReaders(): Promise<void> {
    const letters = await place.cli('dead-letters');
    expect(letters.stdout.match(/usage {2}TM_RECORD_SYNTAX {2}e[01]\.ndjson:0 /g)).toHaveLength(2);
    expect(JSON.parse((await place.cli('dead-letters', '--json')).stdout)).toMatchObject([
      { operator: 'usage', record: '{broken' },
      { operator: 'usage', record: '{broken' },
    ]);
    const table = await place.cli('table', 'totals', '--limit', '2');
    expect(table.stdout.split('\n')).toHaveLength(4);
    expect(table.stdout).toMatch(/^pk +sk +row\nc0 +0-000000 +{"customer":"c0"/);
    expect(table.stderr).toContain('more than 2');
    expect(JSON.parse((await place.cli('table', 'totals', '--json')).stdout)).toHaveLength(RECORDS);
    expect((await place.cli('table', 'totls')).stderr).toContain("Did you mean 'totals'?");
    const list = await place.cli('checkpoints', '--json', '--dir', path.join('.tidemark', 'usage-totals'));
    const { checkpoints } = JSON.parse(list.stdout) as { checkpoints: { id: number; status: string }[] };
    const last = checkpoints.at(-1);
    expect(last).toMatchObject({ status: 'COMPLETED', finished: true, committed: true });
    const shown = await place.cli('checkpoints', 'show', String(last?.id));
    expect(shown.stdout).toContain('acknowledged by 6 of 6 subtasks');
    expect(shown.stdout).toMatch(/usage\/[01] +e0\.ndjson +\d+ +read to its end/);
    expect(shown.stdout).toMatch(/usage\/0 -> once\/1 +[\d,]+ +[\d,]+ +0\n/);
    expect((await place.cli('checkpoints')).stdout).toMatch(/COMPLETED \(end of input\)/);
  }

  test('is every line of --json an object with a kind, from the workers to the result?', async () => {
    // Act
    const run = await place.cli(...RUN, '--json', '--trace');

    // Assess
    const lines = linesOf(run);
    const kinds = new Set(lines.map(({ kind }) => kind));
    expect(run.code).toBe(0);
    expect(lines.every(({ at, kind }) => at > 0 && kind !== '')).toBe(true);
    for (const kind of ['state', 'status', 'worker-started', 'loaded', 'checkpoint', 'align', 'cut']) {
      expect(kinds).toContain(kind);
    }
    expect(kinds).not.toContain('progress');
    const started = lines.filter(({ kind }) => kind === 'worker-started');
    expect(started.map(({ worker, pid }) => [worker, typeof pid])).toEqual([
      [0, 'number'],
      [1, 'number'],
    ]);
    expect(lines.at(-1)).toMatchObject({
      kind: 'result',
      end: 'finished',
      totals: { recordsIn: { usage: 4_042 }, rowsOut: { totals: RECORDS }, duplicates: 40, deadLetters: 2, late: 0 },
      status: { state: 'finished' },
    });
  });

  test('does Ctrl-C take a last checkpoint, and does the next run finish exactly?', async () => {
    // Act
    const interrupt = atFirstCommit((child) => child.kill('SIGINT'));
    const first = await place.start([...RUN, '--follow', '--json'], interrupt);
    const second = await place.cli(...RUN);

    // Assess
    expect(first.code).toBe(0);
    const lines = linesOf(first);
    expect(lines.find(({ kind }) => kind === 'note')?.['text']).toMatch(/last checkpoint/);
    expect(lines.at(-1)).toMatchObject({ kind: 'result', end: 'stopped' });
    expect(second).toMatchObject({ code: 0, stdout: expect.stringContaining('finished') });
    expect(await rows()).toEqual(place.expected);
  });

  test('does Ctrl-C twice end at once, and does the next run finish exactly?', async () => {
    // Prepare: the last checkpoint of a first Ctrl-C may be there before the second one.
    let sent = 0;
    const send = (line: JsonLine, child: ChildProcess) => {
      const begun = line.kind === 'checkpoint' && line['status'] === 'begun';
      const noted = line.kind === 'note' && sent === 1;
      if (sent === 2 || !(begun || noted)) return;
      sent += 1;
      child.kill('SIGINT');
    };

    // Act
    const first = await place.start([...RUN, '--follow', '--json'], send);
    const second = await place.cli(...RUN);

    // Assess
    expect(first.code).toBe(0);
    expect(linesOf(first).at(-1)).toMatchObject({ kind: 'result', end: 'stopped' });
    expect(second.code).toBe(0);
    expect(await rows()).toEqual(place.expected);
  });

  test('does a run end cleanly when nobody reads its output any more?', async () => {
    const first = await place.start(
      [...RUN, '--follow', '--json'],
      atFirstCommit((child) => child.stdout?.destroy()),
    );
    expect(first).toMatchObject({ code: 0, stderr: expect.not.stringContaining('error') });
    expect(await place.cli(...RUN)).toMatchObject({ code: 0, stdout: expect.stringContaining('finished') });
    expect(await rows()).toEqual(place.expected);
  });

  test('can a job be read, but not run again, while it runs?', async () => {
    // Act
    const others: Promise<Outcome[]>[] = [];
    const first = await place.start(
      [...RUN, '--follow', '--json'],
      atFirstCommit((child) => {
        const all = Promise.all([
          place.cli(...RUN),
          place.cli('checkpoints'),
          place.cli('table', 'totals', '--limit', '1'),
        ]);
        others.push(all.finally(() => child.kill('SIGTERM')));
      }),
    );
    const [again, checkpoints, table] = (await Promise.all(others))[0] ?? [];

    // Assess
    expect(again).toMatchObject({
      code: 3,
      stderr: expect.stringMatching(/error TM_DIRECTORY_IN_USE: .* process \d+/),
    });
    expect(checkpoints).toMatchObject({ code: 0, stdout: expect.stringContaining('COMPLETED') });
    expect(table?.code).toBe(0);
    expect(first.code).toBe(0);
  });

  test('does a run that fails say why, with exit code 1?', async () => {
    // Prepare
    const strict = `export { default } from './strict-pipeline.ts';`;
    await place.write('strict.ts', strict);
    await place.write(
      'strict-pipeline.ts',
      "import { json, pipeline, files, fileSink } from 'tidemark';\n" +
        "export default pipeline('strict').source('usage', files({ schema: json(), onInvalid: 'fail' })).to('out', fileSink());\n",
    );

    // Act
    const run = await place.cli(
      'run',
      'strict.ts',
      '--source',
      'usage=events',
      '--sink',
      'out=out',
      ...WIDTHS,
      '--json',
    );

    // Assess
    expect(run.code).toBe(1);
    expect(run.stderr).toMatch(/error TM_\w+: /);
    expect(run.stderr).not.toMatch(/\n\s+at /);
    expect(linesOf(run).at(-1)).toMatchObject({ kind: 'result', end: 'failed', error: { code: expect.any(String) } });
  });

  test('does restore go back, to an older checkpoint only when it is told?', async () => {
    // Prepare
    const options = ['pipeline.ts', ...BINDINGS, ...WIDTHS];
    await place.cli(...RUN);

    // Act
    const refused = await place.cli('restore', '0', ...options);
    const unknown = await place.cli('restore', '99', ...options);
    const beginning = await place.cli('restore', '0', '--allow-older', ...options);
    const latest = await place.cli('restore', 'latest', ...options);

    // Assess
    expect(refused).toMatchObject({ code: 2, stderr: expect.stringContaining('TM_RESTORE_OLDER') });
    expect(refused.stderr).toContain('--allow-older');
    expect(unknown).toMatchObject({ code: 2, stderr: expect.stringContaining('TM_RESTORE_UNKNOWN') });
    expect(beginning).toMatchObject({ code: 0, stdout: expect.stringContaining('produced again') });
    expect(beginning.stdout).toContain('attempt 2 begins from the beginning');
    expect(latest).toMatchObject({ code: 0, stdout: expect.stringContaining('finished') });
    expect(await rows()).toEqual(place.expected);
  });
});
