export type { GivenBindings } from './api/bindings.ts';
export { checkBindings } from './api/bindings.ts';
export type { Bindings, Definition, ShapeOf } from './api/definition.ts';
export { graphOf, isDefinition } from './api/definition.ts';
export type { EffectKind, EffectOptions, EmailMessage } from './api/effect-kinds.ts';
export { effect, email } from './api/effect-kinds.ts';
export type { CheckpointSettings, PipelineGraph } from './api/graph.ts';
export type { CheckpointOptions, PipelineOptions } from './api/options.ts';
export { resolveCheckpoint } from './api/options.ts';
export { pipeline } from './api/pipeline.ts';
export type { AddEffect, AddSink, AddSource, EmptyShape, MergeShapes, Shape } from './api/shape.ts';
export type { FilesSink, SinkKind, TableKey, TableOptions, TableSink } from './api/sink-kinds.ts';
export { fileSink, table } from './api/sink-kinds.ts';
export type { SourceKind, SourceOptions } from './api/source-kinds.ts';
export { files, json, stream } from './api/source-kinds.ts';
export type { KeyedContext, ListState, MapState, StateDeclaration, ValueState } from './api/state-kinds.ts';
export { list, map, value } from './api/state-kinds.ts';
export type {
  Aggregate,
  Builder,
  Committed,
  DedupeOptions,
  EventTimeOptions,
  KeyedStream,
  Outputs,
  ProcessOptions,
  Stream,
  WindowedStream,
} from './api/stream.ts';
export type { TimeWindow, WindowOptions, WindowResult } from './api/windows.ts';
export { sliding, tumbling } from './api/windows.ts';
export type { Duration } from './core/record/duration.ts';
export type { ErrorKind } from './core/record/errors.ts';
export { isTidemarkError, TidemarkError } from './core/record/errors.ts';
export type { Key, KeyScalar } from './core/record/key.ts';
export type { WindowSpec } from './core/time/window-spec.ts';
export type { StandardSchema } from './ports/schema.ts';
