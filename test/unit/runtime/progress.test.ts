import { TidemarkError } from '../../../lib/core/record/errors.ts';
import { itemKeys } from '../../../lib/ports/names.ts';
import { progressHandle, readProgress } from '../../../lib/runtime/progress.ts';
import { storedEnv } from './stored-env.ts';

const KEY = itemKeys.progress('out', 'w/0');
const read = (env: ReturnType<typeof storedEnv>['env']) => readProgress(env, 'out', 'w/0');

/** The next write takes effect, but its answer is lost. */
function loseNextAnswer({ env }: ReturnType<typeof storedEnv>): void {
  const { write } = env.ports.items;
  Object.assign(env.ports.items, {
    write: async (changes: Parameters<typeof write>[0]) => {
      Object.assign(env.ports.items, { write });
      await write(changes);
      throw new TidemarkError('TM_SIM_UNAVAILABLE', 'unavailable', 'lost', '');
    },
  });
}

describe('progressHandle', () => {
  test('is the beginning version 0, and does each move stand, with what is written together?', async () => {
    const { env } = storedEnv();
    const start = await read(env);
    const handle = progressHandle(env, 'out', 'w/0', { ...start, at: { ...start.at, attempt: 3 } });
    expect(start).toEqual({ at: { attempt: 0, version: 0, row: 0 }, revision: 0 });
    expect(await handle.move({ version: 4, row: 7 }, [{ key: 'row/1', value: 'x' }])).toBe('moved');
    expect(await handle.move({ version: 5, row: 0 })).toBe('moved');
    expect(handle.at).toEqual({ attempt: 3, version: 5, row: 0 });
    expect(await read(env)).toEqual({ at: { attempt: 3, version: 5, row: 0 }, revision: 2 });
    expect(await env.ports.items.read('row/1')).toMatchObject({ value: 'x' });
  });

  test('is a move lost, with all that was to be written, when somebody else was there?', async () => {
    const { env } = storedEnv();
    const start = await read(env);
    const [one, other] = [progressHandle(env, 'out', 'w/0', start), progressHandle(env, 'out', 'w/0', start)];
    await one.move({ version: 4, row: 0 });
    expect(await other.move({ version: 3, row: 0 }, [{ key: 'row/1', value: 'x' }])).toBe('lost');
    expect(other.at.version).toBe(0);
    expect(await env.ports.items.read('row/1')).toBeUndefined();
  });

  test('is a move whose answer was lost recognised as the own one, and can it go on?', async () => {
    const made = storedEnv();
    const handle = progressHandle(made.env, 'out', 'w/0', await read(made.env));
    loseNextAnswer(made);
    expect(await handle.move({ version: 4, row: 0 })).toBe('moved');
    expect(await handle.move({ version: 5, row: 0 })).toBe('moved');
    expect(await read(made.env)).toMatchObject({ at: { version: 5 }, revision: 2 });
  });

  test.each([
    ['to another place', { attempt: 1, version: 5, row: 0 }, 1],
    ['for another attempt', { attempt: 2, version: 4, row: 0 }, 1],
    ['to the same place, but twice', { attempt: 1, version: 4, row: 0 }, 2],
  ])('is a move lost when the item was moved %s?', async (_what, value, times) => {
    const { env } = storedEnv();
    const start = await read(env);
    const handle = progressHandle(env, 'out', 'w/0', { ...start, at: { ...start.at, attempt: 1 } });
    for (let count = 0; count < times; count += 1) await env.ports.items.write([{ key: KEY, value }]);
    expect(await handle.move({ version: 4, row: 0 })).toBe('lost');
  });
});
