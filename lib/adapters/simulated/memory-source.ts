import type { SourceBatch, SourceBinding, SourceReader } from '../../ports/source.ts';
import type { Actor, SimWorld } from './world.ts';

/** Splits of a simulated source. They may grow, appear and be closed while the run goes on. */
export class SimSplits {
  readonly splits = new Map<string, { values: unknown[]; closed: boolean }>();
  /** No split will be added any more. */
  complete = false;

  add(id: string, values: readonly unknown[], closed = true): void {
    this.splits.set(id, { values: [...values], closed });
  }
}

/** A source whose every read is a port call. Position = index of the next value. */
export function simulatedSource(world: SimWorld, actor: Actor, content: SimSplits): SourceBinding {
  const reader: SourceReader = {
    splits: () => world.call(actor, 'source.splits', () => [...content.splits.keys()].sort().map((id) => ({ id }))),
    complete: () => world.call(actor, 'source.complete', () => content.complete),
    read: (split, position) =>
      world.call(actor, 'source.read', () => readSome(world, content, split, Number(position ?? 0))),
    async close() {},
  };
  return { guarantee: 'exactly-once', description: 'simulated', open: async () => reader };
}

function readSome(world: SimWorld, content: SimSplits, split: string, from: number): SourceBatch {
  const { values, closed } = content.splits.get(split) ?? { values: [], closed: false };
  // Batch boundaries differ with every read.
  const upTo = Math.min(values.length, from + 1 + Math.floor(world.fraction('source/size') * 6));
  const atEnd = upTo >= values.length;
  return {
    values: values.slice(from, upTo),
    positionOf: (index) => String(from + index),
    refused: [],
    next: String(upTo),
    bytes: upTo - from,
    bytesLeft: values.length - upTo,
    state: atEnd ? (closed ? 'closed' : 'caught-up') : 'more',
  };
}
