import type { ControlItems } from '../../lib/ports/control-items.ts';
import type { CommitProgress, SinkIdentity, SinkProgress, SinkRange, SinkRows } from '../../lib/ports/sink.ts';

export const WRITER: SinkIdentity = { pipeline: 'billing', sink: 'invoices', subtask: 'hourly/0', attempt: 1 };

/** Journal entries of one sink: the rows of each version. Entries without rows are left out, as the port says. */
export type Entries = Readonly<Record<number, readonly unknown[]>>;

/** A range of them. */
export function rangeOf(entries: Entries, after: number, upTo: number, writer: SinkIdentity = WRITER): SinkRange {
  return {
    ...writer,
    after,
    upTo,
    async *rows(): AsyncIterable<SinkRows> {
      for (let version = after + 1; version <= upTo; version += 1) {
        const rows = entries[version];
        if (rows !== undefined) yield { version, rows };
      }
    },
  };
}

const keyOf = (writer: SinkIdentity): string => `progress/${writer.sink}/${writer.subtask}`;

/** Where the progress item stands. */
export async function progressNow(items: ControlItems, writer: SinkIdentity = WRITER): Promise<SinkProgress> {
  const item = await items.read(keyOf(writer));
  return (item?.value as SinkProgress | undefined) ?? { attempt: writer.attempt, version: 0, row: 0 };
}

/** The progress item of one commit, as the runtime hands it to a sink. */
export async function openProgress(items: ControlItems, writer: SinkIdentity = WRITER): Promise<CommitProgress> {
  const key = keyOf(writer);
  let revision = (await items.read(key))?.revision ?? 0;
  let at = await progressNow(items, writer);
  return {
    get at() {
      return at;
    },
    async move(to, together = []) {
      const value = { attempt: at.attempt, version: to.version, row: to.row };
      if ((await items.write([{ key, ifRevision: revision, value }, ...together])) === 'conflict') return 'lost';
      at = value;
      revision += 1;
      return 'moved';
    },
  };
}

/** What a restore does before anything else: from here on no commit of a lower attempt may be seen. */
export async function fence(items: ControlItems, to: SinkProgress, writer: SinkIdentity = WRITER): Promise<void> {
  await items.write([{ key: keyOf(writer), value: to }]);
}
