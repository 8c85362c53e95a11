import type { ProcessScope, StateSpec } from '../core/operators/process.ts';
import { TidemarkError } from '../core/record/errors.ts';
import { checkOptions, describe } from './option-check.ts';

/** Refuses state that is not declared as it should be (`TM_GRAPH_STATE`). Its names are parts of stored names. */
export function checkState(id: string, state: unknown): void {
  checkOptions(`state of process '${id}'`, state, Object.keys(state ?? {}));
  for (const [name, declaration] of Object.entries(state as Record<string, Partial<StateSpec> | undefined>)) {
    if (/^[A-Za-z]\w{0,63}$/.test(name) && ['value', 'list', 'map'].includes(String(declaration?.kind))) continue;
    throw new TidemarkError(
      'TM_GRAPH_STATE',
      'invalid',
      `state '${name}' of process '${id}' is ${describe(declaration)}`,
      'Declare state as total: value(0), seen: list() or byDay: map(), under names of up to 64 letters, digits and _.',
    );
  }
}

/** Emits what a function of `process` returned. A generator runs here, within the call, while its context is valid. */
export function emitAll(outputs: unknown, context: ProcessScope): void {
  if (outputs === undefined) return;
  if (typeof outputs !== 'object' || outputs === null || !(Symbol.iterator in outputs)) {
    throw new TidemarkError(
      'TM_PROCESS_OUTPUT',
      'user-code',
      `process returned ${describe(outputs)}, which is neither an array nor a generator`,
      'Return an array of outputs, yield them, or return nothing.',
    );
  }
  for (const output of outputs as Iterable<unknown>) context.emit(output);
}
