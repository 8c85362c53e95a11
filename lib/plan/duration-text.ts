const UNITS = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['min', 60_000],
  ['s', 1000],
  ['ms', 1],
] as const;

const TWO_DAYS_MS = 172_800_000;

/** A duration as people write it: `24 h`, `1 h 30 min`, `250 ms`, `0 s`; `for ever` when it is infinite. */
export function durationText(ms: number): string {
  if (ms === Number.POSITIVE_INFINITY) return 'for ever';
  const parts: string[] = [];
  let rest = ms;
  for (const [unit, unitMs] of UNITS) {
    if (unit === 'd' && ms < TWO_DAYS_MS) continue;
    const amount = unit === 'ms' ? rest : Math.floor(rest / unitMs);
    if (amount > 0) parts.push(`${amount} ${unit}`);
    rest -= amount * unitMs;
  }
  return parts.length === 0 ? '0 s' : parts.join(' ');
}
