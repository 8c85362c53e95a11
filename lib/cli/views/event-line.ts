import type { RunEvent } from '../../engine/index.ts';
import { plural, timeText } from './quantity-text.ts';
import { printable } from './text-columns.ts';

type AlignEvent = Extract<RunEvent, { kind: 'align' }>;

/**
 * What a person should read about an event beside the status; undefined for what the status shows anyway. Barrier
 * alignment only with `trace`.
 */
export function eventLine(event: RunEvent, trace: boolean): string | undefined {
  switch (event.kind) {
    case 'align':
      return trace ? alignLine(event) : undefined;
    case 'cut':
      return trace ? `checkpoint ${event.checkpoint}: ${event.subtask} has cut${byWhom(event.by)}` : undefined;
    case 'checkpoint':
      return checkpointLine(event, trace);
    case 'restore':
      return restoreLine(event);
    case 'worker-died':
      return `worker ${event.worker} (process ${event.pid}) died ${deathText(event)}; its subtasks go on in a new one`;
    case 'worker-recovered':
      return `worker ${event.worker} is back after ${timeText(event.durationMs)}`;
    case 'error':
      // What ended the run is shown as its result.
      if (event.code === 'TM_COORDINATOR') return undefined;
      return `trouble in ${event.where}, trying again: ${event.code}: ${printable(event.message)}`;
    default:
      return undefined;
  }
}

const byWhom = (by: 'task' | 'coordinator'): string => (by === 'coordinator' ? ' (the coordinator did it)' : '');

function deathText({ signal, exitCode }: Extract<RunEvent, { kind: 'worker-died' }>): string {
  return signal === null ? `with exit code ${exitCode}` : `by ${signal}`;
}

function checkpointLine(event: Extract<RunEvent, { kind: 'checkpoint' }>, trace: boolean): string | undefined {
  const { id, status, reason, durationMs } = event;
  if (status === 'aborted')
    return `checkpoint ${id} was aborted${reason === undefined ? '' : `: ${reason}`}; the next one takes its output along`;
  if (status === 'escalated') return `checkpoint ${id} goes on unaligned: its barriers took too long`;
  if (!trace) return undefined;
  return `checkpoint ${id}: ${status}${durationMs === undefined ? '' : ` after ${timeText(durationMs)}`}`;
}

function restoreLine({ attempt, checkpoint, step }: Extract<RunEvent, { kind: 'restore' }>): string | undefined {
  if (step === 'chosen' && attempt > 1) {
    return `attempt ${attempt} begins from ${checkpoint === 0 ? 'the beginning' : `checkpoint ${checkpoint}`}`;
  }
  return undefined;
}

/** One step of barrier alignment in words. */
function alignLine({ subtask, checkpoint, step, from, waitingFor, parked }: AlignEvent): string {
  const waits = waitingFor.length === 0 ? 'it has all barriers' : `it waits for ${waitingFor.join(', ')}`;
  const aside = parked === 0 ? 'nothing set aside' : `${plural(parked, 'message')} set aside`;
  switch (step) {
    case 'barrier':
      return `checkpoint ${checkpoint}: the barrier of ${from} reached ${subtask}; ${waits}`;
    case 'parked':
      return `checkpoint ${checkpoint}: ${subtask} sets a message of ${from} aside, it comes after the barrier; ${aside}, ${waits}`;
    case 'aligned':
      return `checkpoint ${checkpoint}: ${subtask} is aligned and cuts; ${aside}${parked === 0 ? '' : ', which come next'}`;
  }
}
