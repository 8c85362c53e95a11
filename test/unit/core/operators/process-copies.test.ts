import { Process } from '../../../../lib/core/operators/process.ts';
import { OperatorBench } from './operator-bench.ts';

test('is a state object that a handler changes in place and emits the same whatever the batch is?', () => {
  const bench = new OperatorBench();
  const emitted: unknown[] = [];
  const next = { push: (value: unknown) => emitted.push(value) };
  const process = new Process(
    bench,
    {
      id: 'sums',
      state: { total: { kind: 'value', initial: () => ({ sum: 0 }) } },
      onElement: (value, context) => {
        const total = context.state['total'] as { get(): { sum: number }; set(next: { sum: number }): void };
        const state = total.get();
        state.sum += value as number;
        total.set(state);
        context.emit(state);
      },
      onTimer: undefined,
    },
    next,
  );

  for (const value of [1, 2, 4]) process.onElement('skey', value, 0);

  expect(emitted).toEqual([{ sum: 1 }, { sum: 3 }, { sum: 7 }]);
});
