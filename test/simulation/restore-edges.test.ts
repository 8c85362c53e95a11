import type { PipelineGraph } from '../../lib/index.ts';
import { fileSink, files, graphOf, json, pipeline, value } from '../../lib/index.ts';
import { itemKeys } from '../../lib/ports/names.ts';
import { codeIdentity, setUpJob } from '../../lib/runtime/job-setup.ts';
import { continueRestore, requestRestore } from '../../lib/runtime/restore-runner.ts';
import { Bench, interpose, once, writes } from './bench.ts';
import { countGraph, type Item, item } from './rules/graphs.ts';

/** Counts items per key into one file sink, or into two. */
function countsInto(sinks: readonly string[]): PipelineGraph {
  const p = pipeline('counts');
  const counted = p
    .source('in', files({ schema: json<Item>(), onInvalid: 'dead-letter' }))
    .keyBy((record) => record.key)
    .process('count', {
      state: { count: value(0) },
      onElement: (_, { state }): { count: number }[] => {
        state.count.set(state.count.get() + 1);
        return [{ count: state.count.get() }];
      },
    });
  const [first = 'out', second] = sinks;
  return graphOf(
    second === undefined
      ? counted.to(first, fileSink())
      : p.build(counted.to(first, fileSink()), counted.to(second, fileSink())),
  );
}

describe('a checkpoint that nobody had committed when a restore came', () => {
  test('does it expire like the others, so that its journals are let go?', async () => {
    // Prepare
    const bench = new Bench(countGraph({ checkpoint: { retain: 1 } }));
    bench.content.add('s', [item('a')], false);
    const env = await bench.start();
    await bench.settle(env);
    const id = await bench.checkpoint(env, false);

    // Act
    await bench.restore(env);
    for (let n = 0; n < 2; n++) {
      await bench.checkpoint(env);
      await bench.retain(env);
    }

    // Assess
    expect(bench.item(id)?.status).toBe('EXPIRED');
  });

  test('does a restore of an edit end that adds a sink?', async () => {
    // Prepare
    const bench = new Bench(countsInto(['out']));
    bench.content.add('s', [item('a')], false);
    const env = await bench.start();
    await bench.settle(env);
    await bench.checkpoint(env, false);
    const edited = new Bench(countsInto(['out', 'copy']), { seed: 2, after: bench.simulation });

    // Act
    const next = await edited.env();
    await edited.do(setUpJob(next, codeIdentity(edited.simulation.plan, 'edited'), []));
    await edited.do(continueRestore(next));

    // Assess
    expect(edited.job().status).toBe('RUNNING');
    expect(edited.simulation.committed('out')).toEqual([{ count: 1 }]);
    expect(edited.simulation.committed('copy')).toEqual([]);
  });
});

describe('a checkpoint that a restore gives up', () => {
  test('is it given up though somebody changes its item at that moment?', async () => {
    // Prepare
    const bench = new Bench(countGraph({ sink: 'table' }));
    const env = await bench.start();
    const first = await bench.checkpoint(env);
    const second = await bench.checkpoint(env);
    const { items } = env.ports;
    const change = async () => {
      const key = itemKeys.checkpoint(second);
      await items.write([{ key, value: (await items.read(key))?.value }]);
    };

    // Act
    await bench.do(requestRestore(env, { checkpoint: first, allowOlder: true, code: bench.code() }));
    const isLate = once((call) => writes(call, itemKeys.checkpoint(second)) && bench.restoreStep('restored'), change);
    await bench.do(continueRestore(interpose(env, isLate)));

    // Assess
    expect(bench.item(second)?.abandoned).toBe(true);
    expect(bench.simulation.completedCheckpoints()).toEqual([first]);
  });
});
