/** What the runtime reports. Never a record, a key or a secret. */
export type TelemetryEvent =
  | {
      readonly kind: 'progress';
      readonly subtask: string;
      readonly recordsIn: number;
      readonly recordsOut: number;
      readonly late: number;
      readonly deadLetters: number;
      readonly watermark: number;
      readonly version: number;
      readonly finished: boolean;
      /** Bytes read by a source since the last event, and bytes not read yet where known. */
      readonly bytesIn?: number;
      readonly bytesLeft?: number;
    }
  | { readonly kind: 'loaded'; readonly subtask: string; readonly entries: number; readonly durationMs: number }
  | { readonly kind: 'rebased'; readonly subtask: string; readonly version: number }
  | { readonly kind: 'lost-append'; readonly subtask: string; readonly version: number }
  | { readonly kind: 'gap-filled'; readonly subtask: string; readonly from: string; readonly entries: number }
  | { readonly kind: 'cut'; readonly subtask: string; readonly checkpoint: number; readonly by: 'task' | 'coordinator' }
  | {
      /** Barrier alignment, for `--trace`: a barrier came, messages are parked, all barriers are in. */
      readonly kind: 'align';
      readonly subtask: string;
      readonly checkpoint: number;
      readonly step: 'barrier' | 'parked' | 'aligned';
      readonly from: string;
      readonly waitingFor: readonly string[];
      readonly parked: number;
    }
  | { readonly kind: 'dead-letter'; readonly subtask: string; readonly operator: string; readonly code: string }
  | {
      readonly kind: 'checkpoint';
      readonly id: number;
      readonly status: 'begun' | 'escalated' | 'completed' | 'aborted' | 'committed';
      readonly reason?: string;
      readonly durationMs?: number;
      readonly bytes?: number;
    }
  | { readonly kind: 'restore'; readonly attempt: number; readonly checkpoint: number; readonly step: string }
  | { readonly kind: 'fold'; readonly subtask: string; readonly version: number; readonly bytes: number }
  | { readonly kind: 'error'; readonly where: string; readonly code: string; readonly message: string };

export interface Telemetry {
  emit(event: TelemetryEvent): void;
}
