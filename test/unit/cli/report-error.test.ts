import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { EXIT, exitCodeOf } from '../../../lib/cli/exit-code.ts';
import { errorLines, reportError } from '../../../lib/cli/report-error.ts';
import { type ErrorKind, TidemarkError } from '../../../lib/core/record/errors.ts';
import { keptContext } from './fake-context.ts';

describe('errors', () => {
  test('do they say what, why and what next?', () => {
    const cause = new Error('disk is full', { cause: new Error('ENOSPC') });
    const error = new TidemarkError('TM_STORE_WRITE', 'unavailable', 'a write failed', 'Free some space.', cause);
    expect(errorLines(error)).toEqual([
      'TM_STORE_WRITE: a write failed',
      '  cause: disk is full',
      '  cause: ENOSPC',
      '  next:  Free some space.',
    ]);
  });

  test('is a cause that the message names said once?', () => {
    const error = new TidemarkError('TM_X', 'invalid', 'it failed: no', '', new Error('no'));
    expect(errorLines(error)).toEqual(['TM_X: it failed: no']);
  });

  test('is the stack of an unexpected error kept in a file and not shown?', async () => {
    // Prepare
    const directory = await mkdtemp(path.join(tmpdir(), 'tidemark-errors-'));
    const context = keptContext();

    // Act
    await reportError(new TypeError('x is undefined'), context, { verbose: false, directory });

    // Assess
    const [file = ''] = await readdir(path.join(directory, 'errors'));
    const place = path.join(directory, 'errors', file);
    expect(context.stderr.text).toMatch(/^error unexpected: x is undefined\n {2}next: {2}/);
    expect(context.stderr.text).toContain(place);
    expect(context.stderr.text).not.toMatch(/\n\s+at /);
    expect(await readFile(place, 'utf8')).toMatch(/TypeError: x is undefined\n\s+at /);
    await rm(directory, { recursive: true });
  });

  test('does --verbose show the stack?', async () => {
    const context = keptContext();
    await reportError(new TypeError('x is undefined'), context, { verbose: true });
    expect(context.stderr.text).toMatch(/\n\s+at /);
  });

  test.each<[ErrorKind | undefined, string, number]>([
    ['invalid', 'TM_BINDING_MISSING', EXIT.usage],
    ['fenced', 'TM_STORE_FENCED', EXIT.taken],
    ['unavailable', 'TM_DIRECTORY_IN_USE', EXIT.taken],
    ['unavailable', 'TM_STORE_WRITE', EXIT.failed],
    ['corrupt', 'TM_FRAME', EXIT.failed],
    ['user-code', 'TM_USER_CODE', EXIT.failed],
    [undefined, '', EXIT.failed],
  ])('which exit code has kind %s with code %s?', (kind, code, exit) => {
    expect(exitCodeOf(kind === undefined ? new Error('x') : new TidemarkError(code, kind, '', ''))).toBe(exit);
  });
});
