import { jsonText } from '../../../../lib/cli/views/json-text.ts';

describe('JSON of any value', () => {
  test.each([
    [undefined, 'null'],
    [10n, '"10"'],
    [{ a: Number.POSITIVE_INFINITY, b: undefined }, '{"a":"Infinity"}'],
    [new Map([['a', 1]]), '[["a",1]]'],
    [new Set([1, 2]), '[1,2]'],
    [new Uint8Array([1, 2, 3]), '"AQID"'],
    [{ error: new Error('no') }, '{"error":{"message":"no"}}'],
    ['a\nb', '"a\\nb"'],
  ])('is %p one line?', (value, text) => {
    expect(jsonText(value)).toBe(text);
  });
});
