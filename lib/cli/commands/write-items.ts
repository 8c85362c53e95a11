import type { CliContext } from '../context.ts';
import { jsonText } from '../views/json-text.ts';

/** Up to `limit` items; says on stderr when there are more. Ends when nobody reads the output any more. */
async function* limited<T>(context: CliContext, items: AsyncIterable<T>, limit: number): AsyncGenerator<T> {
  let count = 0;
  for await (const item of items) {
    if (context.stdout.closed) return;
    if (count++ === limit) {
      context.stderr.write(`There are more than ${limit}: --limit N shows more of them.\n`);
      return;
    }
    yield item;
  }
}

/** Up to `limit` items at once. */
export async function takeItems<T>(context: CliContext, items: AsyncIterable<T>, limit: number): Promise<T[]> {
  const taken: T[] = [];
  for await (const item of limited(context, items, limit)) taken.push(item);
  return taken;
}

/** Writes up to `limit` items as `text` makes them; gives their number. */
export async function writeItems<T>(
  context: CliContext,
  items: AsyncIterable<T>,
  limit: number,
  text: (item: T, index: number) => string,
): Promise<number> {
  let count = 0;
  for await (const item of limited(context, items, limit)) context.stdout.write(text(item, count++));
  return count;
}

/** Writes up to `limit` items as one JSON array, an item a line. */
export async function writeJsonArray<T>(context: CliContext, items: AsyncIterable<T>, limit: number): Promise<void> {
  context.stdout.write('[');
  const separated = (item: T, index: number) => `${index === 0 ? '\n' : ',\n'}${jsonText(item)}`;
  const count = await writeItems(context, items, limit, separated);
  context.stdout.write(count === 0 ? ']\n' : '\n]\n');
}
