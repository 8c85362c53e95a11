import { clip, columns, preview, printable, wrap } from '../../../../lib/cli/views/text-columns.ts';

describe('text', () => {
  test('do columns line up, numbers to the right, the last one without padding?', () => {
    expect(
      columns(
        [
          ['a', '1', 'x'],
          ['long', '1000', 'yy'],
          ['b', '20', ''],
        ],
        [1],
      ),
    ).toEqual(['a        1  x', 'long  1000  yy', 'b       20']);
  });

  test('are words wrapped, a long one alone?', () => {
    expect(wrap('one two three extraordinarily so', 8)).toEqual(['one two', 'three', 'extraordinarily', 'so']);
  });

  test('can no record steer the terminal?', () => {
    expect(printable('a\u001b[31mb\rc\u0007\u009b1m\u202e')).toBe('a\\u001b[31mb\\u000dc\\u0007\\u009b1m\\u202e');
    expect(preview({ text: 'a\n\u001b]0;x' }, 100)).toBe('{"text":"a\\n\\u001b]0;x"}');
  });

  test('is a preview one line of bounded length?', () => {
    expect(preview('a\n  b', 10)).toBe('a b');
    expect(preview('x'.repeat(50), 10)).toBe(`${'x'.repeat(9)}…`);
  });

  test('are lines cut by what is visible, and colours ended?', () => {
    expect(clip('\u001b[31mabcdef\u001b[39m', 3)).toBe('\u001b[31mabc\u001b[39m');
    expect(clip('abc', 5)).toBe('abc');
  });
});
