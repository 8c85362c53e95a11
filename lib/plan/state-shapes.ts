import type { GraphNode, PipelineGraph, ProcessNode, WindowAggregateNode } from '../api/graph.ts';

/**
 * What stored state of a node depends on, as one line; undefined when nothing of it is stored. A source stores
 * positions, a sink how far its output is committed. {@link comparePlans} compares these lines.
 */
function shapeOf(node: GraphNode): string | undefined {
  switch (node.kind) {
    case 'source':
      return `source ${node.source}`;
    case 'sink':
      return `sink ${node.sink.kind}`;
    case 'dedupe':
      return `dedupe ${node.withinMs}${node.keyed ? ' keyed' : ''}`;
    case 'window-aggregate':
      return windowShape(node);
    case 'process':
      return processShape(node);
    default:
      return undefined;
  }
}

function windowShape({ window, allowedLatenessMs }: WindowAggregateNode): string {
  const { kind, sizeMs, slideMs, offsetMs } = window;
  return `window-aggregate ${kind} ${sizeMs}/${slideMs}+${offsetMs} lateness ${allowedLatenessMs}`;
}

/** States in the order of their names: declaring them in another order changes nothing. */
function processShape({ state }: ProcessNode): string {
  const names = Object.keys(state).sort();
  return ['process', ...names.map((name) => `${name}:${state[name]?.kind}`)].join(' ');
}

/** Between the shape of keyed state and the stage in whose journals it lies. */
const IN_STAGE = ' in ';

/**
 * The shapes of all nodes that store something, by id, ordered by id. Those of keyed state end with the stage in whose
 * journals it lies: `window-aggregate tumbling 3600000/3600000+0 lateness 0 in key-by-hourly-usage`.
 */
export function shapesOf(graph: PipelineGraph): Readonly<Record<string, string>> {
  const stages = new Map<string, string>();
  const shapes = graph.nodes.flatMap((node) => {
    const input = node.inputs[0] ?? '';
    if (node.kind === 'key-by') stages.set(node.id, node.id);
    const stage = node.kind === 'key-by' ? undefined : stages.get(input);
    if (stage !== undefined && node.kind === 'dedupe') stages.set(node.id, stage);
    const shape = shapeOf(node);
    return shape === undefined ? [] : [[node.id, stage === undefined ? shape : shape + IN_STAGE + stage] as const];
  });
  return Object.freeze(Object.fromEntries(shapes.sort(([left], [right]) => (left < right ? -1 : 1))));
}

/** Takes the stage off a shape; undefined where the shape has none. */
export function splitShape(shape: string): { readonly state: string; readonly stage: string | undefined } {
  const at = shape.lastIndexOf(IN_STAGE);
  return at < 0
    ? { state: shape, stage: undefined }
    : { state: shape.slice(0, at), stage: shape.slice(at + IN_STAGE.length) };
}
