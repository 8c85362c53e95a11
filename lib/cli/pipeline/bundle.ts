import { createRequire } from 'node:module';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import type { BuildFailure, BuildOptions, Message, OutputFile, Plugin } from 'esbuild';
import { sha256Hex } from '../../core/bytes/digest.ts';
import { usageError } from '../arguments/usage-error.ts';

/** A pipeline module with all that it imports, as one ES module for Node. */
export interface Bundle {
  /** With source map; runs from any place. */
  readonly text: string;
  /** SHA-256 of the code alone. Comments do not change it, nor does moving the project with all that it imports. */
  readonly hash: string;
}

/** Packages with native code or files of their own, which no bundle can hold. */
const NATIVE = /^(lmdb|msgpackr-extract|esbuild)(\/|$)/;

/**
 * Bundles the user's module with esbuild. Types are stripped, not checked.
 *
 * Throws `TM_PIPELINE_COMPILE` (invalid) with file, line and column.
 */
export async function bundleModule(file: string, libraryFile: string): Promise<Bundle> {
  const { build, stop } = await import('esbuild');
  const folder = path.dirname(file);
  const options = {
    entryPoints: [file],
    // Paths in comments of the output are relative to it: the hash does not depend on where the project is.
    absWorkingDir: folder,
    outfile: path.join(folder, 'bundle.mjs'),
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    sourcemap: 'external',
    write: false,
    logLevel: 'silent',
    charset: 'utf8',
    define: {
      'import.meta.url': '__tidemark_url',
      'import.meta.dirname': '__dirname',
      'import.meta.filename': '__filename',
    },
    plugins: [nativePackages, ownLibrary(libraryFile)],
  } as const satisfies BuildOptions;
  try {
    const { outputFiles } = await build(options);
    return assemble(file, outputFiles);
  } catch (error) {
    throw isBuildFailure(error) ? compileError(file, error) : error;
  } finally {
    // Ends esbuild's own process; the next build starts one.
    await stop();
  }
}

function assemble(file: string, outputs: readonly OutputFile[]): Bundle {
  const code = outputs.find((output) => output.path.endsWith('.mjs'))?.text ?? '';
  const map = outputs.find((output) => output.path.endsWith('.map'))?.text ?? '{}';
  const banner = bannerFor(file);
  const encoded = Buffer.from(movedMap(map, path.dirname(file))).toString('base64');
  const mapLine = `//# sourceMappingURL=data:application/json;base64,${encoded}`;
  return { text: `${banner}\n${code}\n${mapLine}\n`, hash: sha256Hex(code) };
}

/**
 * What CommonJS packages and `import.meta.url` of the pipeline's own file expect, as globals: a declaration could clash
 * with one of the user's.
 */
function bannerFor(file: string): string {
  const globals = [
    `require ??= (await import('node:module')).createRequire(${JSON.stringify(pathToFileURL(file).href)})`,
    `__filename ??= ${JSON.stringify(file)}`,
    `__dirname ??= ${JSON.stringify(path.dirname(file))}`,
    `__tidemark_url ??= ${JSON.stringify(pathToFileURL(file).href)}`,
  ];
  return globals.map((assignment) => `globalThis.${assignment};`).join(' ');
}

/** The source map with absolute sources, moved by the banner's line. */
function movedMap(map: string, folder: string): string {
  const content = JSON.parse(map) as { sources?: readonly string[]; mappings?: string };
  const sources = (content.sources ?? []).map((source) => pathToFileURL(path.resolve(folder, source)).href);
  return JSON.stringify({ ...content, sources, mappings: `;${content.mappings ?? ''}` });
}

/** Leaves native packages out, named by their place: the bundle may lie anywhere. */
const nativePackages: Plugin = {
  name: 'native-packages',
  setup(build) {
    build.onResolve({ filter: NATIVE }, ({ path: name, resolveDir, kind }) => {
      try {
        const place = createRequire(path.join(resolveDir, 'from.js')).resolve(name);
        return { path: kind === 'require-call' ? place : pathToFileURL(place).href, external: true };
      } catch {
        return { path: name, external: true };
      }
    });
    build.onResolve({ filter: /\.node$/ }, ({ path: name, resolveDir }) => ({
      path: path.resolve(resolveDir, name),
      external: true,
    }));
  },
};

/** Where `tidemark` is not installed, its imports mean the library that runs. */
function ownLibrary(libraryFile: string): Plugin {
  const folder = path.dirname(libraryFile);
  const ending = path.extname(libraryFile);
  const entries: Readonly<Record<string, string>> = {
    tidemark: libraryFile,
    'tidemark/testkit': path.join(folder, 'testkit', `index${ending}`),
    'tidemark/embedded': path.join(folder, 'engine', `index${ending}`),
  };
  const asked = Symbol('asked');
  return {
    name: 'own-library',
    setup(build) {
      build.onResolve({ filter: /^tidemark(\/|$)/ }, async ({ path: name, pluginData, resolveDir, kind, importer }) => {
        if (pluginData === asked) return undefined;
        const found = await build.resolve(name, { pluginData: asked, resolveDir, kind, importer });
        const own = entries[name];
        return found.errors.length === 0 || own === undefined ? found : { path: own };
      });
    },
  };
}

function isBuildFailure(error: unknown): error is BuildFailure {
  return error instanceof Error && Array.isArray((error as Partial<BuildFailure>).errors);
}

function compileError(file: string, { errors }: BuildFailure): Error {
  const shown = errors.slice(0, 5).map((message) => messageText(path.dirname(file), message));
  const more = errors.length > shown.length ? [`… and ${errors.length - shown.length} more`] : [];
  return usageError(
    'TM_PIPELINE_COMPILE',
    [`${path.basename(file)} does not compile`, ...shown, ...more].join('\n  '),
    'Correct the lines that are named; tsc --noEmit shows type errors as well.',
  );
}

function messageText(folder: string, { text, location, notes }: Message): string {
  if (location === null) return text;
  const place = `${path.resolve(folder, location.file)}:${location.line}:${location.column + 1}: ${text}`;
  const pointer = `${' '.repeat(location.column)}${'^'.repeat(Math.max(1, location.length))}`;
  const hints = notes.flatMap((note) => (note.text === '' ? [] : [note.text]));
  return [place, `  ${location.lineText.trimEnd().replaceAll('\t', ' ')}`, `  ${pointer.slice(0, 200)}`, ...hints].join(
    '\n  ',
  );
}
