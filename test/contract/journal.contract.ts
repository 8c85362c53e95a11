import type { AppendOutcome, Journal, JournalAppend } from '../../lib/ports/journal.ts';
import { bytesOf, failureOf, type MakePorts, portsFixture, sameBytes } from '../support/ports-under-test.ts';

/** What every family's journal does (lib/ports/journal.ts). */
export function journalContract(family: string, makePorts: MakePorts): void {
  describe(`journal, ${family}`, () => {
    const fixture = portsFixture(makePorts);
    const journal = (): Journal => fixture.ports.journal;

    /** An entry whose content is all in its version and nonce. */
    const entry = (version: number, more: Partial<JournalAppend> = {}): JournalAppend => ({
      version,
      attempt: 3,
      nonce: `nonce-${version}`,
      head: bytesOf(`head ${version}`),
      parts: [bytesOf(`part 0 of ${version}`), bytesOf(`part 1 of ${version}`)],
      ...more,
    });

    const fill = async (subtask: string, upTo: number, more: Partial<JournalAppend> = {}): Promise<void> => {
      for (let version = 1; version <= upTo; version += 1) {
        expect(await journal().append(subtask, entry(version, more))).toBe('appended');
      }
    };

    const versions = async (subtask: string, after = 0, limit = 10_000): Promise<number[]> =>
      (await journal().read(subtask, after, limit)).map(({ version }) => version);

    describe('append', () => {
      test('does an empty journal take version 1 and nothing else?', async () => {
        const subtask = fixture.name('empty');

        expect(await journal().append(subtask, entry(2))).toBe('taken');
        expect(await journal().append(subtask, entry(1))).toBe('appended');

        expect(await versions(subtask)).toEqual([1]);
      });

      test('is only the version after the last one taken?', async () => {
        const subtask = fixture.name('dense');
        await fill(subtask, 3);

        expect(await journal().append(subtask, entry(5))).toBe('taken');
        expect(await journal().append(subtask, entry(3))).toBe('taken');
        expect(await journal().append(subtask, entry(1))).toBe('taken');
        expect(await journal().append(subtask, entry(4))).toBe('appended');

        expect(await versions(subtask)).toEqual([1, 2, 3, 4]);
      });

      test('does a repeated append leave the first one as it was?', async () => {
        const subtask = fixture.name('repeat');
        await fill(subtask, 1);

        const again = await journal().append(subtask, entry(1, { nonce: 'other', head: bytesOf('other'), parts: [] }));

        expect(again).toBe('taken');
        const last = await journal().last(subtask);
        expect(last?.nonce).toBe('nonce-1');
        expect(sameBytes(last?.head ?? bytesOf(''), bytesOf('head 1'))).toBe(true);
      });

      test.each([10, 5_000])('does exactly one of 16 racing appends of %i bytes win a version?', async (sizeBytes) => {
        const subtask = fixture.name('race');
        for (let version = 1; version <= 10; version += 1) {
          const outcomes = await Promise.all(
            Array.from({ length: 16 }, (_, writer) =>
              journal().append(
                subtask,
                entry(version, { nonce: `writer-${writer}`, parts: [bytesOf(`by ${writer}`, sizeBytes)] }),
              ),
            ),
          );

          const winners = outcomes.flatMap((outcome, writer) => (outcome === 'appended' ? [writer] : []));
          expect(winners).toHaveLength(1);
          expect(outcomes.filter((outcome) => outcome === 'taken')).toHaveLength(15);
          const last = await journal().last(subtask);
          expect([last?.version, last?.nonce]).toEqual([version, `writer-${winners[0]}`]);
          const part = await journal().readPart(subtask, version, 0);
          expect(sameBytes(part, bytesOf(`by ${winners[0]}`, sizeBytes))).toBe(true);
        }
      });

      test('does every acknowledged append of writers in competition survive, under its own version?', async () => {
        const subtask = fixture.name('competition');
        const acknowledged = new Map<number, string>();
        const compete = async (writer: number): Promise<void> => {
          for (let tries = 0; tries < 25; tries += 1) {
            const version = ((await journal().last(subtask))?.version ?? 0) + 1;
            const nonce = `${writer}/${tries}`;
            if ((await journal().append(subtask, entry(version, { nonce }))) !== 'appended') continue;
            expect(acknowledged.has(version)).toBe(false);
            acknowledged.set(version, nonce);
          }
        };

        await Promise.all(Array.from({ length: 16 }, (_, writer) => compete(writer)));

        const stored = await journal().read(subtask, 0, 1_000);
        expect(stored.map(({ version, nonce }) => [version, nonce])).toEqual(
          [...acknowledged].sort(([a], [b]) => a - b),
        );
        expect(stored.map(({ version }) => version)).toEqual(stored.map((_, index) => index + 1));
      });

      test('are journals whose names are alike apart from each other?', async () => {
        const base = fixture.name('name');
        const names = [
          base,
          `${base}-1`,
          `${base}/1`,
          `${base}:0`,
          `${base} `,
          `${base}é`,
          `${base}\u{1f30a}`,
          `${base}~`,
        ];
        await Promise.all(names.map((name, at) => fill(name, at + 1, { nonce: name })));

        for (const [at, name] of names.entries()) {
          const entries = await journal().read(name, 0, 100);
          expect(entries.map(({ version, nonce }) => [version, nonce])).toEqual(
            Array.from({ length: at + 1 }, (_, index) => [index + 1, name]),
          );
          expect((await journal().last(name))?.version).toBe(at + 1);
        }
      });
    });

    describe('reading', () => {
      test('is a journal that nobody wrote to empty?', async () => {
        const subtask = fixture.name('nothing');

        expect(await journal().last(subtask)).toBeUndefined();
        expect(await journal().read(subtask, 0, 10)).toEqual([]);
        expect(await journal().read(subtask, 7, 10)).toEqual([]);
      });

      test('does an entry come back as it was given, whatever its size?', async () => {
        const subtask = fixture.name('sizes');
        const sizes = [0, 1, 1_000, 1_500, 2_000, 40_000, 1_000_000];
        for (const [at, size] of sizes.entries()) {
          const parts = sizes.map((partSize, part) => bytesOf(`${at}.${part} `, partSize));
          const head = bytesOf(`head ${at} `, size);
          expect(await journal().append(subtask, entry(at + 1, { attempt: at + 7, head, parts }))).toBe('appended');
        }

        const entries = await journal().read(subtask, 0, 100);

        expect(entries.map(({ head, ...rest }) => rest)).toEqual(
          sizes.map((_, at) => ({ version: at + 1, attempt: at + 7, nonce: `nonce-${at + 1}`, partBytes: sizes })),
        );
        for (const [at, { version, head }] of entries.entries()) {
          expect(sameBytes(head, bytesOf(`head ${at} `, sizes[at]))).toBe(true);
          for (const [part, partSize] of sizes.entries()) {
            const bytes = await journal().readPart(subtask, version, part);
            expect(sameBytes(bytes, bytesOf(`${at}.${part} `, partSize))).toBe(true);
          }
        }
      });

      test('does an entry without parts come back without parts?', async () => {
        const subtask = fixture.name('no-parts');
        await fill(subtask, 1, { parts: [] });

        expect((await journal().last(subtask))?.partBytes).toEqual([]);
        expect(await failureOf(journal().readPart(subtask, 1, 0))).toEqual({
          code: 'TM_JOURNAL_PART',
          kind: 'corrupt',
        });
      });

      test('do entries come in the order of their numbers, without gap, at most as many as asked for?', async () => {
        const subtask = fixture.name('order');
        await fill(subtask, 260, { parts: [] });

        expect(await versions(subtask)).toEqual(Array.from({ length: 260 }, (_, at) => at + 1));
        expect(await versions(subtask, 8, 4)).toEqual([9, 10, 11, 12]);
        expect(await versions(subtask, 254, 3)).toEqual([255, 256, 257]);
        expect(await versions(subtask, 259, 10)).toEqual([260]);
        expect(await versions(subtask, 260, 10)).toEqual([]);
        expect(await versions(subtask, 1_000, 10)).toEqual([]);
        expect(await versions(subtask, 0, 0)).toEqual([]);
        expect((await journal().last(subtask))?.version).toBe(260);
      });

      test('is an entry seen by whoever reads after its append was answered?', async () => {
        const subtask = fixture.name('fresh');
        for (let version = 1; version <= 30; version += 1) {
          await journal().append(subtask, entry(version));
          expect((await journal().last(subtask))?.version).toBe(version);
          expect(await versions(subtask, version - 1)).toEqual([version]);
        }
      });

      test('does a part that is not there say so?', async () => {
        const subtask = fixture.name('part');
        await fill(subtask, 2);
        const missing = { code: 'TM_JOURNAL_PART', kind: 'corrupt' };

        expect(await failureOf(journal().readPart(subtask, 1, 2))).toEqual(missing);
        expect(await failureOf(journal().readPart(subtask, 3, 0))).toEqual(missing);
        expect(await failureOf(journal().readPart(fixture.name('nobody'), 1, 0))).toEqual(missing);
      });

      test('do bytes that were read stay as they are while others are read and written?', async () => {
        const subtask = fixture.name('copies');
        const sizes = [100, 3_000, 100_000];
        for (const [at, size] of sizes.entries()) {
          await journal().append(subtask, entry(at + 1, { head: bytesOf('abc', size), parts: [bytesOf('xyz', size)] }));
        }

        const heads = (await journal().read(subtask, 0, 10)).map(({ head }) => head);
        const parts = await Promise.all(sizes.map((_, at) => journal().readPart(subtask, at + 1, 0)));
        const other = fixture.name('others');
        await fill(other, 50, { head: bytesOf('other', 100_000), parts: [bytesOf('other', 3_000)] });
        for (let version = 1; version <= 50; version += 1) await journal().readPart(other, version, 0);
        await journal().collect(subtask, 2);

        for (const [at, size] of sizes.entries()) {
          expect(sameBytes(heads[at] ?? bytesOf(''), bytesOf('abc', size))).toBe(true);
          expect(sameBytes(parts[at] ?? bytesOf(''), bytesOf('xyz', size))).toBe(true);
        }
      });
    });

    describe('collect', () => {
      const refused = async (subtask: string, version: number): Promise<AppendOutcome> =>
        journal().append(subtask, entry(version));

      test('do entries up to a version go, with their parts, and the others stay?', async () => {
        const subtask = fixture.name('collect');
        await fill(subtask, 10);

        await journal().collect(subtask, 4);

        expect(await versions(subtask)).toEqual([5, 6, 7, 8, 9, 10]);
        expect(await versions(subtask, 2, 2)).toEqual([5, 6]);
        expect(await failureOf(journal().readPart(subtask, 4, 0))).toEqual({
          code: 'TM_JOURNAL_PART',
          kind: 'corrupt',
        });
        expect(sameBytes(await journal().readPart(subtask, 5, 1), bytesOf('part 1 of 5'))).toBe(true);
      });

      test('is a version at or below the floor refused for ever, and the next one taken?', async () => {
        const subtask = fixture.name('floor');
        await fill(subtask, 5);
        await journal().collect(subtask, 3);

        expect(await refused(subtask, 1)).toBe('collected');
        expect(await refused(subtask, 3)).toBe('collected');
        expect(await refused(subtask, 4)).toBe('taken');
        expect(await refused(subtask, 7)).toBe('taken');
        expect(await refused(subtask, 6)).toBe('appended');
      });

      test('does the last entry always stay?', async () => {
        const subtask = fixture.name('last');
        await fill(subtask, 3);

        await journal().collect(subtask, 3);
        await journal().collect(subtask, 1_000);

        expect(await versions(subtask)).toEqual([3]);
        expect(sameBytes(await journal().readPart(subtask, 3, 0), bytesOf('part 0 of 3'))).toBe(true);
        expect(await refused(subtask, 2)).toBe('collected');
        expect(await refused(subtask, 4)).toBe('appended');
      });

      test('does the floor only rise?', async () => {
        const subtask = fixture.name('rise');
        await fill(subtask, 6);
        await journal().collect(subtask, 4);

        await journal().collect(subtask, 2);
        await journal().collect(subtask, 0);

        expect(await versions(subtask)).toEqual([5, 6]);
        expect(await refused(subtask, 4)).toBe('collected');
      });

      test('is nothing done to an empty journal, nor to its neighbours?', async () => {
        const subtask = fixture.name('neighbour');
        await fill(subtask, 3);
        await fill(`${subtask}~`, 3);

        await journal().collect(`${subtask}!`, 10);
        await journal().collect(subtask, 2);

        expect(await versions(subtask)).toEqual([3]);
        expect(await versions(`${subtask}~`)).toEqual([1, 2, 3]);
        expect(await versions(`${subtask}!`)).toEqual([]);
      });

      test('can many entries be collected while others are appended?', async () => {
        const subtask = fixture.name('many');
        await fill(subtask, 120, { parts: [] });

        await Promise.all([
          journal().collect(subtask, 110),
          (async () => {
            for (let version = 121; version <= 150; version += 1) {
              expect(await journal().append(subtask, entry(version))).toBe('appended');
            }
          })(),
        ]);

        expect(await versions(subtask)).toEqual(Array.from({ length: 40 }, (_, at) => 111 + at));
      });
    });

    test('is everything still there after a restart, the floor too?', async () => {
      // Prepare
      const subtask = fixture.name('restart');
      await fill(subtask, 6);
      await journal().append(subtask, entry(7, { head: bytesOf('large', 50_000), parts: [bytesOf('p', 70_000)] }));
      await journal().collect(subtask, 3);

      // Act
      if ((await fixture.reopen()) === undefined) return;

      // Assess
      expect(await versions(subtask)).toEqual([4, 5, 6, 7]);
      expect(sameBytes(await journal().readPart(subtask, 4, 1), bytesOf('part 1 of 4'))).toBe(true);
      const last = await journal().last(subtask);
      expect([last?.attempt, last?.nonce, last?.partBytes]).toEqual([3, 'nonce-7', [70_000]]);
      expect(sameBytes(last?.head ?? bytesOf(''), bytesOf('large', 50_000))).toBe(true);
      expect(sameBytes(await journal().readPart(subtask, 7, 0), bytesOf('p', 70_000))).toBe(true);
      expect(await journal().append(subtask, entry(3))).toBe('collected');
      expect(await journal().append(subtask, entry(7))).toBe('taken');
      expect(await journal().append(subtask, entry(8))).toBe('appended');
    });
  });
}
