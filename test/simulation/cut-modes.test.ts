import { murmur3 } from '../../lib/core/bytes/murmur3.ts';
import type { CheckpointItem } from '../../lib/core/checkpoint/checkpoint-item.ts';
import type { CheckpointOptions } from '../../lib/index.ts';
import { beginCheckpoint, cutByCoordinator, escalate, tryComplete } from '../../lib/runtime/coordinator-runner.ts';
import { Bench } from './bench.ts';
import { COUNT, countGraph, item } from './rules/graphs.ts';

/** A split that subtask `index` of two reads. */
const splitOf = (index: number): string => ['p', 'q', 'r', 's'].find((id) => murmur3(id) % 2 === index) as string;

/**
 * The barrier of in/0 comes first; then in/0 and in/1 send one record each, before the barrier of in/1. With `slow`, the
 * receiver does not get to what came after the first barrier before it is cut. Gives the checkpoint, and how many
 * messages were parked on the way.
 */
async function cutBetween(
  checkpoint: CheckpointOptions,
  slow: boolean,
): Promise<{ cut: CheckpointItem; parked: number }> {
  const bench = new Bench(countGraph({ checkpoint }), { partitions: 2 });
  for (const index of [0, 1]) bench.content.add(splitOf(index), [], false);
  const env = await bench.start();
  const begun = await bench.do(beginCheckpoint(env));
  if (!begun) throw new Error('no checkpoint begins');
  await bench.do(cutByCoordinator(env, 'in/0', begun));
  await bench.step(env, COUNT);
  for (const index of [0, 1]) bench.content.splits.get(splitOf(index))?.values.push(item('a'));
  await bench.settle(env, slow ? [COUNT] : []);
  await bench.do(cutByCoordinator(env, 'in/1', begun));
  if (slow) await bench.do(escalate(env, begun));
  await bench.settle(env);
  const outcome = await bench.do(tryComplete(env, begun.id));
  if (outcome !== 'completed') throw new Error(`the checkpoint is ${outcome}`);
  const parked = bench.simulation.events.filter((event) => event.kind === 'align' && event.step === 'parked').length;
  return { cut: bench.item(begun.id) as CheckpointItem, parked };
}

/** sent/processed of each channel at the cut. */
const proof = ({ channels = [] }: CheckpointItem): string[] =>
  channels.map(({ from, sent, processed }) => `${from} ${sent}/${processed}`).sort();

describe('what is in flight at a cut', () => {
  test('nothing when it is aligned, since what came from behind a barrier was parked?', async () => {
    const { cut, parked } = await cutBetween({}, false);
    // in/0 sent its record after its cut, in/1 before.
    expect(proof(cut)).toEqual(['in/0 0/0', 'in/1 1/1']);
    expect(parked).toBe(1);
  });

  test('what the first barrier overtook when it is unaligned, and nothing was parked?', async () => {
    const { cut, parked } = await cutBetween({ unaligned: true }, false);
    expect(proof(cut)).toEqual(['in/0 0/0', 'in/1 1/0']);
    expect(parked).toBe(0);
  });

  test('what the receiver had not got to when the time-out cut for it?', async () => {
    const { cut } = await cutBetween({}, true);
    expect(proof(cut)).toEqual(['in/0 0/0', 'in/1 1/0']);
    expect(cut.escalated).toBe(true);
  });

  test('less than nothing at least once: more is processed than was sent before the cut?', async () => {
    const { cut, parked } = await cutBetween({ mode: 'at-least-once' }, false);
    expect(proof(cut)).toEqual(['in/0 0/1', 'in/1 1/1']);
    expect(parked).toBe(0);
  });
});
