import type { Ports } from '../ports/ports.ts';
import type { RunEvents } from './run-events.ts';
import type { RunningWorker } from './run-handle.ts';
import type { SubtaskGroup } from './subtask-group.ts';
import type { RunAssignment } from './worker-assignment.ts';
import { workerArguments } from './worker-command.ts';
import { WorkerSlot } from './worker-slot.ts';

export interface WorkerPoolOptions {
  readonly workers: number;
  /** The file that a worker process begins with. */
  readonly entry: string;
  readonly ports: Ports;
  /** In the order of the plan: stage by stage. */
  readonly subtasks: readonly string[];
  readonly events: RunEvents;
  readonly onFatal: (error: unknown) => void;
  readonly onOutput: ((worker: number, line: string) => void) | undefined;
  readonly assignment: RunAssignment;
}

/** Worker processes with fixed subtasks: dealt out in turn, so that each has some of every stage. */
export class WorkerPool implements SubtaskGroup {
  readonly #slots: readonly WorkerSlot[];
  readonly #slotOf = new Map<string, WorkerSlot>();

  constructor({ workers, entry, subtasks, assignment, ports, events, onFatal, onOutput }: WorkerPoolOptions) {
    const processes = Math.min(workers, subtasks.length);
    this.#slots = Array.from({ length: processes }, (_, index) => {
      const own = subtasks.filter((_id, at) => at % processes === index);
      const slot = new WorkerSlot({
        index,
        arguments: workerArguments(entry, process.execArgv),
        assignment: { ...assignment, subtasks: own },
        ...{ ports, events, onFatal, onOutput },
      });
      for (const subtask of own) this.#slotOf.set(subtask, slot);
      return slot;
    });
  }

  async start(): Promise<void> {
    for (const slot of this.#slots) slot.start();
  }

  async fold(subtask: string, version: number): Promise<void> {
    await this.#slotOf.get(subtask)?.fold(subtask, version);
  }

  workers(): readonly RunningWorker[] {
    return this.#slots.flatMap((slot) => slot.running ?? []);
  }

  async close(): Promise<void> {
    await Promise.all(this.#slots.map((slot) => slot.close()));
  }
}
