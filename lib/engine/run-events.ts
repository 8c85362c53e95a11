import type { Telemetry, TelemetryEvent } from '../ports/telemetry.ts';
import type { RunEvent } from './run-handle.ts';

/** Hands events to whoever listens. A listener that throws disturbs nobody. */
export class RunEvents implements Telemetry {
  readonly #listeners = new Set<(event: RunEvent) => void>();

  listen(listener: (event: RunEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  emit(event: TelemetryEvent | RunEvent): void {
    for (const listener of this.#listeners) {
      try {
        listener(event);
      } catch (error) {
        process.emitWarning(error instanceof Error ? error : String(error));
      }
    }
  }
}
