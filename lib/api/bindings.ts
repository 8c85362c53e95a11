import { TidemarkError } from '../core/record/errors.ts';
import type { EffectBinding } from '../ports/effect.ts';
import type { SinkBinding } from '../ports/sink.ts';
import type { SourceBinding } from '../ports/source.ts';
import type { PipelineGraph } from './graph.ts';
import { didYouMean } from './option-check.ts';

/** Bindings whose ids are not known to the compiler: from the command line or a config file. */
export interface GivenBindings {
  readonly sources?: Readonly<Record<string, SourceBinding>>;
  readonly sinks?: Readonly<Record<string, SinkBinding>>;
  readonly effects?: Readonly<Record<string, EffectBinding>>;
}

const ROLES = [
  { role: 'source', group: 'sources' },
  { role: 'sink', group: 'sinks' },
  { role: 'effect', group: 'effects' },
] as const;

const listed = (ids: readonly string[]) => (ids.length === 0 ? 'none' : ids.join(', '));

/**
 * Refuses bindings that do not fit the graph (all `invalid`): `TM_BINDING_MISSING`, `TM_BINDING_UNKNOWN`, and
 * `TM_BINDING_WEAK` where an exactly-once pipeline would get an at-least-once source or sink.
 */
export function checkBindings(graph: PipelineGraph, bindings: GivenBindings): void {
  for (const { role, group } of ROLES) {
    const wanted = graph.nodes.filter((node) => node.kind === role).map((node) => node.id);
    const given: Readonly<Record<string, SourceBinding | SinkBinding | EffectBinding>> = bindings[group] ?? {};
    for (const id of Object.keys(given)) {
      if (wanted.includes(id)) continue;
      throw new TidemarkError(
        'TM_BINDING_UNKNOWN',
        'invalid',
        `pipeline '${graph.name}' has no ${role} '${id}'`,
        `${didYouMean(id, wanted)}Its ${group}: ${listed(wanted)}.`,
      );
    }
    for (const id of wanted) {
      const binding = Object.hasOwn(given, id) ? given[id] : undefined;
      if (binding === undefined) {
        throw new TidemarkError(
          'TM_BINDING_MISSING',
          'invalid',
          `${role} '${id}' of pipeline '${graph.name}' is not bound`,
          `Say where it is: ${group}: { '${id}': … } in code or config, --${role} ${id}=… on the command line. Bound ${group}: ${listed(Object.keys(given))}.`,
        );
      }
      checkGuarantee(graph, role, id, binding);
    }
  }
}

function checkGuarantee(
  graph: PipelineGraph,
  role: string,
  id: string,
  binding: SourceBinding | SinkBinding | EffectBinding,
): void {
  if (graph.checkpoint.mode !== 'exactly-once') return;
  if (!('guarantee' in binding) || binding.guarantee === 'exactly-once') return;
  throw new TidemarkError(
    'TM_BINDING_WEAK',
    'invalid',
    `pipeline '${graph.name}' is exactly-once, but ${role} '${id}' is bound to ${binding.description}, which is ${binding.guarantee}`,
    `Bind ${role} '${id}' to something exactly-once, or declare checkpoint: { mode: 'at-least-once' }.`,
  );
}
