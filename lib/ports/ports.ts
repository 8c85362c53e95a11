import type { Blobs } from './blobs.ts';
import type { Clock, Random } from './clock.ts';
import type { ControlItems } from './control-items.ts';
import type { Journal } from './journal.ts';
import type { Streams } from './streams.ts';
import type { Telemetry } from './telemetry.ts';

/** What an adapter family can take in one call. */
export interface PortLimits {
  /** Changes in one `ControlItems.write`. */
  readonly changesPerWrite: number;
  /** Payloads up to this size travel inside the hint; larger ones are read from the sender's journal. */
  readonly inlineBytes: number;
}

/** Everything outside the process, as one family provides it. */
export interface Ports {
  readonly journal: Journal;
  readonly items: ControlItems;
  readonly blobs: Blobs;
  readonly streams: Streams;
  readonly clock: Clock;
  readonly random: Random;
  readonly telemetry: Telemetry;
  readonly limits: PortLimits;
}
