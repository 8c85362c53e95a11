import { totalsOf } from '../../../../lib/cli/commands/run-summary.ts';
import type { Acknowledgement } from '../../../../lib/core/checkpoint/checkpoint-item.ts';
import { type Counters, initialControl } from '../../../../lib/core/journal/control.ts';
import { fileSink, files, json, pipeline } from '../../../../lib/index.ts';

const ack = (subtask: string, counters: Partial<Counters>): Acknowledgement => {
  const control = initialControl(1, 1, [], []);
  const base = { snapshot: null, segments: [] };
  return {
    ...{ subtask, checkpoint: 1, attempt: 1, version: 1, base, atMs: 0, bytes: 0, headBytes: 0 },
    control: { ...control, counters: { ...control.counters, ...counters } },
  };
};

test('are counters summed by source and by sinks of a stage?', () => {
  // Prepare
  const p = pipeline('counted');
  const a = p.source('a', files({ schema: json<string>(), onInvalid: 'fail' }));
  const b = p.source('b', files({ schema: json<string>(), onInvalid: 'fail' }));
  const summed = a
    .union(b)
    .keyBy((value) => value)
    .process('sum', { state: {}, onElement: (value) => [value] });
  const definition = p.build(a.to('raw', fileSink()), summed.to('one', fileSink()), summed.to('two', fileSink()));
  const keyed = 'key-by-sum';

  // Act
  const totals = totalsOf(definition, [
    ack('a/0', { recordsIn: 10, recordsOut: 10, deadLettered: 1 }),
    ack('a/1', { recordsIn: 5, recordsOut: 5 }),
    ack('b/0', { recordsIn: 7, lateDropped: 2 }),
    ack(`${keyed}/0`, { recordsOut: 30, duplicates: 3 }),
    ack(`${keyed}/1`, { recordsOut: 14, duplicates: 1, deadLettered: 1 }),
  ]);

  // Assess
  expect(totals).toEqual({
    recordsIn: { a: 15, b: 7 },
    rowsOut: { raw: 15, 'one + two': 44 },
    late: 2,
    deadLetters: 2,
    duplicates: 4,
  });
});
