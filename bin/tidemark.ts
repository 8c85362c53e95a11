#!/usr/bin/env node
import { Console } from 'node:console';
import { readFileSync } from 'node:fs';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { main } from '../lib/cli/main.ts';
import { processContext } from '../lib/cli/process-context.ts';

/** What keeps the process alive this long after the command has ended is left behind: an open handle, no work. */
const LINGER_MS = 2_000;

const ending = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
// From bin/ in the sources, from dist/bin/ in the package.
const manifest = new URL(ending === 'ts' ? '../package.json' : '../../package.json', import.meta.url);
const { version } = JSON.parse(readFileSync(manifest, 'utf8')) as { version: string };

// Standard output is for what the command says; what pipelines print while they are loaded goes beside it.
globalThis.console = new Console(process.stderr);

const context = processContext({
  version,
  libraryFile: fileURLToPath(new URL(`../lib/index.${ending}`, import.meta.url)),
  async importModule(file) {
    // Stacks of the user's code name the lines that the user wrote.
    process.setSourceMapsEnabled(true);
    return (await import(pathToFileURL(file).href)) as Readonly<Record<string, unknown>>;
  },
});

process.exitCode = await main(context);
setTimeout(() => process.exit(), LINGER_MS).unref();
