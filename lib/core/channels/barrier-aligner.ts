import type { InChannel, TaskControl } from '../journal/control.ts';
import { rule } from '../record/rule.ts';

/** How a subtask cuts (DESIGN 3). `aligned-timeout` is `aligned` here: only the coordinator escalates. */
export type CutMode = 'aligned' | 'unaligned' | 'at-least-once';

/** The checkpoint being aligned for: the highest barrier above the own stamp, or 0. */
export function alignmentTarget(control: TaskControl): number {
  let highest = 0;
  for (const channel of Object.values(control.in)) if (channel.barrier > highest) highest = channel.barrier;
  return highest > control.stamp ? highest : 0;
}

/** True when a parked message may be processed now: it is not from the future of the cut being aligned for. */
export function mayProcess(control: TaskControl, stamp: number, mode: CutMode): boolean {
  if (mode === 'at-least-once' || !rule(mode === 'unaligned' ? 'cutFirst' : 'park')) return true;
  const target = alignmentTarget(control);
  return target === 0 || stamp < target;
}

/** Channels whose barrier of a checkpoint has not come. */
export function waitingFor(control: TaskControl, checkpoint: number): string[] {
  return Object.entries(control.in).flatMap(([from, channel]) => (channel.barrier < checkpoint ? [from] : []));
}

/** Notes a barrier (or a stamp that implies it). Returns true when it is news. */
export function noteBarrier(control: TaskControl, channel: InChannel, stamp: number): boolean {
  if (stamp <= control.stamp || channel.barrier >= stamp) return false;
  if (channel.barrier > 0 && !rule('newestBarrier')) return false;
  channel.barrier = stamp;
  return true;
}

/** Takes cut `checkpoint` at journal version `version`: clears the barriers it answers, and only those [barrierKeep]. */
export function takeCut(control: TaskControl, checkpoint: number, version: number): void {
  for (const channel of Object.values(control.in)) {
    if (channel.barrier <= checkpoint || !rule('barrierKeep')) channel.barrier = 0;
  }
  control.lastCut = {
    checkpoint,
    cost: control.sinceCut,
    version,
    previousVersion: control.lastCut?.version ?? control.originVersion,
  };
  control.stamp = checkpoint;
  control.sinceCut = { heads: 0, all: 0 };
}

/** Messages that are received but not processed, and their bytes. */
export function parkedLoad(control: TaskControl): { messages: number; bytes: number } {
  let messages = 0;
  let bytes = 0;
  for (const channel of Object.values(control.in)) {
    messages += channel.parked.length;
    for (const message of channel.parked) bytes += message.bytes;
  }
  return { messages, bytes };
}
