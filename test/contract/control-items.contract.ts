import type { ControlItem, ControlItems } from '../../lib/ports/control-items.ts';
import { failureOf, isAscending, type MakePorts, portsFixture } from '../support/ports-under-test.ts';

/** Parts of keys that break orders, prefixes and escapes. */
const HOSTILE = [
  'a',
  'A',
  'aa',
  'a a',
  'a/b',
  'a/../b',
  'a\0b',
  'a\u0001',
  'a"b\'c`',
  'a%2fb',
  'a\\b',
  'a\n',
  'ab',
  'a~',
  'aé',
  'ae\u0301',
  'a\u07ff',
  'a\ufffd',
  'a\uffff',
  'a\u{10000}',
  'a\u{1f30a}',
  'a\u{10ffff}',
  '__proto__',
  'constructor',
  '10',
  '9',
  '-1',
  ' ',
  '\uffff',
  '\u{10ffff}',
];

/** What every family's control items do (lib/ports/control-items.ts). Keys are ordered by their UTF-8 bytes. */
export function controlItemsContract(family: string, makePorts: MakePorts): void {
  describe(`control items, ${family}`, () => {
    const fixture = portsFixture(makePorts);
    const items = (): ControlItems => fixture.ports.items;
    const put = async (key: string, value: unknown): Promise<void> => {
      expect(await items().write([{ key, value }])).toBe('applied');
    };

    describe('values and revisions', () => {
      test('is an item that nobody wrote absent?', async () => {
        expect(await items().read(fixture.name('nobody'))).toBeUndefined();
      });

      test('does the revision begin at 1 and rise by one with each change?', async () => {
        const key = fixture.name('revision');
        const seen: (ControlItem | undefined)[] = [];
        for (const value of ['a', 'a', { b: 1 }]) {
          await put(key, value);
          seen.push(await items().read(key));
        }

        expect(seen).toEqual([
          { key, revision: 1, value: 'a' },
          { key, revision: 2, value: 'a' },
          { key, revision: 3, value: { b: 1 } },
        ]);
      });

      test('does a value come back as it was given?', async () => {
        const key = fixture.name('value');
        const value = {
          text: 'Grüße \u{1f30a}',
          empty: '',
          yes: true,
          none: null,
          list: [1, 'two', [3], {}],
          numbers: [0, -1, 1.5, 2 ** 31, 2 ** 53 - 1, -(2 ** 53) + 1, 1e300, Number.NaN, Number.POSITIVE_INFINITY],
          big: [0n, -5n, 2n ** 62n],
          when: new Date(1_700_000_000_123),
          nested: { deeper: { deepest: [{ x: 1 }] } },
          constructor: 'mine',
          toJSON: 'mine',
        };

        await put(key, value);

        expect((await items().read(key))?.value).toEqual(value);
      });

      test('do byte strings and large values come back whole?', async () => {
        const key = fixture.name('large');
        const bytes = new Uint8Array(100_000).map((_, at) => at % 251);

        await put(key, { bytes, text: 'x'.repeat(50_000) });

        const value = (await items().read(key))?.value as { bytes: Uint8Array; text: string };
        expect(Buffer.compare(value.bytes, bytes)).toBe(0);
        expect(value.text).toHaveLength(50_000);
      });

      test('is a value that was read a copy?', async () => {
        const key = fixture.name('copy');
        await put(key, { list: [1] });

        const first = (await items().read(key))?.value as { list: number[] };
        first.list.push(2);

        expect((await items().read(key))?.value).toEqual({ list: [1] });
      });
    });

    describe('conditions', () => {
      test('does revision 0 mean that the item must not exist?', async () => {
        const key = fixture.name('absent');

        expect(await items().write([{ key, ifRevision: 0, value: 1 }])).toBe('applied');
        expect(await items().write([{ key, ifRevision: 0, value: 2 }])).toBe('conflict');

        expect(await items().read(key)).toEqual({ key, revision: 1, value: 1 });
      });

      test('does revision n mean that the item is at n?', async () => {
        const key = fixture.name('at');
        await put(key, 'a');
        await put(key, 'b');

        expect(await items().write([{ key, ifRevision: 1, value: 'c' }])).toBe('conflict');
        expect(await items().write([{ key, ifRevision: 3, value: 'c' }])).toBe('conflict');
        expect(await items().write([{ key: fixture.name('none'), ifRevision: 1, value: 'c' }])).toBe('conflict');
        expect(await items().write([{ key, ifRevision: 2, value: 'c' }])).toBe('applied');

        expect(await items().read(key)).toEqual({ key, revision: 3, value: 'c' });
      });

      test('does a change without value only check?', async () => {
        const key = fixture.name('check');
        await put(key, 'a');

        expect(await items().write([{ key, ifRevision: 1 }])).toBe('applied');
        expect(await items().write([{ key, ifRevision: 2 }])).toBe('conflict');
        expect(await items().write([{ key: fixture.name('none'), ifRevision: 0 }])).toBe('applied');
        expect(await items().write([{ key }])).toBe('applied');

        expect(await items().read(key)).toEqual({ key, revision: 1, value: 'a' });
      });

      test('does null delete, so that the item is new afterwards?', async () => {
        const key = fixture.name('delete');
        await put(key, 'a');
        await put(key, 'b');

        expect(await items().write([{ key, ifRevision: 1, value: null }])).toBe('conflict');
        expect(await items().write([{ key, ifRevision: 2, value: null }])).toBe('applied');
        expect(await items().read(key)).toBeUndefined();
        expect(await items().write([{ key, value: null }])).toBe('applied');
        expect(await items().write([{ key, ifRevision: 0, value: 'c' }])).toBe('applied');

        expect(await items().read(key)).toEqual({ key, revision: 1, value: 'c' });
      });
    });

    describe('transactions', () => {
      test('are all changes applied, or none when one condition fails?', async () => {
        const [a, b, c] = ['a', 'b', 'c'].map((prefix) => fixture.name(prefix)) as [string, string, string];
        await put(a, 1);
        await put(b, 1);

        const refused = await items().write([
          { key: a, ifRevision: 1, value: 2 },
          { key: c, value: 2 },
          { key: b, ifRevision: 9, value: 2 },
        ]);
        expect(refused).toBe('conflict');
        expect([await items().read(a), await items().read(b), await items().read(c)]).toEqual([
          { key: a, revision: 1, value: 1 },
          { key: b, revision: 1, value: 1 },
          undefined,
        ]);

        const applied = await items().write([
          { key: a, ifRevision: 1, value: null },
          { key: c, ifRevision: 0, value: 3 },
          { key: b, ifRevision: 1 },
        ]);
        expect(applied).toBe('applied');
        expect([await items().read(a), await items().read(b), await items().read(c)]).toEqual([
          undefined,
          { key: b, revision: 1, value: 1 },
          { key: c, revision: 1, value: 3 },
        ]);
      });

      test('is a write without changes applied?', async () => {
        expect(await items().write([])).toBe('applied');
      });

      test('takes a write as many changes as the limits say, and not one more?', async () => {
        const prefix = fixture.name('limit');
        const { changesPerWrite } = fixture.ports.limits;
        const changes = Array.from({ length: changesPerWrite + 1 }, (_, at) => ({ key: `${prefix}/${at}`, value: at }));

        expect(await failureOf(items().write(changes))).toEqual({ code: 'TM_ITEMS_CHANGES', kind: 'invalid' });
        expect(await items().list(prefix)).toEqual([]);
        expect(await items().write(changes.slice(1))).toBe('applied');
        expect(await items().list(prefix)).toHaveLength(changesPerWrite);
      });

      test('is a write that names a key twice refused?', async () => {
        const key = fixture.name('twice');
        const changes = [{ key, value: 1 }, { key }];

        expect(await failureOf(items().write(changes))).toEqual({ code: 'TM_ITEMS_CHANGES', kind: 'invalid' });
        expect(await items().read(key)).toBeUndefined();
      });

      test('does exactly one of 16 racing creations win?', async () => {
        const key = fixture.name('create');

        const outcomes = await Promise.all(
          Array.from({ length: 16 }, (_, writer) => items().write([{ key, ifRevision: 0, value: writer }])),
        );

        expect(outcomes.filter((outcome) => outcome === 'applied')).toHaveLength(1);
        expect(await items().read(key)).toEqual({ key, revision: 1, value: outcomes.indexOf('applied') });
      });

      test('do 16 writers that increment 25 times each lose nothing?', async () => {
        const key = fixture.name('counter');
        const increment = async (): Promise<void> => {
          for (;;) {
            const item = await items().read(key);
            const value = ((item?.value as number | undefined) ?? 0) + 1;
            if ((await items().write([{ key, ifRevision: item?.revision ?? 0, value }])) === 'applied') return;
          }
        };

        await Promise.all(
          Array.from({ length: 16 }, async () => {
            for (let times = 0; times < 25; times += 1) await increment();
          }),
        );

        expect(await items().read(key)).toEqual({ key, revision: 400, value: 400 });
      });

      test('does what is moved between items in races neither vanish nor double?', async () => {
        const accounts = Array.from({ length: 5 }, (_, at) => `${fixture.name('account')}/${at}`);
        for (const key of accounts) await put(key, 100);
        const move = async (mover: number, turn: number): Promise<void> => {
          const [from, to] = [accounts[(mover + turn) % 5], accounts[(mover + turn * 3 + 1) % 5]] as [string, string];
          if (from === to) return;
          const [a, b] = [await items().read(from), await items().read(to)];
          if (a === undefined || b === undefined) throw new Error('an account is gone');
          await items().write([
            { key: from, ifRevision: a.revision, value: (a.value as number) - 7 },
            { key: to, ifRevision: b.revision, value: (b.value as number) + 7 },
          ]);
        };

        await Promise.all(
          Array.from({ length: 8 }, async (_, mover) => {
            for (let turn = 0; turn < 20; turn += 1) await move(mover, turn);
          }),
        );

        const balances = await Promise.all(accounts.map(async (key) => (await items().read(key))?.value as number));
        expect(balances.reduce((sum, balance) => sum + balance, 0)).toBe(500);
        expect(balances).not.toEqual([100, 100, 100, 100, 100]);
      });
    });

    describe('list', () => {
      test('are the items with a prefix listed in order, and no others?', async () => {
        const prefix = fixture.name('list');
        for (const key of [`${prefix}/b`, `${prefix}/a`, `${prefix}`, `${prefix}0`, `${prefix}/a/c`])
          await put(key, key);

        expect((await items().list(`${prefix}/`)).map(({ key }) => key)).toEqual([
          `${prefix}/a`,
          `${prefix}/a/c`,
          `${prefix}/b`,
        ]);
        expect(await items().list(`${prefix}/a/`)).toEqual([
          { key: `${prefix}/a/c`, revision: 1, value: `${prefix}/a/c` },
        ]);
        expect(await items().list(`${prefix}/x`)).toEqual([]);
      });

      test('does it go on after a key, and stop at a limit?', async () => {
        const prefix = fixture.name('page');
        for (const at of ['1', '2', '3', '4']) await put(`${prefix}/${at}`, at);
        const values = async (options: { after?: string; limit?: number }): Promise<unknown[]> =>
          (await items().list(`${prefix}/`, options)).map(({ value }) => value);

        expect(await values({ limit: 2 })).toEqual(['1', '2']);
        expect(await values({ after: `${prefix}/2`, limit: 1 })).toEqual(['3']);
        expect(await values({ after: `${prefix}/25` })).toEqual(['3', '4']);
        expect(await values({ after: `${prefix}/4` })).toEqual([]);
        expect(await values({ after: 'zzz' })).toEqual([]);
        expect(await values({ after: ' ' })).toEqual(['1', '2', '3', '4']);
        expect(await values({ limit: 0 })).toEqual([]);
        expect(await values({ limit: 100 })).toEqual(['1', '2', '3', '4']);
      });

      test.each(['', 'a', '\uffff'])(
        'do pages of hostile keys, below the prefix "%s", miss and repeat nothing?',
        async (below) => {
          const base = fixture.name('hostile');
          for (const [value, key] of HOSTILE.entries()) await items().write([{ key: `${base}${key}`, value }]);

          const seen: string[] = [];
          for (let after: string | undefined; ; after = seen.at(-1)) {
            const page = await items().list(`${base}${below}`, { limit: 3, ...(after !== undefined && { after }) });
            if (page.length === 0) break;
            expect(page.length).toBeLessThanOrEqual(3);
            for (const { key, value } of page) expect(`${base}${HOSTILE[value as number]}`).toBe(key);
            seen.push(...page.map(({ key }) => key));
          }

          expect(isAscending(seen)).toBe(true);
          const expected = HOSTILE.filter((key) => key.startsWith(below)).map((key) => `${base}${key}`);
          expect(new Set(seen)).toEqual(new Set(expected));
          expect((await items().list(`${base}${below}`)).map(({ key }) => key)).toEqual(seen);
        },
      );

      test('does it see what was written before it, and nothing that was deleted?', async () => {
        const prefix = fixture.name('seen');
        for (let at = 0; at < 20; at += 1) {
          await items().write([
            { key: `${prefix}/${at}`, value: at },
            { key: `${prefix}/${at - 1}`, value: null },
          ]);
          expect((await items().list(`${prefix}/`)).map(({ value }) => value)).toEqual([at]);
        }
      });
    });

    test.each(['', '\ud800', 'x\udc00y'])('is the key %j refused?', async (key) => {
      expect(await failureOf(items().write([{ key, value: 1 }]))).toEqual({ code: 'TM_KEY', kind: 'invalid' });
    });

    test('is a key of 1,024 bytes taken and a longer one refused?', async () => {
      const key = fixture.name('long').padEnd(1_024, 'x');

      await put(key, 'long');

      expect((await items().read(key))?.value).toBe('long');
      expect(await failureOf(items().write([{ key: `${key}x`, value: 1 }]))).toEqual({
        code: 'TM_KEY',
        kind: 'invalid',
      });
    });

    test('is everything still there after a restart, with its revision?', async () => {
      const key = fixture.name('restart');
      await put(key, 'a');
      await put(key, { b: [1, 2] });
      await put(`${key}/gone`, 1);
      await items().write([{ key: `${key}/gone`, value: null }]);

      if ((await fixture.reopen()) === undefined) return;

      expect(await items().list(key)).toEqual([{ key, revision: 2, value: { b: [1, 2] } }]);
      expect(await items().write([{ key, ifRevision: 2, value: 'c' }])).toBe('applied');
    });
  });
}
