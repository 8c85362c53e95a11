/** Random numbers that are the same in every run with the same seed. */
export interface RandomStream {
  /** 0 <= number < 1. */
  fraction(): number;
  /** A whole number, 0 <= number < below. */
  whole(below: number): number;
}

/**
 * One stream of numbers for each purpose: drawing more of one leaves the others as they are.
 * Source: sfc32 from Chris Doty-Humphrey's PractRand; the seed is spread by FNV-1a.
 */
export function randomStream(seed: number, purpose: string): RandomStream {
  let hash = 0x811c9dc5;
  for (const character of `${seed}/${purpose}`) hash = Math.imul(hash ^ character.charCodeAt(0), 0x01000193);
  let a = hash | 0;
  let b = Math.imul(hash, 0x9e3779b1) | 0;
  let c = seed | 0;
  let counter = 1;
  const next = (): number => {
    const sum = (a + b + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = ((c << 21) | (c >>> 11)) + sum;
    return sum >>> 0;
  };
  for (let round = 0; round < 12; round++) next();
  const fraction = () => next() / 0x1_0000_0000;
  return { fraction, whole: (below) => Math.floor(fraction() * below) };
}
