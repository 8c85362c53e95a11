import type { Telemetry, TelemetryEvent } from '../../ports/telemetry.ts';

const FLUSH_AFTER_MS = 100;
/** More than this many at once are sent without waiting. */
const FLUSH_EVENTS = 1_000;

/** Collects events and hands them on every 100 ms; nothing runs while there are none. */
export class TelemetryBatch implements Telemetry {
  readonly #send: (events: readonly TelemetryEvent[]) => void;
  #events: TelemetryEvent[] = [];
  #timer: NodeJS.Timeout | undefined;

  constructor(send: (events: readonly TelemetryEvent[]) => void) {
    this.#send = send;
  }

  emit(event: TelemetryEvent): void {
    this.#events.push(event);
    if (this.#events.length >= FLUSH_EVENTS) this.flush();
    else this.#timer ??= setTimeout(() => this.flush(), FLUSH_AFTER_MS).unref();
  }

  flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const events = this.#events;
    this.#events = [];
    if (events.length > 0) this.#send(events);
  }
}
