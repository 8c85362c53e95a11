import { murmur3 } from '../bytes/murmur3.ts';

/** The key group of a canonical key (see `canonicalKey`): 0 … `maxParallelism` - 1. Fixed for ever (DESIGN 1). */
export function keyGroupOf(canonical: string, maxParallelism: number): number {
  return murmur3(canonical) % maxParallelism;
}

/**
 * The index of the subtask that owns a key group, with 1 <= `parallelism` <= `maxParallelism`.
 * Source: Flink, KeyGroupRangeAssignment.computeOperatorIndexForKeyGroup.
 */
export function subtaskOf(group: number, parallelism: number, maxParallelism: number): number {
  return Math.floor((group * parallelism) / maxParallelism);
}

/**
 * The key groups that subtask `index` owns, both ends included: the inverse of {@link subtaskOf}. Never empty.
 * Source: Flink, KeyGroupRangeAssignment.computeKeyGroupRangeForOperatorIndex.
 */
export function keyGroupRange(
  index: number,
  parallelism: number,
  maxParallelism: number,
): { readonly first: number; readonly last: number } {
  return {
    first: Math.ceil((index * maxParallelism) / parallelism),
    last: Math.ceil(((index + 1) * maxParallelism) / parallelism) - 1,
  };
}
