import type { RunEvent } from './run-event.ts';

/** How far a run is: what it told last, and from there on as fast as before. */
export class Progress {
  readonly #lines: number;
  #told = { atMs: Date.now(), share: 0 };
  #perMs = 0;

  constructor(lines: number) {
    this.#lines = lines;
  }

  note(event: RunEvent): void {
    if (event.kind !== 'status') return;
    const source = event.stages.find(({ id }) => id === 'usage');
    if (source === undefined) return;
    const { atMs, share: before } = this.#told;
    // A run that has just been started again does not know yet where it stands.
    const share = Math.max(before, source.recordsIn / this.#lines);
    if (event.at > atMs) this.#perMs = (share - before) / (event.at - atMs);
    this.#told = { atMs: event.at, share };
  }

  /** 0 to 1. */
  get share(): number {
    const { atMs, share } = this.#told;
    // Status comes every second; silence for longer says that nothing moves.
    const sinceMs = Math.min(1500, Math.max(0, Date.now() - atMs));
    return Math.min(1, share + this.#perMs * sinceMs);
  }
}
