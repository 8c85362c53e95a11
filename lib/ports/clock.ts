/** Wall time and waiting. */
export interface Clock {
  /** Milliseconds since 1970. May step; nothing correct rests on it. */
  now(): number;
  /** Resolves after `ms`, or early (false) when `cancel` resolves first. */
  sleep(ms: number, cancel?: Promise<unknown>): Promise<boolean>;
}

/** Randomness: nonces and jitter. */
export interface Random {
  /** A name that nobody else uses: at least 64 random bits as [0-9a-z]. */
  nonce(): string;
  /** Uniform in [0, 1). */
  fraction(): number;
}
