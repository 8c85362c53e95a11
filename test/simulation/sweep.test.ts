import { SWEPT, sweep } from './sweep.ts';

test.each(['aligned', 'unaligned', 'timeout'] as const)(
  'is the output exact when the run is killed at its port calls (%s)?',
  async (mode) => {
    const { calls, runs, failures } = await sweep(
      { ...SWEPT, mode, kind: mode === 'unaligned' ? 'billing' : 'sums' },
      11,
    );
    expect(failures).toEqual([]);
    expect(runs).toBeGreaterThan(50);
    expect(calls).toBeGreaterThan(200);
  },
);
