/**
 * What a definition asks for, as types: the input of each source's schema, the row of each sink, the payload of each
 * effect, by id. It grows with each step and becomes the keys of bindings, construct props and the test kit.
 */
export interface Shape {
  readonly sources: object;
  readonly sinks: object;
  readonly effects: object;
}

/** Nothing yet. */
export interface EmptyShape {
  readonly sources: Record<never, never>;
  readonly sinks: Record<never, never>;
  readonly effects: Record<never, never>;
}

export interface AddSource<S extends Shape, Id extends string, In> {
  readonly sources: S['sources'] & { readonly [K in Id]: In };
  readonly sinks: S['sinks'];
  readonly effects: S['effects'];
}

export interface AddSink<S extends Shape, Id extends string, Row> {
  readonly sources: S['sources'];
  readonly sinks: S['sinks'] & { readonly [K in Id]: Row };
  readonly effects: S['effects'];
}

export interface AddEffect<S extends Shape, Id extends string, Payload> {
  readonly sources: S['sources'];
  readonly sinks: S['sinks'];
  readonly effects: S['effects'] & { readonly [K in Id]: Payload };
}

/** All shapes of a union of shapes together. */
export type MergeShapes<Union extends Shape> = (Union extends unknown ? (shape: Union) => void : never) extends (
  shape: infer All extends Shape,
) => void
  ? All
  : never;
