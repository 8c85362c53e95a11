import type { RuleName } from '../../../lib/core/record/rule.ts';

/** What shows that a rule is missed: seeds of the swarm, or a schedule written for it. */
export type Row = SeedRow | DirectedRow;

interface RowBase {
  /** What goes wrong without the rule. */
  readonly detects: string;
  /** Rules that would cover for this one: they are out in both runs, with the rule and without it. */
  readonly without?: readonly RuleName[];
}

export interface SeedRow extends RowBase {
  /** Each must be clean with the rule; one at least must not be without it. */
  readonly seeds: readonly number[];
}

export interface DirectedRow extends RowBase {
  /** Takes the steps and gives what is wrong. */
  readonly run: () => Promise<readonly string[]>;
}

/** The rows of some rules. */
export type RowsOf<Name extends RuleName> = Readonly<Record<Name, Row>>;
