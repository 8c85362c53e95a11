import fc from 'fast-check';
import { afterKey, afterPrefix, JournalKeys, journalKeyParts } from '../../../../lib/adapters/embedded/ordered-key.ts';

const compare = (a: Uint8Array, b: Uint8Array): number => Buffer.compare(a, b);
const version = fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER });
const subtask = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 20 }).filter((text) => !text.includes('\0'));

describe('ordered keys', () => {
  test('do the keys of a journal sort as its versions do, and read back?', () => {
    fc.assert(
      fc.property(subtask, version, version, (name, a, b) => {
        const keys = new JournalKeys(name);
        expect(Math.sign(compare(keys.at(a), keys.at(b)))).toBe(Math.sign(a - b));
        expect(journalKeyParts(keys.at(a))).toEqual({ subtask: name, version: a });
        expect(compare(keys.at(a), keys.end)).toBe(-1);
      }),
    );
  });

  test('are the keys of one journal never between those of another?', () => {
    fc.assert(
      fc.property(subtask, subtask, version, (a, b, at) => {
        fc.pre(a !== b);
        const [first, other] = [new JournalKeys(a), new JournalKeys(b)];
        const inside = compare(other.at(at), first.at(0)) >= 0 && compare(other.at(at), first.end) < 0;
        expect(inside).toBe(false);
      }),
    );
  });

  test('is the bound of a prefix above all that start with it, and below all other keys above?', () => {
    const bytes = fc.uint8Array({ maxLength: 4 });
    fc.assert(
      fc.property(bytes, bytes, bytes, (prefix, more, other) => {
        const bound = afterPrefix(prefix);
        const extended = Buffer.concat([prefix, more]);
        if (bound === undefined) {
          expect(prefix.every((byte) => byte === 0xff)).toBe(true);
          return;
        }
        expect(compare(extended, bound)).toBe(-1);
        const startsWith = Buffer.compare(other.subarray(0, prefix.length), prefix) === 0;
        if (!startsWith && compare(other, prefix) > 0) expect(compare(other, bound)).toBeGreaterThanOrEqual(0);
      }),
    );
  });

  test('is nothing between a key and the one after it?', () => {
    expect(compare(afterKey(Buffer.from('a')), Buffer.from('a'))).toBe(1);
    expect(afterKey(Buffer.from('a'))).toEqual(Buffer.from('a\0'));
  });

  test.each(['', 'a\0b', '\ud800', 'x'.repeat(513)])('is the subtask name %j refused?', (name) => {
    expect(() => new JournalKeys(name)).toThrow(expect.objectContaining({ code: 'TM_KEY', kind: 'invalid' }));
  });
});
