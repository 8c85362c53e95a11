import type { Sink, SinkBinding, SinkIdentity, SinkRange } from '../../ports/sink.ts';
import type { Actor, SimWorld } from './world.ts';

/** A row that a simulated sink shows, with the journal entry that it came from. */
export interface VisibleRow {
  readonly row: unknown;
  readonly subtask: string;
  readonly attempt: number;
  readonly upTo: number;
}

/** What a simulated sink holds; it outlives processes. */
export class SimSinkStore {
  readonly staged = new Map<string, VisibleRow[]>();
  readonly visible = new Map<string, VisibleRow[]>();

  get rows(): VisibleRow[] {
    return [...this.visible.values()].flat();
  }
}

const pieceName = (range: SinkIdentity & { readonly upTo: number }): string =>
  `${range.subtask} a${String(range.attempt).padStart(6, '0')} v${String(range.upTo).padStart(12, '0')}`;

/** A two-phase sink in memory: pieces are staged before the acknowledgement and shown by a rename, like files. */
export function simulatedSink(world: SimWorld, actor: Actor, store: SimSinkStore, keyed = false): SinkBinding {
  const sink: Sink = {
    guarantee: 'exactly-once',
    keyed,
    async stage(range: SinkRange) {
      const rows: VisibleRow[] = [];
      for await (const entry of range.rows()) {
        for (const row of entry.rows)
          rows.push({ row, subtask: range.subtask, attempt: range.attempt, upTo: range.upTo });
      }
      if (rows.length > 0) await world.call(actor, 'sink.stage', () => void store.staged.set(pieceName(range), rows));
    },
    async commit(ranges, progress) {
      for (const range of ranges) {
        const name = pieceName(range);
        await world.call(actor, 'sink.rename', () => {
          const rows = store.staged.get(name);
          if (!rows) return;
          store.visible.set(name, rows);
          store.staged.delete(name);
        });
      }
      const end = ranges[ranges.length - 1]?.upTo;
      if (end === undefined) return 'committed';
      return (await progress.move({ version: end, row: 0 })) === 'moved' ? 'committed' : 'lost';
    },
    async abort(identity, after) {
      await world.call(actor, 'sink.abort', () => {
        for (const [name, rows] of store.staged) {
          const { subtask, attempt, upTo } = rows[0] as VisibleRow;
          if (subtask === identity.subtask && attempt <= identity.attempt && upTo > after) store.staged.delete(name);
        }
      });
    },
    async recover(identity, progress) {
      await world.call(actor, 'sink.recover', () => {
        for (const [name, rows] of store.staged) {
          const { subtask, upTo } = rows[0] as VisibleRow;
          if (subtask === identity.subtask && upTo <= progress.version) store.staged.delete(name);
        }
      });
    },
  };
  return { guarantee: 'exactly-once', description: 'simulated', open: async () => sink };
}
