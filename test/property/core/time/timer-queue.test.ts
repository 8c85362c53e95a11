import fc from 'fast-check';
import { TimerQueue } from '../../../../lib/core/time/timer-queue.ts';

const timeMs = fc.integer({ min: -20, max: 200 });
const key = fc.constantFrom('a', 'b', 'B', 'é', '');
const step = fc.oneof(
  { weight: 5, arbitrary: fc.record({ kind: fc.constant('set' as const), timeMs, key }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('clear' as const), timeMs, key }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('due' as const), timeMs, limit: fc.nat(5) }) },
);

describe('TimerQueue', () => {
  test('does it do what a sorted list of all timers does?', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 600, size: 'max' }), (steps) => {
        const queue = new TimerQueue();
        let model: { timeMs: number; key: string }[] = [];
        for (const action of steps) {
          if (action.kind === 'due') {
            model.sort((a, b) => a.timeMs - b.timeMs || (a.key < b.key ? -1 : 1));
            const due = model.filter((timer) => timer.timeMs <= action.timeMs).slice(0, action.limit);
            expect(queue.due(action.timeMs, action.limit)).toEqual(due);
            model = model.filter((timer) => !due.includes(timer));
            continue;
          }
          queue[action.kind](action.timeMs, action.key);
          model = model.filter((timer) => timer.timeMs !== action.timeMs || timer.key !== action.key);
          if (action.kind === 'set') model.push({ timeMs: action.timeMs, key: action.key });
          expect(queue.size).toBe(model.length);
        }
        expect(queue.nextMs() ?? Infinity).toBe(Math.min(...model.map((timer) => timer.timeMs)));
        expect(queue.due(Infinity, Infinity)).toHaveLength(model.length);
      }),
      { numRuns: 300 },
    );
  });
});
