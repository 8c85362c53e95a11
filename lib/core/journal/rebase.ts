import { rule } from '../record/rule.ts';
import type { TaskControl } from './control.ts';

/** Gives a batch's control the cut of `cut`, the control of the pure cut entry that it is put on top of. */
export function takeCutOf(control: TaskControl, cut: TaskControl): void {
  control.stamp = cut.stamp;
  control.lastCut = cut.lastCut;
  control.sinceCut = { heads: 0, all: 0 };
  for (const channel of Object.values(control.in)) {
    if (channel.barrier <= control.stamp || !rule('barrierKeep')) channel.barrier = 0;
  }
}
