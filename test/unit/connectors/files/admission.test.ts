import { nestsDeeperThan, previewOf, refusalOf } from '../../../../lib/connectors/files/admission.ts';

describe('nestsDeeperThan', () => {
  test.each([
    ['[[1]]', 2, false],
    ['[[1]]', 1, true],
    ['{"a":[{"b":1}]}', 3, false],
    ['{"a":[{"b":1}]}', 2, true],
    ['[[],[],[]]', 2, false],
    ['"[[[["', 0, false],
    ['["\\"[[[["]', 1, false],
    ['["\\\\",[[]]]', 2, true],
    ['["[[[', 1, false],
    ['1', 0, false],
    ['', 0, false],
  ])('does %s nest deeper than %i: %s', (text, depth, expected) => {
    expect(nestsDeeperThan(text, depth)).toBe(expected);
  });

  test('are 500,000 levels no matter?', () => {
    expect(nestsDeeperThan('['.repeat(500_000), 499_999)).toBe(true);
    expect(nestsDeeperThan('['.repeat(500_000), 500_000)).toBe(false);
  });
});

describe('refusalOf', () => {
  test.each([
    ['{"a":{"__proto__":1}}', 'TM_RECORD_PROTO'],
    ['[{"\\u005f_proto__":1}]', 'TM_RECORD_PROTO'],
    ['["\\ud800"]', 'TM_RECORD_SURROGATE'],
    ['{"a\\udc00":1}', 'TM_RECORD_SURROGATE'],
    ['{"a":[[["x\\udfff"]]]}', 'TM_RECORD_SURROGATE'],
    ['{"a":"__proto__","constructor":{"prototype":1},"b":"\\ud83d\\ude00"}', undefined],
    ['null', undefined],
  ])('is %s refused as %s?', (text, code) => {
    expect(refusalOf(JSON.parse(text))?.code).toBe(code);
  });

  test('is a value of 100,000 levels no matter?', () => {
    expect(refusalOf(JSON.parse(`${'['.repeat(100_000)}"\\ud800"${']'.repeat(100_000)}`))?.code).toBe(
      'TM_RECORD_SURROGATE',
    );
  });
});

describe('previewOf', () => {
  test('is it the beginning, at most 1 KiB, and well-formed whatever it was?', () => {
    expect(previewOf('short')).toBe('short');
    expect(previewOf(Buffer.from('short'))).toBe('short');
    for (const record of [
      'é'.repeat(2000),
      '\ud800'.repeat(2000),
      '😀'.repeat(2000),
      Buffer.alloc(5000, 0xff),
      Buffer.from('€'.repeat(500)),
    ]) {
      const preview = previewOf(record);
      expect(Buffer.byteLength(preview)).toBeLessThanOrEqual(1024);
      expect(Buffer.byteLength(preview)).toBeGreaterThan(500);
      expect(Buffer.from(preview).toString()).toBe(preview);
    }
  });
});
