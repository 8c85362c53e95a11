import { canonicalKey } from '../../../../lib/core/bytes/canonical-key.ts';
import { keyGroupOf, keyGroupRange, subtaskOf } from '../../../../lib/core/state/key-group.ts';

describe('keyGroupOf', () => {
  // Computed by a second implementation, in Python.
  test.each([
    ['customer-1', 18],
    [1, 83],
  ] as const)('is the group of key %j what it was when it was fixed?', (key, group) => {
    expect(keyGroupOf(canonicalKey(key), 128)).toBe(group);
  });
});

describe('keyGroupRange', () => {
  test('are they the ranges of Flink for 3 subtasks of 10 groups?', () => {
    expect([0, 1, 2].map((index) => keyGroupRange(index, 3, 10))).toEqual([
      { first: 0, last: 3 },
      { first: 4, last: 6 },
      { first: 7, last: 9 },
    ]);
    expect([3, 4, 6, 7].map((group) => subtaskOf(group, 3, 10))).toEqual([0, 1, 1, 2]);
  });
});
