/** Names of built-in sinks, control items and partitions: one place, so that they cannot clash. */

/** The built-in sink of refused and given-up records. User ids cannot begin with `~`. */
export const DEAD_LETTERS = '~dead-letters';

/** Partition on which the coordinator is woken. */
export const COORDINATOR = '~coordinator';

const padded = (id: number): string => String(id).padStart(12, '0');

export const itemKeys = {
  job: 'job',
  /** Stamp of the newest work: dirty while >= the last completed checkpoint. */
  dirty: 'dirty',
  checkpoint: (id: number): string => `checkpoint/${padded(id)}`,
  checkpoints: 'checkpoint/',
  ack: (id: number, subtask: string): string => `ack/${padded(id)}/${subtask}`,
  acks: (id: number): string => `ack/${padded(id)}/`,
  allAcks: 'ack/',
  manifest: (subtask: string): string => `manifest/${subtask}`,
  manifests: 'manifest/',
  progress: (sink: string, subtask: string): string => `progress/${sink}/${subtask}`,
  receipt: (effect: string, keyHash: string): string => `receipt/${effect}/${keyHash}`,
  deadLetters: 'dead-letter/',
  deadLetter: (rest: string): string => `dead-letter/${rest}`,
  tableRow: (table: string, key: string): string => `table/${table}/${key}`,
} as const;

/** Name of a snapshot blob: never reused, since the nonce is. */
export function snapshotName(subtask: string, version: number, nonce: string): string {
  return `snapshots/${subtask}/${padded(version)}-${nonce}`;
}
