/**
 * The parts of the newest entries that a process appended, bounded in bytes: a receiver in the same process reads
 * them without a call. Entries never change once appended, so a part that is here is the one in the journal.
 */
export class PartCache {
  readonly #maxBytes: number;
  /** Oldest first. */
  readonly #entries = new Map<string, { readonly parts: readonly Uint8Array[]; readonly sizeBytes: number }>();
  #sizeBytes = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** Keeps the parts of an entry: views, not copies. */
  add(subtask: string, version: number, parts: readonly Uint8Array[]): void {
    const sizeBytes = parts.reduce((sum, part) => sum + part.byteLength, 0);
    if (sizeBytes === 0 || sizeBytes > this.#maxBytes) return;
    const key = `${version} ${subtask}`;
    this.#remove(key);
    this.#entries.set(key, { parts, sizeBytes });
    this.#sizeBytes += sizeBytes;
    for (const oldest of this.#entries.keys()) {
      if (this.#sizeBytes <= this.#maxBytes) break;
      this.#remove(oldest);
    }
  }

  get(subtask: string, version: number, part: number): Uint8Array | undefined {
    return this.#entries.get(`${version} ${subtask}`)?.parts[part];
  }

  /** Forgets a subtask's entries up to a version: they are collected. */
  drop(subtask: string, upTo: number): void {
    for (const key of [...this.#entries.keys()]) {
      const space = key.indexOf(' ');
      if (key.slice(space + 1) === subtask && Number(key.slice(0, space)) <= upTo) this.#remove(key);
    }
  }

  get sizeBytes(): number {
    return this.#sizeBytes;
  }

  #remove(key: string): void {
    const entry = this.#entries.get(key);
    if (entry === undefined) return;
    this.#entries.delete(key);
    this.#sizeBytes -= entry.sizeBytes;
  }
}
