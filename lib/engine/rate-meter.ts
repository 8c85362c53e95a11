/** How fast a total grows, over about the last two seconds. */
export class RateMeter {
  readonly #samples: { readonly atMs: number; readonly total: number }[] = [];

  /** Notes the total; calls that follow one another closely share a sample. */
  note(atMs: number, total: number): void {
    const last = this.#samples[this.#samples.length - 1];
    if (last && total < last.total) this.#samples.length = 0;
    if (last && atMs - last.atMs < SAMPLE_MS) return;
    this.#samples.push({ atMs, total });
    this.#forget(atMs);
  }

  /** Per second, up to `nowMs`, at which the total is `total`. */
  perSecond(nowMs: number, total: number): number {
    this.#forget(nowMs);
    const [first] = this.#samples;
    if (!first || nowMs <= first.atMs) return 0;
    return Math.max(0, ((total - first.total) * 1000) / (nowMs - first.atMs));
  }

  /** The newest sample stays, so that a standstill shows as a rate that falls to nothing. */
  #forget(nowMs: number): void {
    while (this.#samples.length > 1 && nowMs - (this.#samples[0]?.atMs ?? nowMs) > WINDOW_MS) this.#samples.shift();
  }
}

const SAMPLE_MS = 100;
const WINDOW_MS = 2000;
