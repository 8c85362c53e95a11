import { decode } from '../../../lib/core/bytes/codec.ts';
import { unframe } from '../../../lib/core/bytes/frame.ts';
import { encodeBlock } from '../../../lib/core/channels/block.ts';
import { initialControl, type TaskControl } from '../../../lib/core/journal/control.ts';
import { fileSink, files, graphOf, json, pipeline } from '../../../lib/index.ts';
import { planPipeline } from '../../../lib/plan/planner.ts';
import { KeyedPass } from '../../../lib/runtime/keyed-pass.ts';
import type { EntryDraft } from '../../../lib/runtime/pass.ts';
import { StageProgram } from '../../../lib/runtime/stage-program.ts';

interface Event {
  readonly user: string;
  readonly at: number;
}
const keyed = () =>
  pipeline('p')
    .source('events', files({ schema: json<Event>(), onInvalid: 'fail' }))
    .eventTime((e) => e.at)
    .keyBy((e) => e.user);

/** The keyed subtask of a pipeline with one sender: batches go in, what its entries say comes out. */
function setUp(end: Parameters<typeof graphOf>[0]) {
  const plan = planPipeline(graphOf(end), { parallelism: 1, partitions: 1 });
  const stage = plan.stages.find(({ kind }) => kind === 'keyed');
  if (!stage) throw new Error('no keyed stage');
  const program = new StageProgram(plan, stage);
  let control: TaskControl = initialControl(1, 0, ['events/0'], []);
  let version = 1;
  const batch = (watermark: number, events: readonly Event[]) => {
    const first = (control.in['events/0']?.received ?? 0) + 1;
    const last = first + Math.max(1, events.length) - 1;
    const payload = encodeBlock({
      keys: events.map(({ user }) => `s${user}`),
      timesMs: Float64Array.from(events, ({ at }) => at),
      values: events,
      partialKeys: [],
      panes: [],
      accumulators: [],
      counts: [],
      origin: null,
    });
    const part = events.length === 0 ? -1 : 0;
    const message = { to: 'x', first, last, stamp: 0, watermark, part, records: events.length, bytes: 1 };
    const pass = new KeyedPass({
      program,
      control,
      version,
      nowMs: 0,
      onError: 'dead-letter',
      subtask: 'x',
      mode: 'aligned',
      inputs: [{ from: 'events/0', version, message }],
      maxRecords: 1000,
      payloadOf: () => payload,
      telemetry: { emit: () => undefined },
    });
    const { value } = pass.run().next() as { value: { draft: EntryDraft } };
    const { head, parts } = value.draft;
    program.state.rollback();
    program.state.apply(head.changes);
    control = head.control;
    version += 1;
    return head.rows.map(({ sink, part: index }) => [sink, decode(unframe(parts[index] as Uint8Array))]);
  };
  return { batch, program };
}

describe('KeyedPass', () => {
  test('does a timer whose function fails become one dead letter, whatever fails and loads later?', () => {
    // Prepare
    let calls = 0;
    const { batch, program } = setUp(
      keyed()
        .process('track', {
          state: {},
          onElement: (event, { timers }) => {
            if (event.at < 0) throw new Error('bad record');
            timers.set(event.at + 10);
            return [];
          },
          onTimer: () => {
            calls += 1;
            throw new Error('bad timer');
          },
        })
        .to('out', fileSink()),
    );
    const letter = { operator: 'track', code: 'TM_USER_CODE', count: 1 };
    // Act
    const set = batch(0, [{ user: 'a', at: 5 }]);
    const fired = batch(20, []);
    const failed = batch(20, [{ user: 'b', at: -1 }]);
    program.reload();
    // Assess
    expect(set).toEqual([]);
    expect(fired).toEqual([['~dead-letters', [expect.objectContaining({ ...letter, message: 'bad timer' })]]]);
    expect(failed).toEqual([['~dead-letters', [expect.objectContaining({ ...letter, message: 'bad record' })]]]);
    expect(calls).toBe(4);
    expect(program.nextDueMs()).toBeUndefined();
    expect(program.state.size).toBe(0);
  });

  test('is a timer that asks for no time the dead letter of its own record only?', () => {
    const { batch, program } = setUp(
      keyed()
        .process('track', {
          state: {},
          onElement: (event, { timers }) => {
            timers.set(event.user === 'bad' ? Number.NaN : 1000);
            return [];
          },
          onTimer: ({ key }) => [key],
        })
        .to('out', fileSink()),
    );
    const refused = batch(10, [
      { user: 'a', at: 5 },
      { user: 'bad', at: 5 },
    ]);
    expect(refused).toEqual([['~dead-letters', [expect.objectContaining({ code: 'TM_TIMER_TIME' })]]]);
    expect(program.nextDueMs()).toBe(1000);
    expect(batch(1000, [])).toEqual([['out', ['a']]]);
  });
});
