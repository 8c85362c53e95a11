import path from 'node:path';
import { workerArguments } from '../../lib/engine/worker-command.ts';

describe('the command of a worker', () => {
  test('are options kept that are for every process, and those dropped that are not?', () => {
    const given = [
      '--inspect=9229',
      '--max-old-space-size=500',
      '--input-type=module',
      '-e',
      'code',
      '--import',
      'x.mjs',
    ];

    expect(workerArguments('/dist/worker-main.js', given)).toEqual([
      '--max-old-space-size=500',
      '--import',
      'x.mjs',
      '/dist/worker-main.js',
    ]);
  });

  test('is TypeScript run through tsx, once?', () => {
    const entry = path.resolve(__dirname, '../../lib/engine/worker-main.ts');

    expect(workerArguments(entry, [])).toEqual(['--import', expect.stringMatching(/^file:.*tsx/), entry]);
    expect(workerArguments(entry, ['--import', 'tsx'])).toEqual(['--import', 'tsx', entry]);
  });
});
