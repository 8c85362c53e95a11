import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { findFiles, fixedBase } from '../../../../lib/connectors/files/glob.ts';

const base = mkdtempSync(path.join(tmpdir(), 'tidemark-glob-'));
beforeAll(() => {
  const files = [
    'a.ndjson',
    'b.ndjson',
    'b.txt',
    '.hidden.ndjson',
    'x/a.ndjson',
    'x/y/z.ndjson',
    'x/.dot/h.ndjson',
    'v+1.(2)/é.ndjson',
    'odd*name.ndjson',
  ];
  for (const file of files) {
    mkdirSync(path.dirname(path.join(base, file)), { recursive: true });
    writeFileSync(path.join(base, file), '');
  }
  symlinkSync(path.join(base, 'a.ndjson'), path.join(base, 'x', 'link.ndjson'));
  symlinkSync(base, path.join(base, 'x', 'loop'));
  symlinkSync(path.join(base, 'nowhere'), path.join(base, 'x', 'broken.ndjson'));
});
afterAll(() => rmSync(base, { recursive: true }));

const ids = async (pattern: string): Promise<string[]> => (await findFiles(pattern, base)).map(({ id }) => id);

describe('findFiles', () => {
  test.each([
    ['a.ndjson', ['a.ndjson']],
    ['./x/../a.ndjson', ['a.ndjson']],
    ['*.ndjson', ['a.ndjson', 'b.ndjson', 'odd*name.ndjson']],
    ['?.ndjson', ['a.ndjson', 'b.ndjson']],
    ['[ab].ndjson', []],
    ['x', ['a.ndjson', 'link.ndjson', 'y/z.ndjson']],
    ['x/*', ['a.ndjson', 'link.ndjson']],
    ['**/z.ndjson', ['x/y/z.ndjson']],
    ['x/**/*.ndjson', ['a.ndjson', 'link.ndjson', 'y/z.ndjson']],
    ['**/y/**', ['x/y/z.ndjson']],
    ['*/a.ndjson', ['x/a.ndjson']],
    ['*/?.ndjson', ['v+1.(2)/é.ndjson', 'x/a.ndjson']],
    ['v+1.(2)/*', ['é.ndjson']],
    ['.*.ndjson', ['.hidden.ndjson']],
    ['x/.dot/*', ['h.ndjson']],
    ['*/.dot/*', ['x/.dot/h.ndjson']],
    ['odd*name.ndjson', ['odd*name.ndjson']],
    ['nothing/**', []],
    ['nothing.ndjson', []],
    ['a.ndjson/*', []],
  ])('which files does %s name, called from the directory above its first wildcard?', async (pattern, expected) => {
    expect(await ids(pattern)).toEqual(expected);
  });

  test('do absolute patterns work, and do the paths lead to the files?', async () => {
    expect(await findFiles(path.join(base, 'x', 'y', '*'), '/elsewhere')).toEqual([
      { id: 'z.ndjson', path: path.join(base, 'x', 'y', 'z.ndjson') },
    ]);
  });
});

describe('fixedBase', () => {
  test.each([
    ['a/b/*.x', '/w/a/b'],
    ['*.x', '/w'],
    ['a/**/b/*', '/w/a'],
    ['/*', '/'],
    ['a/b', '/w/a/b'],
  ])('where does the search for %s begin?', (pattern, expected) => {
    expect(fixedBase(pattern, '/w')).toBe(expected);
  });
});
