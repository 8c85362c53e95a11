import path from 'node:path';
import { projectFiles, textOf } from '../support/source-files.ts';

const files = projectFiles();
const sources = files.filter((file) => /^(lib|bin|functions|examples|bench|test)\/.*\.(ts|mts|mjs|js|cjs)$/.test(file));
const lib = sources.filter((file) => file.startsWith('lib/'));

/** `file:line: text` of each line that a pattern matches. */
function linesLike(pattern: RegExp, where: readonly string[]): string[] {
  return where.flatMap((file) =>
    textOf(file)
      .split('\n')
      .flatMap((line, index) => (pattern.test(line) ? [`${file}:${index + 1}: ${line.trim().slice(0, 160)}`] : [])),
  );
}

describe('tidy', () => {
  test('is there something to look at?', () => {
    expect(lib.length).toBeGreaterThan(0);
  });

  test('has every file of lib at most 400 lines?', () => {
    const long = lib.filter((file) => textOf(file).replace(/\n$/, '').split('\n').length > 400);
    expect(long).toEqual([]);
  });

  test('does lib say "attempt" and "checkpoint id", never the word with two meanings?', () => {
    expect(linesLike(/epoch/i, lib)).toEqual([]);
  });

  test('does every file name say what is in it?', () => {
    const vague = /(^|[-/])(utils?|helpers?|managers?|impl)([-./]|$)/;
    expect(sources.filter((file) => vague.test(file))).toEqual([]);
  });

  test('is every name in kebab-case?', () => {
    const kebab = /^([a-z0-9]+(-[a-z0-9]+)*(\.[a-z0-9]+(-[a-z0-9]+)*)*|README\.md)$/;
    const wrong = files
      .filter((file) => /^(lib|bin|functions|examples|bench|test|localstack)\//.test(file))
      .filter((file) => !file.split('/').every((part) => kebab.test(part)));
    expect(wrong).toEqual([]);
  });

  test('is there one index file a package entry, and none below?', () => {
    const entries = ['lib/index.ts', 'lib/testkit/index.ts', 'lib/engine/index.ts'];
    const indexes = lib.filter((file) => path.basename(file) === 'index.ts');
    expect(indexes.filter((file) => !entries.includes(file))).toEqual([]);
  });

  test('is everything finished that is here?', () => {
    // Spelled in parts: this file is searched too.
    const marks = ['TO' + 'DO', 'FIX' + 'ME', 'X' + 'XX'];
    expect(linesLike(new RegExp(`\\b(${marks.join('|')})\\b`), sources)).toEqual([]);
  });

  test('is no package registry and no machine of ours named in any file?', () => {
    const hosts = [
      'registry\\.[a-z0-9-]+\\.[a-z]',
      'npm\\.pkg\\.',
      'npm[a-z]*-proxy',
      'codeartifact\\.',
      '/artifactory[/]',
    ];
    const homes = ['/root/', '/home/[a-z]', '/Users/[A-Za-z]', '/work/(main|shared)'];
    const own = process.env['npm_config_registry'];
    if (own !== undefined && own !== '') hosts.push(new URL(own).host.replace(/\W/g, '\\$&'));
    const texts = files.filter((file) => !/\.(png|jpg|gif|ico|parquet|gz|bin|zip)$/.test(file));
    expect(linesLike(new RegExp(`(${hosts.join('|')})`, 'i'), texts)).toEqual([]);
    const searched = texts.filter((file) => file !== 'test/architecture/tidy.test.ts');
    expect(linesLike(new RegExp(`(^|[^\\w.~-])(${homes.join('|')})`), searched)).toEqual([]);
  });

  test('does the lockfile leave the place of every package open?', () => {
    const lock = JSON.parse(textOf('package-lock.json')) as { packages: Record<string, { resolved?: string }> };
    expect(Object.keys(lock.packages).length).toBeGreaterThan(100);
    const fixed = Object.entries(lock.packages).filter(([, entry]) => entry.resolved !== undefined);
    expect(fixed.map(([name]) => name)).toEqual([]);
  });

  test('is every version in package.json exact?', () => {
    const manifest = JSON.parse(textOf('package.json')) as Record<string, Record<string, string> | undefined>;
    const versions = { ...manifest['dependencies'], ...manifest['devDependencies'] };
    const exact = /^(npm:@?[\w./-]+@)?\d+\.\d+\.\d+$/;
    expect(Object.entries(versions).filter(([, version]) => !exact.test(version))).toEqual([]);
  });
});
