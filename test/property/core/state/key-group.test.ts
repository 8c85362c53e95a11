import fc from 'fast-check';
import { keyGroupOf, keyGroupRange, subtaskOf } from '../../../../lib/core/state/key-group.ts';

const sizes = fc
  .integer({ min: 1, max: 2000 })
  .chain((maxParallelism) => fc.tuple(fc.integer({ min: 1, max: maxParallelism }), fc.constant(maxParallelism)));

describe('key groups', () => {
  test('does each group belong to exactly the subtask whose range holds it?', () => {
    fc.assert(
      fc.property(sizes, ([parallelism, maxParallelism]) => {
        let next = 0;
        for (let index = 0; index < parallelism; index += 1) {
          const { first, last } = keyGroupRange(index, parallelism, maxParallelism);
          expect(first).toBe(next);
          expect(last).toBeGreaterThanOrEqual(first);
          for (const group of [first, last]) expect(subtaskOf(group, parallelism, maxParallelism)).toBe(index);
          next = last + 1;
        }
        expect(next).toBe(maxParallelism);
      }),
    );
  });

  test('is the group of any text a whole number below the maximum?', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.integer({ min: 1, max: 32_768 }), (text, maxParallelism) => {
        const group = keyGroupOf(text, maxParallelism);
        expect(Number.isInteger(group) && group >= 0 && group < maxParallelism).toBe(true);
      }),
    );
  });
});
