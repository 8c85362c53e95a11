import { randomBytes } from 'node:crypto';
import type { Random } from '../../ports/clock.ts';

/** 80 random bits are at most 16 digits in base 36. */
const NONCE_BYTES = 10;
const NONCE_DIGITS = 16;

/** Randomness of this machine; nonces come from its cryptographic generator. */
export const systemRandom: Random = {
  nonce: () =>
    BigInt(`0x${randomBytes(NONCE_BYTES).toString('hex')}`)
      .toString(36)
      .padStart(NONCE_DIGITS, '0'),
  fraction: () => Math.random(),
};
