/** One timer: `key` is due when the watermark reaches `timeMs`. */
export interface Timer<T extends string> {
  readonly timeMs: number;
  readonly key: T;
}

/** The keys of one time. */
interface Slot<T extends string> {
  readonly keys: Set<T>;
  /** Keys in descending order, the next one last; kept between calls of `due` while no key is added. */
  sorted: T[] | undefined;
}

/** Emptied slots stay in the heap until they come up, or until there are this many and they are the majority. */
const COMPACT_FROM = 64;

/**
 * Timers of one subtask, taken in the order of time and then key (UTF-16 code units), whatever the order they were
 * set in: firing is the same on every replay. A binary heap of distinct times and a set of keys for each:
 * `set` and `clear` cost O(1), O(log times) for a new time; `due` sorts the keys of a time once.
 */
export class TimerQueue<T extends string> {
  readonly #slots = new Map<number, Slot<T>>();
  #heap: number[] = [];
  #emptySlots = 0;
  #size = 0;

  /** Number of timers. */
  get size(): number {
    return this.#size;
  }

  /** Sets a timer; setting it twice is one timer. `timeMs` must not be NaN. */
  set(timeMs: number, key: T): void {
    let slot = this.#slots.get(timeMs);
    if (slot === undefined) {
      slot = { keys: new Set(), sorted: undefined };
      this.#slots.set(timeMs, slot);
      this.#push(timeMs);
    } else if (slot.keys.has(key)) {
      return;
    } else if (slot.keys.size === 0) {
      this.#emptySlots -= 1;
    }
    slot.keys.add(key);
    slot.sorted = undefined;
    this.#size += 1;
  }

  /** Removes a timer; nothing happens when there is none. */
  clear(timeMs: number, key: T): void {
    const slot = this.#slots.get(timeMs);
    if (slot === undefined || !slot.keys.delete(key)) return;
    this.#size -= 1;
    if (slot.keys.size > 0) return;
    slot.sorted = undefined;
    this.#emptySlots += 1;
    if (this.#emptySlots >= COMPACT_FROM && this.#emptySlots * 2 > this.#heap.length) this.#compact();
  }

  /** Time of the earliest timer. */
  nextMs(): number | undefined {
    let top = this.#heap[0];
    while (top !== undefined && this.#slots.get(top)?.keys.size === 0) {
      this.#pop();
      this.#slots.delete(top);
      this.#emptySlots -= 1;
      top = this.#heap[0];
    }
    return top;
  }

  /** Removes and returns up to `limit` timers with time <= `watermarkMs`, ordered by time, then key. */
  due(watermarkMs: number, limit: number): Timer<T>[] {
    const timers: Timer<T>[] = [];
    while (timers.length < limit) {
      const timeMs = this.nextMs();
      const slot = timeMs === undefined ? undefined : this.#slots.get(timeMs);
      if (timeMs === undefined || timeMs > watermarkMs || slot === undefined) break;
      slot.sorted ??= [...slot.keys].sort().reverse();
      while (timers.length < limit) {
        const key = slot.sorted.pop();
        if (key === undefined) break;
        // Keys that were cleared since the sort are still listed.
        if (slot.keys.delete(key)) timers.push({ timeMs, key });
      }
      if (slot.keys.size === 0) this.#emptySlots += 1;
    }
    this.#size -= timers.length;
    return timers;
  }

  #compact(): void {
    for (const [timeMs, slot] of this.#slots) if (slot.keys.size === 0) this.#slots.delete(timeMs);
    // An ascending array is a heap.
    this.#heap = [...this.#slots.keys()].sort((a, b) => a - b);
    this.#emptySlots = 0;
  }

  #push(timeMs: number): void {
    const heap = this.#heap;
    let at = heap.length;
    heap.push(timeMs);
    while (at > 0) {
      const parent = (at - 1) >> 1;
      const above = heap[parent] as number;
      if (above <= timeMs) break;
      heap[at] = above;
      at = parent;
    }
    heap[at] = timeMs;
  }

  #pop(): void {
    const heap = this.#heap;
    const moved = heap.pop();
    if (moved === undefined || heap.length === 0) return;
    let at = 0;
    for (;;) {
      let child = at * 2 + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && (heap[child + 1] as number) < (heap[child] as number)) child += 1;
      if ((heap[child] as number) >= moved) break;
      heap[at] = heap[child] as number;
      at = child;
    }
    heap[at] = moved;
  }
}
