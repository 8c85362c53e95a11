import { parsePieceName, pieceName, writerName } from '../../../../lib/connectors/files/piece-name.ts';

const WRITER = { pipeline: 'billing', sink: 'invoices', subtask: 'hourly-usage/12' };

describe('writerName', () => {
  test('is a usual name readable?', () => {
    expect(writerName(WRITER)).toBe('billing.invoices.hourly-usage.12');
  });

  test('is every name safe in every file system, and different for different writers?', () => {
    const texts = [
      'Billing',
      'billing',
      'bill ing',
      'bill.ing',
      'bill/ing',
      '../..',
      '',
      'Rechnung €',
      'x'.repeat(500),
      'X'.repeat(500),
    ];
    const names = texts.flatMap((text) => [
      writerName({ ...WRITER, pipeline: text }),
      writerName({ ...WRITER, sink: text }),
      writerName({ ...WRITER, subtask: `${text}/1` }),
    ]);
    for (const name of names) {
      expect(name).toMatch(/^[a-z0-9._-]+$/);
      expect(`part-${pieceName(name, 999_999, 1)}.0123456789abc.tmp`.length).toBeLessThan(255);
      expect(name).not.toMatch(/^\./);
    }
    // 'billing' as the pipeline is the usual one.
    expect(new Set(names.map((name) => name.toLowerCase())).size).toBe(names.length);
  });
});

describe('parsePieceName', () => {
  test.each([writerName(WRITER), 'a.b.c-a1-v000000000001.ndjson', 'x'])(
    'is the name of a piece of %s read back?',
    (writer) => {
      const name = pieceName(writer, 3, 42);
      expect(parsePieceName(name)).toEqual({ writer, attempt: 3, upTo: 42, unfinished: undefined });
      expect(parsePieceName(`${name}.0123-ab.tmp`)).toMatchObject({
        writer,
        attempt: 3,
        upTo: 42,
        unfinished: '0123-ab',
      });
    },
  );

  test.each(['README', 'x.ndjson', 'x-a1-v1.ndjson', 'x-a1-v000000000001.ndjson.bak'])('is %s nobody’s?', (name) => {
    expect(parsePieceName(name)).toBeUndefined();
  });
});
