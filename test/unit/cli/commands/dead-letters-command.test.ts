import { letterText } from '../../../../lib/cli/commands/dead-letters-command.ts';
import type { StoredDeadLetter } from '../../../../lib/runtime/dead-letter-sink.ts';

const letter = (some: Partial<StoredDeadLetter> = {}): StoredDeadLetter => ({
  ...{ operator: 'usage', code: 'TM_RECORD_SCHEMA', message: 'units: too small', split: 'a.ndjson', position: '120' },
  ...{ count: 1, record: { units: -1 }, subtask: 'usage/0', attempt: 1, version: 3 },
  ...some,
});

describe('a dead letter as text', () => {
  test('does it say who, why, where and what?', () => {
    expect(letterText(letter())).toBe('usage  TM_RECORD_SCHEMA  a.ndjson:120  units: too small\n    {"units":-1}\n');
  });

  test('does it say how many records it stands for?', () => {
    const text = letterText(letter({ count: 12, lastPosition: '900' }));
    expect(text).toContain('a.ndjson:120-900  units: too small  (12 records)\n');
  });

  test('is it bounded, and harmless to a terminal, whatever the record is?', () => {
    const text = letterText(letter({ record: `\u001b[2J${'x'.repeat(1_000)}`, message: 'a\u001b' }));
    expect(text).not.toContain('\u001b');
    expect(text.split('\n')[1]?.length).toBeLessThan(170);
    expect(letterText(letter({ record: 10n }))).toContain('"10"');
  });

  test('is it fine without a place?', () => {
    const { split: _, position: __, ...bare } = letter();
    expect(letterText(bare)).toMatch(/^usage {2}TM_RECORD_SCHEMA {2}units/);
  });
});
