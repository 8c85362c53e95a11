import {
  acknowledgementLines,
  channelLines,
  checkpointRows,
  headLines,
} from '../../../../lib/cli/views/checkpoint-lines.ts';
import type { Acknowledgement, CheckpointItem } from '../../../../lib/core/checkpoint/checkpoint-item.ts';
import { initialControl } from '../../../../lib/core/journal/control.ts';
import { END_OF_TIME } from '../../../../lib/core/record/position.ts';

const BEGUN = Date.UTC(2026, 0, 31, 10);

const item = (some: Partial<CheckpointItem>): CheckpointItem => ({
  id: 7,
  attempt: 1,
  status: 'COMPLETED',
  members: ['usage/0', 'customer/0'],
  begunAtMs: BEGUN,
  endedAtMs: BEGUN + 120,
  escalated: false,
  committed: true,
  abandoned: false,
  finished: false,
  bytes: 45_000,
  ...some,
});

const ack = (subtask: string, change: Partial<Acknowledgement['control']>): Acknowledgement => ({
  subtask,
  checkpoint: 7,
  attempt: 1,
  version: 12,
  control: { ...initialControl(1, 7, [], []), ...change },
  base: { snapshot: null, segments: [] },
  atMs: BEGUN + 40,
  bytes: 1_500,
  headBytes: 0,
});

describe('checkpoints as text', () => {
  test('is there one line for each, with what became of it?', () => {
    const { endedAtMs: _, bytes: __, ...open } = item({ id: 9, status: 'IN_PROGRESS', committed: false });
    const rows = checkpointRows(
      [
        item({}),
        item({
          id: 8,
          attempt: 2,
          status: 'ABORTED',
          reason: 'TIMEOUT',
          escalated: true,
          committed: false,
          abandoned: true,
        }),
        open,
        item({ id: 10, finished: true }),
      ],
      BEGUN + 2_000,
    );
    expect(rows).toEqual([
      'id  attempt  status                    reason   begun                     duration    bytes  escalated  committed  abandoned',
      ' 7        1  COMPLETED                 -        2026-01-31 10:00:00Z        120 ms  45.0 kB  -          yes        -',
      ' 8        2  ABORTED                   TIMEOUT  2026-01-31 10:00:00Z        120 ms  45.0 kB  yes        -          yes',
      ' 9        1  IN_PROGRESS               -        2026-01-31 10:00:00Z  2.0 s so far        -  -          -          -',
      '10        1  COMPLETED (end of input)  -        2026-01-31 10:00:00Z        120 ms  45.0 kB  -          yes        -',
    ]);
  });

  test('does the head say who has acknowledged, and who was restored from it?', () => {
    expect(headLines(item({ stateEntries: 1_200, pinnedBy: 3 }), 1, BEGUN).at(-1)).toBe(
      'acknowledged by 1 of 2 subtasks; 1,200 entries of keyed state; attempt 3 was restored from it',
    );
  });

  test('are acknowledgements shown with positions, watermarks and counters?', () => {
    // Prepare
    const split = { position: '120', maxMs: 0, idleSinceMs: null, idle: false, closed: true };
    const counters = { recordsIn: 1_234, recordsOut: 0, lateDropped: 1, deadLettered: 2, duplicates: 3 };
    const splits = { 'a.ndjson': split, 'b\u001b.ndjson': { ...split, position: null, idle: true, closed: false } };

    // Act
    const lines = acknowledgementLines(item({}), [ack('usage/0', { splits, counters, watermark: BEGUN })]);

    // Assess
    expect(lines).toEqual([
      'customer/0 has not acknowledged',
      '',
      'subtask  version  after    bytes  watermark                in  out  late  dead letters  duplicates',
      'usage/0       12  40 ms  1.50 kB  2026-01-31 10:00:00Z  1,234    0     1             2           3',
      '',
      'subtask  split           position',
      'usage/0  a.ndjson        120        read to its end',
      'usage/0  b\\u001b.ndjson  beginning  idle',
    ]);
  });

  test('are the first and the last watermark told in words?', () => {
    const marks = [
      ack('a/0', {}),
      ack('b/0', { watermark: END_OF_TIME }),
      ack('c/0', { watermark: END_OF_TIME, finished: true }),
    ];
    const [, ...rows] = acknowledgementLines(item({ members: [] }), marks).filter((line) => line !== '');
    expect(rows.map((row) => row.split(/ {2,}/)[4])).toEqual(['-', 'end', 'end, finished']);
  });

  test('is it said that the acknowledgements of an expired one are gone?', () => {
    expect(acknowledgementLines(item({ status: 'EXPIRED' }), [])).toEqual([
      'its acknowledgements are gone: it has expired',
    ]);
  });

  test('is the proof of consistency there, channel by channel?', () => {
    const channels = [
      { from: 'usage/0', to: 'customer/0', sent: 1_000, processed: 1_000 },
      { from: 'usage/1', to: 'customer/0', sent: 20, processed: 15 },
      { from: 'usage/2', to: 'customer/0', sent: 20, processed: 22 },
    ];
    expect(channelLines(item({ channels }))).toEqual([
      '',
      'channel                 sent  processed  in flight',
      'usage/0 -> customer/0  1,000      1,000          0',
      'usage/1 -> customer/0     20         15          5',
      'usage/2 -> customer/0     20         22          0  processed twice after a restore (at-least-once)',
    ]);
    expect(channelLines(item({}))).toEqual([]);
  });
});
