import { TimerQueue } from '../../../../lib/core/time/timer-queue.ts';

describe('TimerQueue', () => {
  test('do timers come by time, then by key, whatever the order they were set in?', () => {
    const queue = new TimerQueue();
    for (const [timeMs, key] of [
      [5, 'b'],
      [-1, 'z'],
      [5, 'a'],
      [5, 'B'],
      [0, 'é'],
      [0, 'z'],
    ] as const)
      queue.set(timeMs, key);
    expect(queue.nextMs()).toBe(-1);
    expect(queue.due(5, 100).map(({ timeMs, key }) => `${timeMs}${key}`)).toEqual([
      '-1z',
      '0z',
      '0é',
      '5B',
      '5a',
      '5b',
    ]);
    expect(queue.size).toBe(0);
    expect(queue.nextMs()).toBeUndefined();
  });

  test('is a timer that was set twice one timer, and one cleared none?', () => {
    const queue = new TimerQueue();
    queue.set(1, 'a');
    queue.set(1, 'a');
    queue.set(1, 'b');
    queue.clear(1, 'b');
    queue.clear(1, 'b');
    queue.clear(2, 'a');
    expect(queue.size).toBe(1);
    expect(queue.due(1, 100)).toEqual([{ timeMs: 1, key: 'a' }]);
  });

  test('are timers at the watermark due and those above not?', () => {
    const queue = new TimerQueue();
    queue.set(10, 'a');
    queue.set(11, 'b');
    expect(queue.due(9, 100)).toEqual([]);
    expect(queue.due(10, 100)).toEqual([{ timeMs: 10, key: 'a' }]);
    expect(queue.nextMs()).toBe(11);
  });

  test('does a limit leave the rest, also when keys of that time change in between?', () => {
    const queue = new TimerQueue();
    for (const key of ['a', 'b', 'c', 'd', 'e']) queue.set(1, key);
    expect(queue.due(1, 2).map(({ key }) => key)).toEqual(['a', 'b']);
    queue.clear(1, 'c');
    queue.set(1, 'a');
    queue.clear(1, 'e');
    expect(queue.due(1, 2).map(({ key }) => key)).toEqual(['a', 'd']);
    expect(queue.due(1, 2)).toEqual([]);
  });

  test('are 200,000 keys of one time taken in small pieces without sorting each time?', () => {
    const queue = new TimerQueue();
    for (let index = 0; index < 200_000; index += 1) queue.set(7, `key-${index}`);
    const taken: string[] = [];
    for (let batch = queue.due(7, 100); batch.length > 0; batch = queue.due(7, 100)) {
      for (const { key } of batch) taken.push(key);
    }
    expect(taken).toHaveLength(200_000);
    expect(taken.every((key, index) => index === 0 || (taken[index - 1] as string) < key)).toBe(true);
  }, 20_000);

  test('does moving one timer again and again leave nothing behind?', () => {
    const queue = new TimerQueue();
    queue.set(0, 'session');
    for (let timeMs = 1; timeMs < 100_000; timeMs += 1) {
      queue.clear(timeMs - 1, 'session');
      queue.set(timeMs, 'session');
    }
    expect(queue.size).toBe(1);
    expect(queue.nextMs()).toBe(99_999);
    expect(queue.due(1e6, 10)).toEqual([{ timeMs: 99_999, key: 'session' }]);
  });
});
