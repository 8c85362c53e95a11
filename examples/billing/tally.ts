/** How one output compares with what it should be. */
export interface Tally {
  rows: number;
  /** Should be there and is not. */
  lost: number;
  /** There more than once. */
  duplicated: number;
  /** Other id, sum or content than it should have, or should not be there at all. */
  wrong: number;
}

export const newTally = (): Tally => ({ rows: 0, lost: 0, duplicated: 0, wrong: 0 });

/** Takes a difference in words. */
export type Report = (text: string) => void;

/** What was read from outside: an object, or nothing that has fields. */
export type Row = Readonly<Record<string, unknown>>;

export const rowOf = (value: unknown): Row => (typeof value === 'object' && value !== null ? (value as Row) : {});
