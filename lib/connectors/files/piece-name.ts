import { sha256Hex } from '../../core/bytes/digest.ts';
import type { SinkIdentity } from '../../ports/sink.ts';

/** What the name of a piece says. */
export interface PieceName {
  readonly writer: string;
  readonly attempt: number;
  /** Last journal version whose rows are in it. */
  readonly upTo: number;
  /** Text that makes the name of an unfinished piece unique; undefined for a finished one. */
  readonly unfinished: string | undefined;
}

/** Four parts, numbers and endings then stay below the 255 bytes that file systems allow. */
const LONGEST_PART = 40;

/** `<pipeline>.<sink>.<subtask>` as part of a file name; `/` in subtasks becomes `.`. Different for different writers. */
export function writerName({ pipeline, sink, subtask }: Omit<SinkIdentity, 'attempt'>): string {
  const parts = subtask.split('/');
  return [safePart(pipeline), safePart(sink), ...parts.map(safePart)].join('.');
}

/** The text itself if it is short and of `[a-z0-9_-]`, else as much of it as is, and a hash. */
function safePart(text: string): string {
  if (text.length <= LONGEST_PART && /^[a-z0-9_-]+$/.test(text)) return text;
  const readable = text
    .toLowerCase()
    .replaceAll(/[^a-z0-9_-]+/g, '-')
    .slice(0, LONGEST_PART - 18);
  return `${readable}--${sha256Hex(text).slice(0, 16)}`;
}

/** `<writer>-a<attempt>-v<upTo>.ndjson`, with the version padded so that names sort by it. */
export function pieceName(writer: string, attempt: number, upTo: number): string {
  return `${writer}-a${attempt}-v${String(upTo).padStart(12, '0')}.ndjson`;
}

/** The piece that a file name belongs to; undefined for anybody else's file. */
export function parsePieceName(name: string): PieceName | undefined {
  const match = /^([a-z0-9._-]+)-a([0-9]+)-v([0-9]{12,})\.ndjson(?:\.([a-z0-9-]+)\.tmp)?$/.exec(name);
  if (match === null) return undefined;
  return { writer: match[1] as string, attempt: Number(match[2]), upTo: Number(match[3]), unfinished: match[4] };
}
