const GROUPS = /\B(?=(\d{3})+$)/g;

/** A whole number with commas: `1,234,567`. */
export function countText(count: number): string {
  return String(Math.round(count)).replace(GROUPS, ',');
}

/** `1 record`, `2 records`. */
export function plural(count: number, noun: string): string {
  return `${countText(count)} ${noun}${count === 1 ? '' : 's'}`;
}

/** Bytes in decimal units with about three digits: `950 B`, `1.23 MB`. */
export function bytesText(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  let size = bytes;
  let unit = 0;
  while (size >= 999.5 && unit < units.length - 1) {
    size /= 1000;
    unit += 1;
  }
  const digits = unit === 0 || size >= 99.95 ? 0 : size >= 9.995 ? 1 : 2;
  return `${size.toFixed(digits)} ${units[unit]}`;
}

/** A length of time as people say it: `85 ms`, `1.2 s`, `42 s`, `3 min 5 s`, `2 h 7 min`, `4 d 3 h`. */
export function timeText(ms: number): string {
  if (ms < 999.5) return `${Math.max(0, Math.round(ms))} ms`;
  if (ms < 9_950) return `${(ms / 1000).toFixed(1)} s`;
  const seconds = Math.round(ms / 1000);
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3600) return two(seconds, 60, 'min', 's');
  const minutes = Math.round(seconds / 60);
  if (minutes < 48 * 60) return two(minutes, 60, 'h', 'min');
  return two(Math.round(minutes / 60), 24, 'd', 'h');
}

function two(amount: number, inLarge: number, large: string, small: string): string {
  const rest = amount % inLarge;
  return `${Math.floor(amount / inLarge)} ${large}${rest === 0 ? '' : ` ${rest} ${small}`}`;
}

/** A moment as `2026-01-31 10:00:00Z`; what no date can hold as a number. */
export function instantText(ms: number): string {
  const date = new Date(ms);
  if (Number.isNaN(date.getTime())) return String(ms);
  return date
    .toISOString()
    .replace('T', ' ')
    .replace(/\.000Z$/, 'Z');
}
