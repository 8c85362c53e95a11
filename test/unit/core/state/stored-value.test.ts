import { load, store } from '../../../../lib/core/state/stored-value.ts';

describe('store and load', () => {
  test.each<[string, unknown, unknown]>([
    ['a text', 'a', 'a'],
    ['an empty text', '', ''],
    ['a text like an object', '{"n":1}', '={"n":1}'],
    ['a text that begins with =', '=a', '==a'],
    ['a number', 1.5, 1.5],
    ['NaN', Number.NaN, Number.NaN],
    ['false', false, false],
    ['a flat object', { n: 1, text: '"}', ok: true }, '{"n":1,"text":"\\"}","ok":true}'],
    ['an empty object', {}, '{}'],
  ])('is %s stored as it was fixed, and does it come back?', (_what, value, stored) => {
    expect(store(value)).toEqual(stored);
    expect(load(store(value))).toEqual(value);
  });

  test.each<[string, unknown]>([
    ['null', null],
    ['a list', [1, { a: [] }]],
    ['a nested object', { a: { b: 1 } }],
    ['a field that is null', { a: null }],
    ['a field that is undefined', { a: undefined }],
    ['a field that is NaN', { a: Number.NaN }],
    ['a field that is infinite', { a: -Infinity }],
    ['a field named toJSON', { toJSON: 'x', a: 1 }],
    ['a field that is a Date', { at: new Date(5) }],
    ['a field that is a bigint', { n: 5n }],
    ['a Date', new Date(5)],
    ['a bigint', 2n ** 64n],
    ['a Map', new Map([['a', 1]])],
    ['a Set', new Set([1])],
    ['bytes', Uint8Array.from([0, 255])],
  ])('is %s kept as bytes, and does it come back?', (_what, value) => {
    expect(store(value)).toBeInstanceOf(Uint8Array);
    expect(load(store(value))).toStrictEqual(value);
  });

  test.each([{ n: 1 }, { list: [1] }, [1]])('is each load of %j an object of its own?', (value) => {
    const stored = store(value);
    expect(load(stored)).not.toBe(load(stored));
    expect(load(stored)).not.toBe(value);
  });

  test('are keys of an object in the order they had?', () => {
    expect(Object.keys(load(store({ b: 1, a: 2, '1': 3 })) as object)).toEqual(['1', 'b', 'a']);
  });
});
