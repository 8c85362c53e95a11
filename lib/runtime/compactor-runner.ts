import { encode } from '../core/bytes/codec.ts';
import { frame } from '../core/bytes/frame.ts';
import { type Manifest, stateBaseAt } from '../core/journal/control.ts';
import { rule } from '../core/record/rule.ts';
import { KeyedState } from '../core/state/keyed-state.ts';
import { itemKeys, snapshotName } from '../ports/names.ts';
import { readManifest } from './acknowledge.ts';
import { type Environment, retrying, StaleInstance } from './environment.ts';
import { entryAt, foldState } from './journal-access.ts';

/**
 * Folds a subtask's journal up to `version` into a snapshot and moves the manifest pointer to it (DESIGN 4.6). Knows
 * nothing of operators or user code. `version` is a cut of a completed checkpoint, so that every later cut finds the
 * manifest below it. Repeats, races and crashes leave at most an unused blob.
 */
export async function foldSubtask(env: Environment, subtask: string, version: number): Promise<Manifest | undefined> {
  const { ports } = env;
  try {
    const old = await readManifest(env, subtask);
    const entry = await entryAt(ports, subtask, version);
    const { control } = entry.head;
    if (old && old.value.attempt >= control.attempt && old.value.version >= version) return old.value;
    const state = new KeyedState();
    await foldState(ports, subtask, stateBaseAt(control, version, old?.value), (changes) => state.apply(changes));
    const stateBytes = encode([...state.snapshot()]);
    const bytes = frame(stateBytes, { compress: true });
    const snapshot = snapshotName(subtask, version, ports.random.nonce());
    await retrying(ports, () => ports.blobs.put(snapshot, bytes));
    const value: Manifest = {
      version,
      attempt: control.attempt,
      snapshot,
      bytes: bytes.byteLength,
      stateBytes: stateBytes.byteLength,
    };
    const key = itemKeys.manifest(subtask);
    const move = rule('manifestConditional') ? { key, ifRevision: old?.revision ?? 0, value } : { key, value };
    // DECISION POINT: loads begin at this snapshot from now on.
    if ((await retrying(ports, () => ports.items.write([move]))) === 'conflict') return undefined;
    ports.telemetry.emit({ kind: 'fold', subtask, version, bytes: bytes.byteLength });
    return value;
  } catch (error) {
    if (error instanceof StaleInstance) return undefined;
    throw error;
  }
}
