/** Which windows an event belongs to: `[start, start + sizeMs)` with start = offset + k × slide. */
export interface WindowSpec {
  readonly kind: 'tumbling' | 'sliding';
  readonly sizeMs: number;
  /** Equal to `sizeMs` for tumbling windows; at most `sizeMs`. */
  readonly slideMs: number;
  readonly offsetMs: number;
}
