import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';

/** Options of Node that are about the supervisor's own program or would clash in several processes. */
const OWN_WITH_VALUE = new Set(['-e', '--eval', '-p', '--print', '-pe']);
const OWN = /^--(inspect|input-type|test|watch|interactive|check)/;

/** Arguments with which Node runs `entry` as a worker of a process that was started with `execArgv`. */
export function workerArguments(entry: string, execArgv: readonly string[]): string[] {
  const kept: string[] = [];
  for (let at = 0; at < execArgv.length; at++) {
    const argument = execArgv[at] as string;
    if (OWN_WITH_VALUE.has(argument)) at++;
    else if (!OWN.test(argument)) kept.push(argument);
  }
  // In development the entry is TypeScript.
  if (entry.endsWith('.ts') && !kept.some((argument) => argument.includes('tsx'))) {
    kept.push('--import', pathToFileURL(createRequire(entry).resolve('tsx')).href);
  }
  return [...kept, entry];
}
