/// <reference lib="es2024.string" />

/** What is refused at the door (DESIGN 9). Sizes in bytes. */
export interface AdmissionLimits {
  /** Longest record, without its line end. */
  readonly maxRecordBytes: number;
  /** Deepest nesting of arrays and objects: `[]` is 1. */
  readonly maxDepth: number;
}

/** Why a record was refused: the code and a sentence for the dead letter. */
export interface Refusal {
  readonly code: string;
  readonly message: string;
}

/** True when brackets outside of strings nest deeper than `maxDepth`. One pass, no recursion; `text` may be anything. */
export function nestsDeeperThan(text: string, maxDepth: number): boolean {
  let depth = 0;
  for (let at = 0; at < text.length; at += 1) {
    const unit = text.charCodeAt(at);
    if (unit === 0x22) {
      at = stringEnd(text, at + 1);
    } else if (unit === 0x7b || unit === 0x5b) {
      depth += 1;
      if (depth > maxDepth) return true;
    } else if (unit === 0x7d || unit === 0x5d) {
      depth -= 1;
    }
  }
  return false;
}

/** Index of the quote that ends a string, or the end of the text. */
function stringEnd(text: string, from: number): number {
  for (let at = from; at < text.length; at += 1) {
    const unit = text.charCodeAt(at);
    if (unit === 0x22) return at;
    if (unit === 0x5c) at += 1;
  }
  return text.length;
}

const PROTO: Refusal = { code: 'TM_RECORD_PROTO', message: 'The record has a key "__proto__".' };
const SURROGATE: Refusal = { code: 'TM_RECORD_SURROGATE', message: 'A string holds half of a surrogate pair.' };

/** Looks for what JSON allows and we don't: an own key `__proto__`, half a surrogate pair in a string or key. */
export function refusalOf(record: unknown): Refusal | undefined {
  const open: unknown[] = [record];
  while (open.length > 0) {
    const value = open.pop();
    if (typeof value === 'string') {
      if (!value.isWellFormed()) return SURROGATE;
    } else if (Array.isArray(value)) {
      for (const element of value) open.push(element);
    } else if (typeof value === 'object' && value !== null) {
      for (const [key, field] of Object.entries(value)) {
        if (key === '__proto__') return PROTO;
        if (!key.isWellFormed()) return SURROGATE;
        open.push(field);
      }
    }
  }
  return undefined;
}

const PREVIEW_BYTES = 1024;

/** The beginning of a record's text: at most 1 KiB of UTF-8, what is no UTF-8 replaced. */
export function previewOf(record: string | Buffer): string {
  const text = (typeof record === 'string' ? record : record.toString('utf8', 0, PREVIEW_BYTES)).slice(
    0,
    PREVIEW_BYTES,
  );
  // A code unit takes at most three bytes.
  const fits = Buffer.byteLength(text) <= PREVIEW_BYTES ? text : text.slice(0, Math.floor(PREVIEW_BYTES / 3));
  return fits.toWellFormed();
}
