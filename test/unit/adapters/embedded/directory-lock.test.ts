import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import path from 'node:path';
import { lockDirectory, processStart } from '../../../../lib/adapters/embedded/directory-lock.ts';
import type { TidemarkError } from '../../../../lib/core/record/errors.ts';

describe('directory lock', () => {
  let directory: string;
  const file = (): string => path.join(directory, 'owner.json');
  const inUse = { code: 'TM_DIRECTORY_IN_USE', kind: 'unavailable' };

  beforeEach(async () => {
    directory = await mkdtemp(path.join(tmpdir(), 'tidemark-lock-'));
  });

  afterEach(async () => {
    await rm(directory, { recursive: true, force: true });
  });

  const write = async (owner: Record<string, unknown> | string): Promise<void> =>
    writeFile(file(), typeof owner === 'string' ? owner : JSON.stringify(owner));

  const failure = async (): Promise<TidemarkError> => {
    const outcome = await lockDirectory(directory).catch((error: unknown) => error);
    return outcome as TidemarkError;
  };

  /** A process that sleeps, and its start. */
  const sleeper = async (): Promise<{ pid: number; start: string; stop(): Promise<void> }> => {
    const child = spawn(process.execPath, ['-e', 'console.log(1); setInterval(() => undefined, 1000)'], {
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    await once(child.stdout, 'data');
    const pid = child.pid ?? 0;
    return {
      pid,
      start: (await processStart(pid)) ?? '',
      async stop() {
        const closed = once(child, 'close');
        child.kill('SIGKILL');
        await closed;
      },
    };
  };

  test('does the file tell who has the directory, until it is given back?', async () => {
    const release = await lockDirectory(path.join(directory, 'a/b'));

    const owner = JSON.parse(await readFile(path.join(directory, 'a/b/owner.json'), 'utf8')) as Record<string, unknown>;
    expect(owner).toEqual({
      pid: process.pid,
      processStart: await processStart(process.pid),
      host: hostname(),
      since: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/),
    });
    await release();
    await release();
    expect(await readdir(path.join(directory, 'a/b'))).toEqual([]);
  });

  test('is a second one told who is there, and let in afterwards?', async () => {
    const release = await lockDirectory(directory);

    const error = await failure();

    expect(error).toMatchObject(inUse);
    expect(error.message).toContain(`process ${process.pid} since 20`);
    expect(error.advice).toContain('another directory');
    await release();
    await (await lockDirectory(directory))();
  });

  test('is the lock of a process that was killed taken over at once?', async () => {
    const other = await sleeper();
    await write({ pid: other.pid, processStart: other.start, host: hostname(), since: '2025-01-01T00:00:00.000Z' });
    const error = await failure();
    expect(error).toMatchObject(inUse);
    expect(error.message).toContain(`process ${other.pid} since 2025-01-01`);

    await other.stop();
    const before = performance.now();
    const release = await lockDirectory(directory);

    expect(performance.now() - before).toBeLessThan(1_000);
    expect(JSON.parse(await readFile(file(), 'utf8'))).toMatchObject({ pid: process.pid });
    await release();
  });

  test('is a process that got the number of a dead one not taken for it?', async () => {
    const other = await sleeper();
    await write({ pid: other.pid, processStart: `not ${other.start}`, host: hostname(), since: '2025-01-01' });

    await (await lockDirectory(directory))();

    await other.stop();
  });

  test('is a process of another machine left alone, with advice?', async () => {
    await write({ pid: 1, processStart: '1', host: 'elsewhere', since: '2025-01-01' });

    const error = await failure();

    expect(error).toMatchObject(inUse);
    expect(error.message).toContain('on elsewhere');
    expect(error.advice).toContain(file());
  });

  test.each(['', '{', '{}', '[]', 'null', '{"pid":"1"}', '{"pid":-1,"processStart":"x"}'])(
    'is %j no lock?',
    async (text) => {
      await write(text);

      await (await lockDirectory(directory))();

      expect(await readdir(directory)).toEqual([]);
    },
  );

  test.each([false, true])('does exactly one of 12 racing starters win (over a dead lock: %s)?', async (dead) => {
    for (let round = 0; round < 5; round += 1) {
      if (dead) await write({ pid: 2 ** 30, processStart: '1', host: hostname(), since: '2025-01-01' });

      const outcomes = await Promise.allSettled(Array.from({ length: 12 }, () => lockDirectory(directory)));

      const winners = outcomes.flatMap((outcome) => (outcome.status === 'fulfilled' ? [outcome.value] : []));
      expect(winners).toHaveLength(1);
      for (const outcome of outcomes) if (outcome.status === 'rejected') expect(outcome.reason).toMatchObject(inUse);
      await winners[0]?.();
      expect(await readdir(directory)).toEqual([]);
    }
  });

  test('does giving back not take the lock from somebody else?', async () => {
    const release = await lockDirectory(directory);
    await write({ pid: 1, processStart: '1', host: 'elsewhere', since: '2025-01-01' });

    await release();

    expect(JSON.parse(await readFile(file(), 'utf8'))).toMatchObject({ host: 'elsewhere' });
  });

  test('has a process that is gone no start?', async () => {
    expect(await processStart(process.pid)).toMatch(/\S/);
    expect(await processStart(2 ** 30)).toBeUndefined();
    expect(await processStart(0)).toBeUndefined();
    expect(await processStart(Number.NaN)).toBeUndefined();
  });
});
