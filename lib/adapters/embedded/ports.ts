import type { PortLimits, Ports } from '../../ports/ports.ts';
import type { Telemetry } from '../../ports/telemetry.ts';
import { blobFolder, embeddedBlobs } from './blobs.ts';
import { systemClock } from './clock.ts';
import { CHANGES_PER_WRITE, embeddedControlItems } from './control-items.ts';
import { embeddedJournal } from './journal.ts';
import { systemRandom } from './random.ts';
import type { EmbeddedStore } from './store.ts';
import { embeddedStreams } from './streams.ts';

/** A payload is read from the sender's journal, which lies in the memory of the process that owns the store. */
export const EMBEDDED_LIMITS: PortLimits = { changesPerWrite: CHANGES_PER_WRITE, inlineBytes: 0 };

/** The ports of one opening of a store, inside the process that opened it. Blobs are files in `<directory>/blobs`. */
export function embeddedPorts(store: EmbeddedStore, telemetry: Telemetry): Ports {
  return {
    journal: embeddedJournal(store),
    items: embeddedControlItems(store),
    blobs: embeddedBlobs(blobFolder(store.directory)),
    streams: embeddedStreams(store.opening),
    clock: systemClock,
    random: systemRandom,
    telemetry,
    limits: EMBEDDED_LIMITS,
  };
}
