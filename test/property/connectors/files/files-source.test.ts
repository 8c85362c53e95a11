import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { filesSource } from '../../../../lib/connectors/files/files-source.ts';
import type { SourceReader } from '../../../../lib/ports/source.ts';

const root = mkdtempSync(path.join(tmpdir(), 'tidemark-files-property-'));
afterAll(() => rmSync(root, { recursive: true }));

const MAX_RECORD_BYTES = 60;
const line = fc.oneof(
  { weight: 5, arbitrary: fc.json({ maxDepth: 2 }).map((text) => Buffer.from(text)) },
  {
    weight: 2,
    arbitrary: fc.string({ unit: 'grapheme', maxLength: 80 }).map((text) => Buffer.from(JSON.stringify(text))),
  },
  { weight: 1, arbitrary: fc.string({ maxLength: 90 }).map((text) => Buffer.from(text.replaceAll('\n', ' '))) },
  {
    weight: 1,
    arbitrary: fc.uint8Array({ maxLength: 90 }).map((bytes) => Buffer.from(bytes.filter((byte) => byte !== 10))),
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom('', '[[[[1]]]]', '{"__proto__":1}', '"\\ud800"', ' ').map((text) => Buffer.from(text)),
  },
);
const file = fc.record({
  lines: fc.array(fc.tuple(line, fc.constantFrom('\n', '\r\n')), { maxLength: 12 }),
  ended: fc.boolean(),
});

/** A record or a refusal with its position, as text. */
type Seen = { readonly at: string; readonly what: string };

/** What one line is, without any of the shortcuts: the reference. */
function expectedOf(bytes: Buffer): string | undefined {
  const content = bytes.at(-1) === 13 ? bytes.subarray(0, -1) : bytes;
  if (content.length > MAX_RECORD_BYTES) return 'TM_RECORD_TOO_LONG';
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return 'TM_RECORD_UTF8';
  }
  if (/^[ \t\r]*$/.test(text)) return undefined;
  let depth = 0;
  let deepest = 0;
  for (const [, open, close] of text.matchAll(/"(?:[^"\\]|\\.)*(?:"|\\?$)|([[{])|([\]}])/gs)) {
    depth += open === undefined ? 0 : 1;
    depth -= close === undefined ? 0 : 1;
    deepest = Math.max(deepest, depth);
  }
  try {
    const value: unknown = JSON.parse(text);
    if (deepest > 3) return 'TM_RECORD_DEPTH';
    let hostile: string | undefined;
    JSON.parse(text, function (this: object, key: string, inner: unknown) {
      if (key === '__proto__') hostile ??= 'TM_RECORD_PROTO';
      if (/\p{Surrogate}/u.test(key) || (typeof inner === 'string' && /\p{Surrogate}/u.test(inner)))
        hostile ??= 'TM_RECORD_SURROGATE';
      return inner;
    });
    return hostile ?? JSON.stringify(value);
  } catch {
    return deepest > 3 ? 'TM_RECORD_SYNTAX or _DEPTH' : 'TM_RECORD_SYNTAX';
  }
}

function expectedIn(content: Buffer): Seen[] {
  const seen: Seen[] = [];
  for (let start = 0; start < content.length; ) {
    const newline = content.indexOf(10, start);
    const end = newline < 0 ? content.length : newline;
    const what = expectedOf(content.subarray(start, end));
    if (what !== undefined) seen.push({ at: String(start), what });
    start = end + 1;
  }
  return seen;
}

async function readAll(
  reader: SourceReader,
  from: string | undefined,
  sizes: readonly number[],
): Promise<{ seen: Seen[]; nexts: string[] }> {
  const seen: Seen[] = [];
  const nexts: string[] = [];
  for (let position = from, round = 0; ; round += 1) {
    const batch = await reader.read('file', position, sizes[round % sizes.length] as number);
    const refused = [...batch.refused];
    for (let index = 0; index <= batch.values.length; index += 1) {
      for (; refused[0]?.at === index; refused.shift()) {
        const { position: at, code } = refused[0];
        seen.push({ at, what: code });
      }
      if (index < batch.values.length)
        seen.push({ at: batch.positionOf(index), what: JSON.stringify(batch.values[index]) });
    }
    expect(refused).toEqual([]);
    position = batch.next;
    nexts.push(position);
    if (batch.state === 'closed') return { seen, nexts };
  }
}

const alike = (seen: readonly Seen[], expected: readonly Seen[]): void => {
  const codes = (list: readonly Seen[]) =>
    list.map(({ at, what }) => ({ at, what: /_SYNTAX|_DEPTH/.test(what) ? 'TM_RECORD_SYNTAX or _DEPTH' : what }));
  expect(codes(seen)).toEqual(codes(expected));
};

describe('filesSource', () => {
  test('does it see what a plain reading sees, in reads of any sizes, and again from each position it has given?', async () => {
    let run = 0;
    await fc.assert(
      fc.asyncProperty(
        file,
        fc.array(fc.integer({ min: 1, max: 200 }), { minLength: 1, maxLength: 3 }),
        async ({ lines, ended }, sizes) => {
          // Prepare
          const parts = lines.flatMap(([text, end], index) =>
            index < lines.length - 1 || ended ? [text, Buffer.from(end)] : [text],
          );
          const content = Buffer.concat(parts);
          run += 1;
          const folder = path.join(root, String(run));
          mkdirSync(folder);
          writeFileSync(path.join(folder, 'file'), content);
          const reader = await filesSource(path.join(folder, 'file'), {
            maxRecordBytes: MAX_RECORD_BYTES,
            maxDepth: 3,
          }).open();
          const expected = expectedIn(content);
          // Act
          const { seen, nexts } = await readAll(reader, undefined, sizes);
          // Assess
          alike(seen, expected);
          for (const next of nexts) {
            const again = await readAll(reader, next, [...sizes].reverse());
            alike(
              again.seen,
              expected.filter(({ at }) => Number(at) >= Number(next)),
            );
          }
        },
      ),
      { numRuns: 150 },
    );
  });
});
