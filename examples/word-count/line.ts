import type { StandardSchema } from '../../lib/index.ts';

/** Something said, and when: ISO 8601 in the input, milliseconds since 1970 behind the door. */
export const line: StandardSchema<{ text: string; at: string }, { text: string; at: number }> = {
  '~standard': {
    version: 1,
    vendor: 'tidemark-example',
    validate(input) {
      const { text, at } = Object(input) as { readonly text?: unknown; readonly at?: unknown };
      const atMs = typeof at === 'string' ? Date.parse(at) : Number.NaN;
      if (typeof text !== 'string') return { issues: [{ message: 'must be text', path: ['text'] }] };
      if (Number.isNaN(atMs)) return { issues: [{ message: 'must be a time in ISO 8601', path: ['at'] }] };
      return { value: { text, at: atMs } };
    },
  },
};
