import { appendFileSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { embeddedControlItems } from '../../lib/adapters/embedded/control-items.ts';
import { openStoreReadOnly } from '../../lib/adapters/embedded/store.ts';
import type { RunResult } from '../../lib/engine/index.ts';
import { startRun } from '../../lib/engine/start-run.ts';
import { fileSink, files, isTidemarkError, pipeline, tumbling } from '../../lib/index.ts';
import { readDeadLetters, type StoredDeadLetter } from '../../lib/runtime/dead-letter-sink.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

const Usage = z.object({ id: z.string(), customer: z.string(), amount: z.number().int(), at: z.number() });

const CURSED = 666;

function definition(
  onInvalid: 'dead-letter' | 'fail' = 'dead-letter',
  onError: 'dead-letter' | 'fail' = 'dead-letter',
) {
  return pipeline('bad-input', { checkpoint: { every: { milliseconds: 200 } }, onError })
    .source('usage', files({ schema: Usage, onInvalid }))
    .eventTime((e) => e.at, { outOfOrderness: { minutes: 1 } })
    .map((e) => {
      if (e.amount === CURSED) throw new Error('cursed');
      return e;
    })
    .keyBy((e) => e.customer)
    .window(tumbling({ minutes: 1 }), { late: 'dead-letter' })
    .aggregate('sums', { init: () => 0, add: (sum, e) => sum + e.amount, merge: (a, b) => a + b })
    .map((r) => ({ customer: r.key, total: r.value }))
    .to('out', fileSink());
}

const good = (id: number, amount = 1, at = 1_700_000_000_000): string =>
  JSON.stringify({ id: `e${id}`, customer: `c${id % 3}`, amount, at });

/** Each bad line with the code that it must get. */
const BAD: readonly (readonly [code: string, line: string | Buffer])[] = [
  ['TM_RECORD_SYNTAX', '{"id":"x","customer":"c1","amount":'],
  ['TM_RECORD_SYNTAX', 'not json at all'],
  ['TM_RECORD_SCHEMA', '{"id":"x","customer":"c1","amount":"12","at":1700000000000}'],
  ['TM_RECORD_SCHEMA', '{"id":"x","amount":12,"at":1700000000000}'],
  ['TM_RECORD_SCHEMA', '[1,2,3]'],
  ['TM_RECORD_SCHEMA', 'null'],
  ['TM_RECORD_TOO_LONG', `{"id":"${'x'.repeat(10 * 1024 * 1024)}"}`],
  ['TM_RECORD_DEPTH', `${'['.repeat(20_000)}${']'.repeat(20_000)}`],
  ['TM_RECORD_PROTO', '{"id":"x","customer":"c1","amount":1,"at":1700000000000,"__proto__":{"admin":true}}'],
  ['TM_RECORD_PROTO', '{"id":"x","customer":"c1","amount":1,"at":1700000000000,"\\u005f_proto__":{"admin":true}}'],
  ['TM_RECORD_UTF8', Buffer.concat([Buffer.from('{"id":"'), Buffer.from([0xff, 0xfe]), Buffer.from('"}')])],
  ['TM_RECORD_SURROGATE', '{"id":"\\ud800","customer":"c1","amount":1,"at":1700000000000}'],
  ['TM_EVENT_TIME_FUTURE', good(1, 1, Date.UTC(2999, 0, 1))],
  ['TM_USER_CODE', good(2, CURSED)],
];

describe('bad input', () => {
  let directory: string;
  let remove: () => Promise<void>;

  beforeEach(async () => {
    const made = await temporaryDirectory();
    directory = made.directory;
    remove = made.remove;
    mkdirSync(join(directory, 'in'));
  });

  afterEach(() => remove());

  const start = (what = definition()) =>
    startRun(
      what,
      {
        sources: { usage: { kind: 'files', patterns: [join(directory, 'in/*.ndjson')] } },
        sinks: { out: { kind: 'files', directory: join(directory, 'out') } },
      },
      { directory: join(directory, 'state'), workers: 0, parallelism: 2, bundleHash: 'same' },
      'unused',
    );

  function write(lines: readonly (string | Buffer)[]): void {
    const file = join(directory, 'in/usage.ndjson');
    writeFileSync(file, '');
    for (const line of lines) appendFileSync(file, Buffer.concat([Buffer.from(line), Buffer.from('\n')]));
  }

  function rows(): { customer: string; total: number }[] {
    const out = join(directory, 'out');
    const parts = readdirSync(out).filter((name) => name.startsWith('part-'));
    const lines = parts.flatMap((name) => readFileSync(join(out, name), 'utf8').trim().split('\n'));
    return lines.map((line) => JSON.parse(line) as { customer: string; total: number });
  }

  async function letters(): Promise<StoredDeadLetter[]> {
    const store = await openStoreReadOnly(join(directory, 'state'));
    const found: StoredDeadLetter[] = [];
    for await (const letter of readDeadLetters(embeddedControlItems(store))) found.push(letter);
    await store.close();
    return found;
  }

  test('is each bad record one dead letter with its reason and place, and every good one counted once?', async () => {
    const lines: (string | Buffer)[] = [];
    for (const [index, [, line]] of BAD.entries()) lines.push(good(index), line);
    write(lines);

    const { end, error } = await (await start()).done;

    expect({ end, error }).toEqual({ end: 'finished', error: undefined });
    expect(rows().reduce((sum, row) => sum + row.total, 0)).toBe(BAD.length);
    const found = await letters();
    expect(found.map((letter) => letter.code).sort()).toEqual(BAD.map(([code]) => code).sort());
    expect(new Set(found.map((letter) => letter.position)).size).toBe(BAD.length);
    expect(found.every((letter) => letter.split !== undefined && letter.message.length > 0)).toBe(true);
    expect(Object.prototype).not.toHaveProperty('admin');
  });

  test.each([
    ['an empty file', ['']],
    ['a file of empty lines', ['', '', '']],
  ])('does %s end the run with no rows?', async (_what, lines) => {
    writeFileSync(join(directory, 'in/usage.ndjson'), lines.join('\n'));
    const { end } = await (await start()).done;
    expect(end).toBe('finished');
    expect(await letters()).toEqual([]);
  });

  async function failure(result: Promise<RunResult>): Promise<{ code: string; advice: string }> {
    const { end, error } = await result;
    expect(end).toBe('failed');
    if (!isTidemarkError(error)) throw new Error('not an error with a code');
    return { code: error.code, advice: error.advice };
  }

  test("does the policy 'fail' stop at a record that doesn't fit the schema, and go on once it is mended?", async () => {
    write([good(1), BAD[2]?.[1] as string, good(2)]);
    const { code, advice } = await failure((await start(definition('fail'))).done);
    expect(code).toBe('TM_RECORD_SCHEMA');
    expect(advice).toMatch(/dead-letter/);
    expect(rowsOrNone()).toEqual([]);

    write([good(1), good(3), good(2)]);
    expect((await (await start(definition('fail'))).done).end).toBe('finished');
    expect(rows().reduce((sum, row) => sum + row.total, 0)).toBe(3);
  });

  function rowsOrNone(): unknown[] {
    try {
      return rows();
    } catch {
      return [];
    }
  }

  test("does the policy 'fail' stop at user code that throws, naming the operator?", async () => {
    write([good(1), good(2, CURSED)]);
    const { code } = await failure((await start(definition('dead-letter', 'fail'))).done);
    expect(code).toBe('TM_USER_CODE');
  });

  test('is a second run on the same directory refused while the first one lives?', async () => {
    write(Array.from({ length: 2000 }, (_, id) => good(id)));
    const first = await start();
    const refused = await start().then(
      () => undefined,
      (error: unknown) => error,
    );
    expect(isTidemarkError(refused) && refused.code).toBe('TM_DIRECTORY_IN_USE');
    expect((await first.done).end).toBe('finished');
    expect(rows().reduce((sum, row) => sum + row.total, 0)).toBe(2000);
  });
});
