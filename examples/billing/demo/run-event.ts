/** The lines of `tidemark run --json` that the demo reads. `at` is in milliseconds since 1970. */
export type RunEvent = { readonly at: number } & (
  | { readonly kind: 'worker-started'; readonly worker: number; readonly pid: number; readonly subtasks: string[] }
  | { readonly kind: 'worker-died'; readonly worker: number; readonly pid: number }
  | { readonly kind: 'worker-recovered'; readonly worker: number }
  | { readonly kind: 'loaded'; readonly subtask: string }
  | { readonly kind: 'checkpoint'; readonly status: string; readonly durationMs?: number; readonly bytes?: number }
  | { readonly kind: 'status'; readonly stages: readonly { readonly id: string; readonly recordsIn: number }[] }
  | { readonly kind: 'result'; readonly end: string }
);

/** An event from a line; undefined when it is torn, as by a process that was killed while writing it. */
export function runEventOf(line: string): RunEvent | undefined {
  try {
    return JSON.parse(line) as RunEvent;
  } catch {
    return undefined;
  }
}
