import { decodeLines } from '../../../../lib/connectors/files/ndjson.ts';

const LIMITS = { maxRecordBytes: 1000, maxDepth: 5 };
const decode = (text: string | Buffer, offset = 0, limits = LIMITS) => {
  const { values, refused, offsetOf } = decodeLines(Buffer.from(text as string), offset, limits);
  return { values, refused, offsets: values.map((_, index) => offsetOf(index)) };
};
const codes = (text: string | Buffer, limits = LIMITS): string[] =>
  decode(text, 0, limits).refused.map(({ code }) => code);

describe('decodeLines', () => {
  test('are values, blank lines, both line ends and a last line without end understood?', () => {
    expect(decode('{"a":1}\n\n2\r\n\r\n \t\n"x"\nnull')).toEqual({
      values: [{ a: 1 }, 2, 'x', null],
      refused: [],
      offsets: [0, 9, 17, 21],
    });
    expect(decode('')).toEqual({ values: [], refused: [], offsets: [] });
  });

  test.each([
    ['ASCII', '"a"\nnope\n"b"\n', [100, 109]],
    ['UTF-8', '"é€"\nnöpe\n"😀"\n"b"\n', [100, 114, 121]],
  ])('are positions bytes in %s text, in any order they are asked for?', (_name, text, offsets) => {
    const lines = decodeLines(Buffer.from(text), 100, LIMITS);
    const indexes = lines.values.map((_, index) => index);
    expect(indexes.map((index) => lines.offsetOf(index))).toEqual(offsets);
    expect(indexes.reverse().map((index) => lines.offsetOf(index))).toEqual([...offsets].reverse());
    const bad = Buffer.from(text).indexOf('n');
    expect(lines.refused).toMatchObject([{ at: 1, position: String(100 + bad), code: 'TM_RECORD_SYNTAX' }]);
  });

  test('is a byte order mark skipped at the beginning of a file only, and does its line begin at 0?', () => {
    const mark = '\ufeff';
    expect(decode(`${mark}1\n2\n`)).toEqual({ values: [1, 2], refused: [], offsets: [0, 5] });
    expect(decode(`${mark}nope\n2\n`).refused).toMatchObject([{ at: 0, position: '0' }]);
    expect(decode(`${mark}\n2\n`)).toMatchObject({ values: [2], offsets: [4] });
    expect(decode(`${mark}1\n2\n`, 7).refused).toMatchObject([{ code: 'TM_RECORD_SYNTAX', position: '7' }]);
  });

  test('is a line of the limit taken, and one of a byte more refused, in bytes and without its end?', () => {
    const text = (bytes: number): string => `"${'x'.repeat(bytes - 2)}"`;
    const wide = (bytes: number): string => `"${'é'.repeat((bytes - 2) / 2)}"`;
    for (const end of ['', '\n', '\r\n']) {
      expect(decode(`${text(1000)}${end}`).values).toHaveLength(1);
      expect(decode(`${wide(1000)}${end}`).values).toHaveLength(1);
      expect(codes(`${text(1001)}${end}`)).toEqual(['TM_RECORD_TOO_LONG']);
      expect(codes(`${wide(1002)}${end}`)).toEqual(['TM_RECORD_TOO_LONG']);
    }
  });

  test('is nesting bounded wherever the line stands, and are brackets in texts not counted?', () => {
    const deep = (levels: number): string => `${'['.repeat(levels)}1${']'.repeat(levels)}`;
    const padding = ' '.repeat(20);
    for (const before of ['', '1\n', `${deep(5)}\n`, '{"a":[1]}\n[[[[[[[\n']) {
      const previous = codes(before);
      expect(codes(`${before}${deep(5)}${padding}`)).toEqual(previous);
      expect(codes(`${before}${padding}${deep(6)}\n1`)).toEqual([...previous, 'TM_RECORD_DEPTH']);
      expect(codes(`${before}{"a":${deep(5)}}${padding}`)).toEqual([...previous, 'TM_RECORD_DEPTH']);
      expect(codes(`${before}["[[[[{{{{", "]]"]${padding}`)).toEqual(previous);
    }
    expect(codes(`${'['.repeat(500_000)}${']'.repeat(500_000)}`, { maxRecordBytes: 1e7, maxDepth: 64 })).toEqual([
      'TM_RECORD_DEPTH',
    ]);
    expect(codes(`${'{"a":'.repeat(500_000)}`, { maxRecordBytes: 1e7, maxDepth: 64 })).toEqual(['TM_RECORD_DEPTH']);
  });

  test('are 500,000 levels read when they are allowed?', () => {
    expect(
      decode(`${'['.repeat(500_000)}${']'.repeat(500_000)}`, 0, { maxRecordBytes: 1e7, maxDepth: 1e6 }).values,
    ).toHaveLength(1);
  });

  test.each([
    ['{"__proto__":{"admin":true}}', 'TM_RECORD_PROTO'],
    ['{"a":[{"__proto__":1}]}', 'TM_RECORD_PROTO'],
    ['{"\\u005f\\u005fproto__":1}', 'TM_RECORD_PROTO'],
    ['{"__pr\\u006fto__":1}', 'TM_RECORD_PROTO'],
    ['"\\ud800"', 'TM_RECORD_SURROGATE'],
    ['"\\uD83Dx"', 'TM_RECORD_SURROGATE'],
    ['{"\\uDE00":1}', 'TM_RECORD_SURROGATE'],
    ['{"a":}', 'TM_RECORD_SYNTAX'],
    ['{"a":1}{"b":2}', 'TM_RECORD_SYNTAX'],
    ['{"a":1},', 'TM_RECORD_SYNTAX'],
    ['NaN', 'TM_RECORD_SYNTAX'],
    ['"tab\there"', 'TM_RECORD_SYNTAX'],
  ])('is %s refused as %s, and are its neighbours taken?', (line, code) => {
    const { values, refused } = decode(`1\n${line}\n2`);
    expect(values).toEqual([1, 2]);
    expect(refused).toEqual([{ at: 1, position: '2', code, message: expect.stringMatching(/./), preview: line }]);
    expect(codes(`"é"\n${line}`)).toEqual([code]);
  });

  test('are "__proto__" as a text, and whole surrogate pairs, no reason to refuse?', () => {
    expect(decode('{"a":"__proto__"}\n"\\ud83d\\ude00"\n"c:\\\\users"').refused).toEqual([]);
  });

  test('is a line that is not UTF-8 refused alone, and do its neighbours keep their positions?', () => {
    const bytes = Buffer.concat([Buffer.from('"é"\n"'), Buffer.from([0xc3, 0x28]), Buffer.from('"\nnope\n\n"€"\r\n3')]);
    const { values, refused, offsets } = decode(bytes, 10);
    expect(values).toEqual(['é', '€', 3]);
    expect(offsets).toEqual([10, 26, 33]);
    expect(refused).toMatchObject([
      { at: 1, position: '15', code: 'TM_RECORD_UTF8' },
      { at: 1, position: '20', code: 'TM_RECORD_SYNTAX' },
    ]);
    // A raw surrogate, an overlong form, a cut sequence at the end.
    for (const invalid of [
      [0xed, 0xa0, 0x80],
      [0xc0, 0x80],
      [0xe2, 0x82],
    ])
      expect(codes(Buffer.from([0x22, ...invalid, 0x22]))).toEqual(['TM_RECORD_UTF8']);
    expect(codes(Buffer.alloc(1001, 0xff))).toEqual(['TM_RECORD_TOO_LONG']);
  });

  test('does a run of nothing but refused lines cost time in proportion to its length?', () => {
    const started = performance.now();
    expect(codes('é\n'.repeat(300_000))).toHaveLength(300_000);
    expect(performance.now() - started).toBeLessThan(20_000);
  });
});
