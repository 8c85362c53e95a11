import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { type Definition, isDefinition } from '../api/definition.ts';
import { messageOf } from '../core/record/errors.ts';
import { moduleMissing } from './run-failures.ts';
import type { RunBindings, RunModule } from './run-options.ts';

/** What a worker finds in the module of a run. */
export interface LoadedModule {
  readonly definition: Definition;
  readonly bindings: RunBindings;
}

/** Imports the module. Throws `TM_RUN_MODULE` (invalid). */
export async function loadModule({ file, exportName, bindingsExport }: RunModule): Promise<LoadedModule> {
  const exports = await importFile(file);
  const bindings = exports[bindingsExport ?? 'bindings'];
  if (bindingsExport !== undefined && bindings === undefined)
    throw moduleMissing(`${file} does not export ${bindingsExport}`);
  const definition = exportName === undefined ? onlyDefinition(file, exports) : exports[exportName];
  if (!isDefinition(definition)) throw moduleMissing(`the export ${exportName} of ${file} is no pipeline`);
  return { definition, bindings: (bindings ?? {}) as RunBindings };
}

async function importFile(file: string): Promise<Record<string, unknown>> {
  try {
    return await import(pathToFileURL(path.resolve(file)).href);
  } catch (error) {
    throw moduleMissing(`importing ${file} failed: ${messageOf(error)}`);
  }
}

function onlyDefinition(file: string, exports: Record<string, unknown>): unknown {
  if (isDefinition(exports['default'])) return exports['default'];
  const found = Object.keys(exports).filter((name) => isDefinition(exports[name]));
  const [only] = found;
  if (only !== undefined && found.length === 1) return exports[only];
  throw moduleMissing(
    found.length === 0
      ? `${file} exports no pipeline`
      : `${file} exports several: name one of ${found.join(', ')} with exportName`,
  );
}
