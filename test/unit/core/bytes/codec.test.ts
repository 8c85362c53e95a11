import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { decode, encode } from '../../../../lib/core/bytes/codec.ts';

const roundTrip = (value: unknown): unknown => decode(encode(value));

describe('encode', () => {
  test.each([
    ['NaN', NaN],
    ['Infinity', Infinity],
    ['2^32', 2 ** 32],
    ['largest safe integer', Number.MAX_SAFE_INTEGER],
    ['smallest safe integer', Number.MIN_SAFE_INTEGER],
    ['small bigint', 5n],
    ['bigint of 64 bits', 2n ** 64n - 1n],
    ['bigint of 200 bits', -(2n ** 200n)],
    ['date before 1970', new Date(-1)],
    ['date of year 275760', new Date(8.64e15)],
    ['undefined in an object', { a: undefined, b: [undefined, null] }],
    ['70,000 keys', Object.fromEntries(Array.from({ length: 70_000 }, (_, index) => [`k${index}`, index]))],
    ['a string of 100,000 code points', '€'.repeat(100_000)],
  ])('does %s come back as it was?', (_name, value) => {
    expect(roundTrip(value)).toStrictEqual(value);
  });

  test('does -0 come back as 0?', () => {
    expect(roundTrip([-0])).toStrictEqual([0]);
  });

  test('does an invalid date stay an invalid date?', () => {
    expect((roundTrip(new Date(NaN)) as Date).getTime()).toBeNaN();
  });

  test('is a result untouched by later calls, and does it hold no larger buffer?', () => {
    // Prepare
    const first = encode(['first', 1]);
    const copy = [...first];
    // Act
    for (let index = 0; index < 5000; index += 1) encode([`later ${index}`, 'x'.repeat(index)]);
    // Assess
    expect([...first]).toEqual(copy);
    expect(first.buffer.byteLength).toBe(first.byteLength);
    expect(encode('x'.repeat(1e6)).buffer.byteLength).toBe(1e6 + 5);
  });

  test('is a byte string a copy, so that it does not change or hold the message?', () => {
    const message = encode([Buffer.from('abc'), 1]);
    const [bytes] = decode(message) as [Uint8Array];
    message.fill(0);
    expect(Buffer.from(bytes).toString()).toBe('abc');
    expect(bytes.buffer).not.toBe(message.buffer);
  });

  test('are the keys of like objects written once?', () => {
    const objects = (count: number): unknown[] => Array.from({ length: count }, () => ({ customer: 'c', amount: 1 }));
    expect(encode(objects(12)).byteLength - encode(objects(11)).byteLength).toBe(4);
  });

  test('does an own key __proto__ pollute nothing, in one object and in many?', () => {
    // Prepare
    const hostile = JSON.parse('{"__proto__":{"polluted":1},"a":{"__proto__":{"polluted":1}}}') as object;
    const many = Array.from({ length: 10 }, () => JSON.parse('{"__proto__":{"polluted":1}}') as object);
    // Act
    const read = roundTrip(hostile) as { a: object };
    const readMany = roundTrip(many) as object[];
    // Assess
    for (const object of [read, read.a, ...readMany]) {
      expect(Object.getPrototypeOf(object)).toBe(Object.prototype);
      expect('polluted' in object).toBe(false);
    }
    expect('polluted' in {}).toBe(false);
    expect(Object.keys(readMany[9] as object)).toEqual(['__proto_']);
  });

  test('are keys that name methods only data?', () => {
    const hostile: unknown = JSON.parse(
      '[{"constructor":1,"toJSON":1},{"toJSON":{}},{"hasOwnProperty":1,"constructor":null},{"valueOf":1,"toString":2}]',
    );
    expect(roundTrip(hostile)).toStrictEqual(hostile);
    expect(roundTrip(Object.assign(Object.create(null), { toJSON: 1 }))).toEqual({ toJSON: 1 });
  });

  test('does half a surrogate pair leave its neighbours alone?', () => {
    const [before, , after] = roundTrip(['before', `\ud800${'x'.repeat(100)}`, 'after']) as string[];
    expect([before, after]).toEqual(['before', 'after']);
    expect((roundTrip(['a\ud800', 'b']) as string[])[1]).toBe('b');
  });

  test.each([
    ['a symbol', [Symbol('s')]],
    [
      'a cycle',
      (() => {
        const cycle: unknown[] = [];
        cycle.push(cycle);
        return cycle;
      })(),
    ],
  ])('is %s refused, and does the next call work?', (_name, value) => {
    expect(() => encode(value)).toThrow(expect.objectContaining({ code: 'TM_CODEC_VALUE', kind: 'invalid' }));
    expect(roundTrip({ a: 1 })).toEqual({ a: 1 });
  });
});

describe('decode', () => {
  test('are bytes that are cut short or go on refused, and does the next call work?', () => {
    const bytes = encode([{ a: 'text', b: 7 }, 'more text']);
    for (let length = 0; length < bytes.byteLength; length += 1) {
      expect(() => decode(bytes.subarray(0, length))).toThrow(
        expect.objectContaining({ code: 'TM_CODEC_BYTES', kind: 'corrupt' }),
      );
    }
    expect(() => decode(Buffer.concat([bytes, bytes]))).toThrow(expect.objectContaining({ code: 'TM_CODEC_BYTES' }));
    expect(decode(bytes)).toEqual([{ a: 'text', b: 7 }, 'more text']);
  });

  test('does a string that is kept hold only itself, not its message?', () => {
    // Prepare
    setFlagsFromString('--expose-gc');
    const collect = runInNewContext('gc') as () => void;
    const message = (at: number): unknown[] =>
      Array.from({ length: 500 }, (_, index) => `event-identifier-${at}-${index}`);
    const kept: unknown[] = [];
    collect();
    const before = process.memoryUsage().heapUsed;
    // Act
    for (let at = 0; at < 1000; at += 1) kept.push((roundTrip(message(at)) as unknown[])[250]);
    collect();
    // Assess
    const bytesPerString = (process.memoryUsage().heapUsed - before) / kept.length;
    expect(bytesPerString).toBeLessThan(1500);
  });

  test('can it read a view in the middle of a larger buffer?', () => {
    const bytes = encode({ a: 'text', b: [1, 2] });
    const larger = Buffer.concat([Buffer.from('before'), bytes, Buffer.from('after')]);
    expect(decode(larger.subarray(6, 6 + bytes.byteLength))).toEqual({ a: 'text', b: [1, 2] });
  });
});
