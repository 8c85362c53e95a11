import { type Definition, isDefinition } from '../../api/definition.ts';
import { didYouMean } from '../../api/option-check.ts';
import { usageError } from '../arguments/usage-error.ts';

/** A definition and the name under which its module exports it. */
export interface PickedDefinition {
  readonly definition: Definition;
  readonly exportName: string;
}

/**
 * The definition that a module exports: under `wanted`, else as `default`, else the only one.
 *
 * Throws `TM_PIPELINE_EXPORT` (invalid).
 */
export function pickDefinition(
  file: string,
  exports: Readonly<Record<string, unknown>>,
  wanted: string | undefined,
): PickedDefinition {
  const found = Object.entries(exports).filter(([, value]) => isDefinition(value));
  const names = found.map(([name]) => name);
  if (wanted !== undefined) {
    const value = Object.hasOwn(exports, wanted) ? exports[wanted] : undefined;
    if (isDefinition(value)) return { definition: value, exportName: wanted };
    const why = value === undefined ? 'has no export' : 'exports something that is no pipeline as';
    throw usageError(
      'TM_PIPELINE_EXPORT',
      `${file} ${why} '${wanted}'`,
      `${didYouMean(wanted, names)}Pipelines in it: ${names.length === 0 ? 'none' : names.join(', ')}.`,
    );
  }
  const [only] = found;
  if (isDefinition(exports['default'])) return { definition: exports['default'], exportName: 'default' };
  if (only !== undefined && found.every(([, value]) => value === only[1])) {
    return { definition: only[1] as Definition, exportName: only[0] };
  }
  if (only === undefined) {
    const others = Object.keys(exports);
    throw usageError(
      'TM_PIPELINE_EXPORT',
      `${file} exports no pipeline${others.length === 0 ? '' : ` (its exports: ${others.join(', ')})`}`,
      "Export what .to(…), .afterCommit(…) or .build(…) returns: export default pipeline('name').source(…)….to(…);",
    );
  }
  throw usageError(
    'TM_PIPELINE_EXPORT',
    `${file} exports several pipelines: ${names.join(', ')}`,
    `Say which: --export ${names[0]}. Or make one the default export.`,
  );
}
