import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';

/** The root of the repository. */
export const ROOT = path.resolve(__dirname, '../..');

/** Every file that git knows or would add, relative to the root, with `/`; ignored and deleted files are not in it. */
export function projectFiles(): readonly string[] {
  const list = execFileSync(
    'git',
    ['-c', 'safe.directory=*', 'ls-files', '-z', '--cached', '--others', '--exclude-standard'],
    { cwd: ROOT, encoding: 'utf8', maxBuffer: 64 << 20 },
  );
  return [...new Set(list.split('\0'))].filter((file) => file !== '' && existsSync(path.join(ROOT, file))).sort();
}

/** The text of a file of the project. */
export function textOf(file: string): string {
  return readFileSync(path.join(ROOT, file), 'utf8');
}
