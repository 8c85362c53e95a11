import { TidemarkError } from '../core/record/errors.ts';
import type { GraphNode, PipelineGraph } from './graph.ts';

/** Throws the error of a graph that cannot run. */
export function refuse(code: string, message: string, advice: string): never {
  throw new TidemarkError(code, 'invalid', message, advice);
}

/** A node as a person would look for it in the code. */
export function spoken(node: GraphNode): string {
  if (node.kind === 'source') return `source '${node.id}'`;
  if (node.kind === 'sink') return `sink '${node.id}'`;
  if (node.kind === 'event-time') return `.eventTime(…) (${node.id})`;
  return `${node.kind} '${node.id}'`;
}

/**
 * Inputs and readers of nodes, looked up by id. Throws `TM_GRAPH_ID_TWICE` and `TM_GRAPH_ORDER` for a list of nodes that
 * is not a graph in topological order.
 */
export class GraphView {
  readonly graph: PipelineGraph;
  readonly #nodes = new Map<string, GraphNode>();
  readonly #readers = new Map<string, GraphNode[]>();

  constructor(graph: PipelineGraph) {
    this.graph = graph;
    for (const node of graph.nodes) {
      if (this.#nodes.has(node.id)) {
        refuse(
          'TM_GRAPH_ID_TWICE',
          `two steps of pipeline '${graph.name}' have the id '${node.id}'`,
          'Give each source, stateful step, sink and effect an id of its own; state and output are found under it.',
        );
      }
      for (const input of node.inputs) {
        if (!this.#nodes.has(input)) {
          refuse(
            'TM_GRAPH_ORDER',
            `${spoken(node)} reads '${input}', which does not come before it`,
            'Build graphs with pipeline(…); by hand, list each node after its inputs.',
          );
        }
        this.#readers.set(input, [...this.readersOf(input), node]);
      }
      this.#nodes.set(node.id, node);
    }
  }

  inputsOf(node: GraphNode): GraphNode[] {
    return node.inputs.map((id) => this.#nodes.get(id) as GraphNode);
  }

  readersOf(id: string): readonly GraphNode[] {
    return this.#readers.get(id) ?? [];
  }

  /** All nodes from which records reach `node`, nearest first, without itself. */
  upstreamOf(node: GraphNode): GraphNode[] {
    const found = new Set<GraphNode>();
    const next = this.inputsOf(node);
    for (let at = next.shift(); at !== undefined; at = next.shift()) {
      if (found.has(at)) continue;
      found.add(at);
      next.push(...this.inputsOf(at));
    }
    return [...found];
  }

  /** An earlier event-time node of a source that `node` reads too. */
  eventTimeBeside(node: GraphNode, upstream: readonly GraphNode[]): GraphNode | undefined {
    const sources: readonly GraphNode[] = upstream.filter((other) => other.kind === 'source');
    for (const other of this.graph.nodes) {
      if (other === node) return undefined;
      if (other.kind === 'event-time' && this.upstreamOf(other).some((at) => sources.includes(at))) return other;
    }
    return undefined;
  }

  /** A source whose records reach `node` without event time, if there is one. */
  sourceWithoutEventTime(node: GraphNode): GraphNode | undefined {
    const seen = new Set<GraphNode>();
    const next = this.inputsOf(node);
    for (let at = next.shift(); at !== undefined; at = next.shift()) {
      if (at.kind === 'event-time' || seen.has(at)) continue;
      if (at.kind === 'source') return at;
      seen.add(at);
      next.push(...this.inputsOf(at));
    }
    return undefined;
  }
}
