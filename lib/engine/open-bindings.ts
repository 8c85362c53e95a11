import path from 'node:path';
import { checkBindings, type GivenBindings } from '../api/bindings.ts';
import type { PipelineGraph, SinkNode } from '../api/graph.ts';
import { filesSink } from '../connectors/files/files-sink.ts';
import { filesSource } from '../connectors/files/files-source.ts';
import { outboxEffect } from '../connectors/outbox/outbox-effect.ts';
import { tableSink } from '../connectors/table/table-sink.ts';
import { TidemarkError } from '../core/record/errors.ts';
import type { Effect, EffectBinding } from '../ports/effect.ts';
import { DEAD_LETTERS } from '../ports/names.ts';
import type { Ports } from '../ports/ports.ts';
import type { Sink, SinkBinding } from '../ports/sink.ts';
import type { SourceBinding, SourceReader } from '../ports/source.ts';
import { deadLetterSink } from '../runtime/dead-letter-sink.ts';
import type { BindingSpecs, EffectSpec, SinkSpec, SourceSpec } from './binding-spec.ts';
import type { RunBindings } from './run-options.ts';

type Named<T> = Readonly<Record<string, T>>;

/** Throws `TM_BINDING_SHAPE` (invalid) for what is neither a spec nor a binding. */
function isSpec(value: unknown): boolean {
  if (typeof value === 'object' && value !== null && ('open' in value || 'kind' in value)) return !('open' in value);
  throw new TidemarkError(
    'TM_BINDING_SHAPE',
    'invalid',
    `${JSON.stringify(value)?.slice(0, 80)} is no binding.`,
    "Give a spec such as { kind: 'files', patterns: ['events/*.ndjson'] }, or a binding object.",
  );
}

/** Splits bindings into specs, with absolute paths, and objects. */
export function specsOf(given: RunBindings): BindingSpecs {
  const specs = <T extends object, S>(group: Named<T> | undefined, absolute: (spec: S) => S): Record<string, S> =>
    Object.fromEntries(
      Object.entries(group ?? {}).flatMap(([id, value]) =>
        isSpec(value) ? [[id, absolute(value as unknown as S)]] : [],
      ),
    );
  return {
    sources: specs(given.sources, (spec: SourceSpec) => ({ ...spec, baseDir: path.resolve(spec.baseDir ?? '.') })),
    sinks: specs(given.sinks, (spec: SinkSpec) =>
      spec.kind === 'files' ? { ...spec, directory: path.resolve(spec.directory) } : spec,
    ),
    effects: specs(given.effects, (spec: EffectSpec) => ({ ...spec, file: path.resolve(spec.file) })),
  };
}

/** Binding objects for all ids: specs are made into them, objects stay. Throws `TM_BINDING_*` (invalid). */
export function resolveBindings(graph: PipelineGraph, given: RunBindings): GivenBindings {
  const { sources = {}, sinks = {}, effects = {} } = given;
  const bindings = {
    sources: mapped(sources, (binding) => ('open' in binding ? binding : sourceFrom(binding))),
    sinks: mapped(sinks, (binding, id) => ('open' in binding ? binding : sinkFrom(graph, id, binding))),
    effects: mapped(effects, (binding) => ('open' in binding ? binding : effectFrom(binding))),
  };
  checkBindings(graph, bindings);
  return bindings;
}

function mapped<T, R>(group: Named<T>, change: (value: T, id: string) => R): Record<string, R> {
  return Object.fromEntries(Object.entries(group).map(([id, value]) => [id, change(value, id)]));
}

function sourceFrom({ patterns, baseDir, follow }: SourceSpec): SourceBinding {
  return filesSource(patterns, {
    ...(baseDir === undefined ? {} : { baseDir }),
    ...(follow === undefined ? {} : { follow }),
  });
}

function sinkFrom(graph: PipelineGraph, id: string, spec: SinkSpec): SinkBinding {
  if (spec.kind === 'files') return filesSink(spec.directory);
  const node = graph.nodes.find((other) => other.id === id);
  if (node?.kind === 'sink' && node.sink.kind === 'table') {
    return tableSink({ key: node.sink.key, table: spec.table ?? id });
  }
  throw new TidemarkError(
    'TM_BINDING_KIND',
    'invalid',
    `'${id}' of pipeline '${graph.name}' is bound to a table, but is not declared as one, so its rows have no key`,
    `Declare it as table({ key, … }), or bind it to a folder: { kind: 'files', directory: … }.`,
  );
}

function effectFrom({ file }: EffectSpec): EffectBinding {
  return outboxEffect(file);
}

/** All sinks of a graph, the built-in one of dead letters too. */
export async function openSinks(
  graph: PipelineGraph,
  bindings: GivenBindings,
  ports: Ports,
): Promise<Map<string, Sink>> {
  const { changesPerWrite } = ports.limits;
  const sinks = new Map([[DEAD_LETTERS, deadLetterSink(changesPerWrite)]]);
  for (const { id } of graph.nodes.filter((node): node is SinkNode => node.kind === 'sink')) {
    const binding = bindings.sinks?.[id];
    if (binding) sinks.set(id, await binding.open({ items: ports.items, changesPerWrite }));
  }
  return sinks;
}

/** All sources of a graph. Throws `TM_SOURCE_*` when one is not there. */
export function openSources(graph: PipelineGraph, bindings: GivenBindings): Promise<Map<string, SourceReader>> {
  return openAll(graph, 'source', bindings.sources ?? {});
}

/** All effects of a graph. */
export function openEffects(graph: PipelineGraph, bindings: GivenBindings): Promise<Map<string, Effect>> {
  return openAll(graph, 'effect', bindings.effects ?? {});
}

interface Closable {
  close(): Promise<void>;
}

async function openAll<T extends Closable>(
  graph: PipelineGraph,
  kind: 'source' | 'effect',
  bindings: Named<{ open(): Promise<T> }>,
): Promise<Map<string, T>> {
  const open = new Map<string, T>();
  try {
    for (const node of graph.nodes) {
      const binding = node.kind === kind ? bindings[node.id] : undefined;
      if (binding) open.set(node.id, await binding.open());
    }
    return open;
  } catch (error) {
    await closeAll(open.values());
    throw error;
  }
}

/** Closes what can be closed; what can't has nothing to lose. */
export async function closeAll(open: Iterable<Closable>): Promise<void> {
  for (const one of open) await one.close().catch(() => undefined);
}
