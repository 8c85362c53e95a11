import type { DedupeNode, GraphNode, PipelineGraph, WindowAggregateNode } from './graph.ts';
import { GraphView, refuse, spoken } from './graph-view.ts';

/** Nodes that may stand between a source and its `eventTime`: what keeps the order and the split of a record. */
const KEEPS_SPLIT: ReadonlySet<string> = new Set<GraphNode['kind']>(['source', 'map', 'filter', 'flat-map']);

function checkInputs(view: GraphView, node: GraphNode): void {
  const inputs = view.inputsOf(node);
  const most = node.kind === 'source' ? 0 : node.kind === 'union' ? Number.POSITIVE_INFINITY : 1;
  const least = node.kind === 'source' ? 0 : node.kind === 'union' ? 2 : 1;
  if (inputs.length < least || inputs.length > most) {
    refuse(
      'TM_GRAPH_INPUTS',
      `${spoken(node)} has ${inputs.length} inputs`,
      'Join streams with a.union(b, …), which wants at least one other stream; every other step reads one stream.',
    );
  }
  if (new Set(inputs).size < inputs.length) {
    refuse(
      'TM_GRAPH_UNION_TWICE',
      `${spoken(node)} joins a stream with itself, which would double its records`,
      'Leave the repeated stream out of union(…); to double records on purpose write .flatMap((value) => [value, value]).',
    );
  }
  const afterSink = inputs.find((input) => input.kind === 'sink');
  if (node.kind === 'effect' ? afterSink === undefined || node.after !== afterSink.id : afterSink !== undefined) {
    refuse(
      'TM_GRAPH_EFFECT',
      `${spoken(node)} ${node.kind === 'effect' ? 'does not follow a sink' : `reads sink '${afterSink?.id}'`}`,
      "Effects follow sinks, and only they do: .to('rows', …).afterCommit('mail', effect({ … })).",
    );
  }
  if (inputs.some((input) => input.kind === 'effect')) {
    refuse(
      'TM_GRAPH_EFFECT',
      `${spoken(node)} reads an effect`,
      "An effect ends a chain; begin a new one with .source('…', …).",
    );
  }
}

/** Keyed steps read keyed streams, and nothing else does. */
function checkKeyed(view: GraphView, node: GraphNode): void {
  const wantsKey =
    node.kind === 'window-aggregate' || node.kind === 'process' || (node.kind === 'dedupe' && node.keyed);
  for (const input of view.inputsOf(node)) {
    const hasKey = input.kind === 'key-by' || (input.kind === 'dedupe' && input.keyed);
    if (wantsKey && !hasKey) {
      refuse(
        'TM_GRAPH_UNKEYED',
        `${spoken(node)} reads an unkeyed stream`,
        'Write .keyBy((value) => …) before it: windows, process and keyed state belong to one key.',
      );
    }
    if (!wantsKey && hasKey) {
      refuse(
        'TM_GRAPH_KEYED',
        `${spoken(node)} reads a keyed stream, whose key it would lose`,
        'Write it before .keyBy(…), or after .window(…).aggregate(…) or .process(…).',
      );
    }
  }
}

function checkEventTime(view: GraphView, node: GraphNode): void {
  if (node.kind === 'event-time') {
    const upstream = view.upstreamOf(node);
    const twice = upstream.find((other) => other.kind === 'event-time') ?? view.eventTimeBeside(node, upstream);
    if (twice !== undefined) {
      refuse(
        'TM_GRAPH_EVENT_TIME_TWICE',
        `a source has two event times: ${spoken(twice)} and ${spoken(node)}, but its splits have one watermark each`,
        'Write one .eventTime(…) right after .source(…), before the stream is branched, and use its result everywhere.',
      );
    }
    const wrong = upstream.find((other) => !KEEPS_SPLIT.has(other.kind));
    if (wrong !== undefined) {
      refuse(
        'TM_GRAPH_EVENT_TIME_LATE',
        `${spoken(node)} comes after ${spoken(wrong)}, but watermarks are kept for each split of a source`,
        'Write .eventTime(…) after .source(…) and its map, filter or flatMap steps, before union, keyBy and dedupe; with a union: once on each of its streams.',
      );
    }
    return;
  }
  const reason = whyEventTime(node);
  if (reason === undefined) return;
  const source = view.sourceWithoutEventTime(node);
  if (source === undefined) return;
  refuse(
    'TM_GRAPH_EVENT_TIME_MISSING',
    `${spoken(node)} ${reason}, but records of source '${source.id}' reach it without one`,
    `Write .eventTime((value) => value.…, { outOfOrderness: { minutes: 5 } }) after .source('${source.id}', …).`,
  );
}

