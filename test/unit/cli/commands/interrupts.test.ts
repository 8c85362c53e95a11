import { Interrupts } from '../../../../lib/cli/commands/interrupts.ts';
import { PlainView } from '../../../../lib/cli/views/plain-view.ts';
import type { RunHandle } from '../../../../lib/engine/run-handle.ts';
import { keptContext } from '../fake-context.ts';

/** Ctrl-C in a process whose end is only noted. */
function prepared() {
  const context = keptContext();
  const seen: unknown[] = [];
  let listener: () => void = () => undefined;
  const ctrlC = () => listener();
  const interrupts = new Interrupts(
    {
      ...context,
      onInterrupt(added) {
        listener = added;
        return () => {
          listener = () => seen.push('not caught');
        };
      },
      exitNow: (code) => seen.push(`exit ${code}`),
    },
    new PlainView(context, false),
  );
  const stop: RunHandle['stop'] = async (options) => {
    seen.push(options);
    throw new Error('nobody waits for it');
  };
  return { ctrlC, interrupts, seen, run: { stop } as RunHandle, stdout: context.stdout };
}

describe('Ctrl-C', () => {
  test('does it stop after a last checkpoint, then at once, then leave the process?', () => {
    const { ctrlC, interrupts, seen, run, stdout } = prepared();
    interrupts.runs(run);
    ctrlC();
    expect(seen).toEqual([{ now: false }]);
    expect(stdout.text).toMatch(/last checkpoint.*again stops at once/);
    ctrlC();
    expect(seen).toEqual([{ now: false }, { now: true }]);
    ctrlC();
    expect(seen.at(-1)).toBe('exit 130');
  });

  test('is one that comes before the run is set up kept for it?', () => {
    const { ctrlC, interrupts, seen, run } = prepared();
    ctrlC();
    expect(seen).toEqual([]);
    interrupts.runs(run);
    expect(seen).toEqual([{ now: false }]);
  });

  test('do two before the run is set up end the process?', () => {
    const { ctrlC, seen } = prepared();
    ctrlC();
    ctrlC();
    expect(seen).toEqual(['exit 130']);
  });

  test("is it nobody's any more after the run?", () => {
    const { ctrlC, interrupts, seen } = prepared();
    interrupts.close();
    ctrlC();
    expect(seen).toEqual(['not caught']);
  });
});
