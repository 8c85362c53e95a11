import { TidemarkError } from '../core/record/errors.ts';

/** Number of single-letter edits that turn `left` into `right` (Levenshtein), O(left × right). */
function editDistance(left: string, right: string): number {
  let previous = Array.from({ length: right.length + 1 }, (_, column) => column);
  for (let row = 1; row <= left.length; row++) {
    const current = [row];
    for (let column = 1; column <= right.length; column++) {
      const replace = (previous[column - 1] ?? 0) + (left[row - 1] === right[column - 1] ? 0 : 1);
      current.push(Math.min(replace, (previous[column] ?? 0) + 1, (current[column - 1] ?? 0) + 1));
    }
    previous = current;
  }
  return previous[right.length] ?? 0;
}

/** The known name that was probably meant by `name`: the nearest one, when at most a third of its letters differ. */
export function nearestName(name: string, known: readonly string[]): string | undefined {
  let best: string | undefined;
  let bestDistance = Number.POSITIVE_INFINITY;
  for (const candidate of known) {
    const distance = editDistance(name.toLowerCase(), candidate.toLowerCase());
    if (distance < bestDistance && distance <= Math.max(1, Math.ceil(candidate.length / 3))) {
      best = candidate;
      bestDistance = distance;
    }
  }
  return best;
}

/** `Did you mean 'x'? ` or nothing: the beginning of an advice. */
export function didYouMean(name: string, known: readonly string[]): string {
  const nearest = nearestName(name, known);
  return nearest === undefined ? '' : `Did you mean '${nearest}'? `;
}

/** Refuses fields that `where` does not know (`TM_OPTION_UNKNOWN`), and anything but an object (`TM_OPTION_VALUE`). */
export function checkOptions(where: string, options: unknown, allowed: readonly string[]): void {
  if (typeof options !== 'object' || options === null || Array.isArray(options)) {
    throw new TidemarkError(
      'TM_OPTION_VALUE',
      'invalid',
      `${where} wants an object of options, got ${describe(options)}`,
      `Write { ${allowed.join(', ')} } with those that you need.`,
    );
  }
  for (const name of Object.keys(options)) {
    if (allowed.includes(name)) continue;
    throw new TidemarkError(
      'TM_OPTION_UNKNOWN',
      'invalid',
      `${where} has no option '${name}'`,
      `${didYouMean(name, allowed)}Options: ${allowed.join(', ')}.`,
    );
  }
}

/** Refuses a value that is not one of `allowed` (`TM_OPTION_VALUE`). */
export function checkChoice(name: string, value: unknown, allowed: readonly unknown[]): void {
  if (allowed.includes(value)) return;
  throw new TidemarkError(
    'TM_OPTION_VALUE',
    'invalid',
    `${name} is ${describe(value)}`,
    `Write one of: ${allowed.map(describe).join(', ')}.`,
  );
}

/**
 * Refuses what is not a synchronous function (`TM_GRAPH_FUNCTION`). User functions run inside a batch that is
 * appended as a whole; they never await (DESIGN 2.2).
 */
export function checkFunction(name: string, value: unknown): void {
  const kind = typeof value === 'function' ? Object.prototype.toString.call(value) : '';
  if (typeof value !== 'function') {
    throw new TidemarkError(
      'TM_GRAPH_FUNCTION',
      'invalid',
      `${name} is not a function but ${describe(value)}`,
      `Pass a function as ${name}.`,
    );
  }
  if (kind === '[object AsyncFunction]' || kind === '[object AsyncGeneratorFunction]') {
    throw new TidemarkError(
      'TM_GRAPH_FUNCTION',
      'invalid',
      `${name} is asynchronous`,
      'Write a synchronous function; what talks to the outside world belongs into .afterCommit(…).',
    );
  }
}

/** A value as it reads in a message. */
export function describe(value: unknown): string {
  if (typeof value === 'string') return `'${value}'`;
  if (typeof value === 'function') return 'a function';
  if (typeof value === 'object' && value !== null) return Array.isArray(value) ? 'an array' : 'an object';
  return String(value);
}
