/** One effect to carry out. The receiver sees `key` with each try and ignores a repeat. */
export interface EffectRequest {
  readonly key: string;
  readonly payload: unknown;
}

/** `delivered` keeps the receipt; `retry` is tried again later; `refused` becomes a dead letter. */
export type EffectOutcome =
  | { readonly outcome: 'delivered'; readonly receipt: string }
  | { readonly outcome: 'retry'; readonly message: string }
  | { readonly outcome: 'refused'; readonly message: string };

/** Something done to the outside world after a commit: at least once, with a key, never before the commit. */
export interface Effect {
  deliver(requests: readonly EffectRequest[]): Promise<readonly EffectOutcome[]>;
  close(): Promise<void>;
}

export interface EffectBinding {
  readonly description: string;
  open(): Promise<Effect>;
}
