import { TidemarkError } from '../core/record/errors.ts';
import { checkGraph } from './check-graph.ts';
import type { GraphNode, PipelineGraph } from './graph.ts';
import { describe } from './option-check.ts';
import { type CheckpointOptions, checkPipelineOptions, type PipelineOptions, resolveCheckpoint } from './options.ts';

/** A node whose id may not be known yet: derived ids are given when the graph is asked for. */
export interface DraftNode {
  /** The user's id, or what a derived id begins with. */
  readonly id: string;
  readonly named: boolean;
  /** True for a dedupe after `keyBy`. */
  readonly staysKeyed: boolean;
  readonly inputs: readonly DraftNode[];
  readonly make: (id: string, inputs: readonly string[]) => GraphNode;
}

const ID = /^[a-z0-9][a-z0-9-]{0,63}$/;

/** Refuses ids that could not be names of files, streams and table items everywhere (`TM_GRAPH_ID`). */
export function checkId(what: string, id: unknown): void {
  if (typeof id === 'string' && ID.test(id)) return;
  throw new TidemarkError(
    'TM_GRAPH_ID',
    'invalid',
    `${what} cannot be ${describe(id)}`,
    "Write 1 to 64 of a-z, 0-9 and '-', beginning with a letter or digit, for instance 'hourly-usage'.",
  );
}

/**
 * The graph while it is being defined: append-only, shared by all handles of one pipeline.
 * Nodes are added after their inputs, so that their order is topological.
 */
export class Draft {
  readonly name: string;
  readonly #options: PipelineOptions;
  readonly #nodes: DraftNode[] = [];

  constructor(name: string, options: PipelineOptions) {
    checkId('the name of a pipeline', name);
    checkPipelineOptions(options);
    resolveCheckpoint(options.checkpoint);
    this.name = name;
    this.#options = options;
  }

  get nodes(): readonly DraftNode[] {
    return this.#nodes;
  }

  /** Adds a node with the user's id. Throws `TM_GRAPH_ID`, `TM_GRAPH_ID_TWICE`. */
  addNamed(id: string, inputs: readonly DraftNode[], make: DraftNode['make'], staysKeyed = false): DraftNode {
    checkId('an id', id);
    if (this.#nodes.some((node) => node.named && node.id === id)) {
      throw new TidemarkError(
        'TM_GRAPH_ID_TWICE',
        'invalid',
        `two steps of pipeline '${this.name}' have the id '${id}'`,
        'Give each source, stateful step, sink and effect an id of its own; state and output are found under it.',
      );
    }
    return this.#add({ id, named: true, staysKeyed, inputs, make });
  }

  /** Adds a node that gets an id which begins with `stem`. */
  addDerived(stem: string, inputs: readonly DraftNode[], make: DraftNode['make']): DraftNode {
    return this.#add({ id: stem, named: false, staysKeyed: false, inputs, make });
  }

  /** The checked, frozen graph as it is now. */
  graph(checkpoint?: CheckpointOptions): PipelineGraph {
    const ids = this.#ids();
    const idOf = (node: DraftNode) => ids.get(node) as string;
    const graph: PipelineGraph = Object.freeze({
      name: this.name,
      nodes: Object.freeze(
        this.#nodes.map((node) => Object.freeze(node.make(idOf(node), Object.freeze(node.inputs.map(idOf))))),
      ),
      checkpoint: resolveCheckpoint(this.#options.checkpoint, checkpoint),
      onError: this.#options.onError ?? 'dead-letter',
    });
    checkGraph(graph);
    return graph;
  }

  #add(node: DraftNode): DraftNode {
    this.#nodes.push(Object.freeze(node));
    return node;
  }

  /**
   * Derived ids are `map-3`, `branch-<name>`, or `key-by-<step>` after the first window or process that reads the keys: the id of an
   * exchange, and so of a stage and its journals, stays the same when other steps come and go.
   */
  #ids(): Map<DraftNode, string> {
    const ids = new Map(this.#nodes.filter((node) => node.named).map((node) => [node, node.id] as const));
    const taken = new Set(ids.values());
    const counts = new Map<string, number>();
    for (const node of this.#nodes) {
      if (node.named) continue;
      const reader = node.id === 'key-by' ? this.#readerOfKeys(node) : undefined;
      const stem = reader === undefined ? node.id : `${node.id}-${reader.id}`;
      const saysWhich = reader !== undefined || node.id.startsWith('branch-');
      let count = counts.get(stem) ?? 0;
      let id: string;
      do {
        count++;
        id = saysWhich && count === 1 ? stem : `${stem}-${count}`;
      } while (taken.has(id));
      counts.set(stem, count);
      taken.add(id);
      ids.set(node, id);
    }
    return ids;
  }

  /** The first step that has state under the keys of `keys`; keyed dedupes only when there is nothing else. */
  #readerOfKeys(keys: DraftNode): DraftNode | undefined {
    const keyed = new Set([keys]);
    const readers: DraftNode[] = [];
    for (const node of this.#nodes) {
      if (!node.inputs.some((input) => keyed.has(input))) continue;
      if (node.staysKeyed) keyed.add(node);
      readers.push(node);
    }
    return readers.find((node) => !node.staysKeyed) ?? readers[0];
  }
}