function whyEventTime(node: GraphNode): string | undefined {
  if (node.kind === 'window-aggregate') return 'puts records into windows by event time';
  if (node.kind === 'dedupe') return 'forgets ids by event time';
  if (node.kind === 'process' && node.onTimer !== undefined) return 'has timers, which fire by event time';
  return undefined;
}

function checkTimes(node: DedupeNode | WindowAggregateNode): void {
  const whole = (ms: number) => Number.isSafeInteger(ms) && ms > 0;
  if (node.kind === 'dedupe') {
    if (whole(node.withinMs)) return;
    refuse(
      'TM_GRAPH_DEDUPE',
      `within of ${spoken(node)} is ${node.withinMs} ms`,
      'Write a duration of whole milliseconds above zero, for instance within: { hours: 24 }.',
    );
  }
  const { sizeMs, slideMs, offsetMs } = node.window;
  if (!whole(sizeMs) || !whole(slideMs) || !Number.isSafeInteger(offsetMs)) {
    refuse(
      'TM_GRAPH_WINDOW',
      `the windows of ${spoken(node)} are ${sizeMs} ms long, one every ${slideMs} ms, moved by ${offsetMs} ms`,
      'Write durations of whole milliseconds, size and every above zero: tumbling({ hours: 1 }), sliding({ hours: 1 }, { every: { minutes: 5 } }).',
    );
  }
  if (slideMs > sizeMs) {
    refuse(
      'TM_GRAPH_WINDOW',
      `the windows of ${spoken(node)} are ${sizeMs} ms long but begin every ${slideMs} ms: events between them would be lost`,
      'Make every at most as long as size, or filter the events that you do not want.',
    );
  }
}

function checkEnds(view: GraphView): void {
  const { name, nodes } = view.graph;
  if (!nodes.some((node) => node.kind === 'source')) {
    refuse(
      'TM_GRAPH_NO_SOURCE',
      `pipeline '${name}' has no source`,
      "Begin with .source('orders', files({ schema, onInvalid })).",
    );
  }
  for (const node of nodes) {
    if (node.kind === 'sink' || node.kind === 'effect' || view.readersOf(node.id).length > 0) continue;
    const keyed = node.kind === 'key-by' || (node.kind === 'dedupe' && node.keyed);
    refuse(
      'TM_GRAPH_DANGLING',
      `the stream after ${spoken(node)} of pipeline '${name}' goes nowhere`,
      keyed
        ? 'Continue with .window(…).aggregate(…) or .process(…) and a sink, or remove it.'
        : "End it in a sink with .to('…', fileSink()), join it by union(…), or remove it.",
    );
  }
}

/**
 * Refuses a graph that cannot run, with what to write instead: O(nodes²) at worst, once per start.
 *
 * Throws `TM_GRAPH_*` (invalid): `ID_TWICE`, `ORDER`, `INPUTS`, `UNION_TWICE`, `EFFECT`, `UNKEYED`, `KEYED`,
 * `EVENT_TIME_MISSING`, `EVENT_TIME_LATE`, `EVENT_TIME_TWICE`, `WINDOW`, `DEDUPE`, `NO_SOURCE`, `DANGLING`.
 */
export function checkGraph(graph: PipelineGraph): void {
  const view = new GraphView(graph);
  for (const node of graph.nodes) {
    checkInputs(view, node);
    checkKeyed(view, node);
    checkEventTime(view, node);
    if (node.kind === 'dedupe' || node.kind === 'window-aggregate') checkTimes(node);
  }
  checkEnds(view);
}
