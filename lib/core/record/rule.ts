/**
 * Names of the protocol's rules (DESIGN 2 to 5): what each one protects, where it is kept and which test fails without
 * it is in docs/decisions/0002-protocol-rules.md.
 */
export type RuleName =
  // the journal
  | 'appendCondition'
  | 'ownNonce'
  | 'rebase'
  | 'rebasePureOnly'
  | 'rebaseStamp'
  | 'noGapInJournal'
  | 'publishAfterAppend'
  | 'pubInv'
  | 'receivedInEntry'
  | 'payloadChecksum'
  | 'dirtyFirst'
  | 'dirtyCheck'
  | 'inFlightDirty'
  // messages
  | 'dropDuplicates'
  | 'fillGaps'
  | 'quietLook'
  | 'freshLook'
  | 'wake'
  | 'dropOlderAttempt'
  | 'reloadOnNewer'
  | 'watermarkOnProcess'
  // records
  | 'recordOverlay'
  | 'threeTries'
  | 'missRollback'
  | 'encodedState'
  | 'lateRefused'
  | 'lateAlone'
  | 'holdBack'
  | 'splitMinimum'
  | 'finalWhenComplete'
  // cuts
  | 'park'
  | 'alignAll'
  | 'cutFirst'
  | 'barrierKeep'
  | 'newestBarrier'
  | 'orphanCheck'
  | 'inFlightCheck'
  | 'orphansExpected'
  | 'escalatedMark'
  // the life of a checkpoint
  | 'beginTx'
  | 'allAcks'
  | 'ackOnce'
  | 'ackNext'
  | 'completeTx'
  | 'subsume'
  | 'commitAfterComplete'
  | 'abortKeeps'
  | 'conditionalProgress'
  | 'stageBeforeAck'
  | 'manifestOfBranch'
  | 'manifestBelowCut'
  | 'manifestConditional'
  | 'keepBase'
  | 'keepHead'
  | 'keepInFlight'
  | 'keepUncommitted'
  | 'keepSnapshots'
  | 'conditionalExpiry'
  // restores
  | 'raiseTx'
  | 'stampAtRaise'
  | 'pin'
  | 'rollAll'
  | 'fenceSinks'
  | 'liveRange'
  | 'abortStaged'
  | 'restoreIdem'
  | 'restoreAll'
  | 'parkedPast'
  | 'lineage'
  | 'againFromSent'
  | 'abandonCond'
  | 'olderByFlag'
  | 'appendRefusesOlder'
  | 'newCodeNewAttempt'
  | 'stateClaimed';

const removed = new Set<RuleName>();

/**
 * True, unless a test has taken the rule out. Only asked where a batch, a message or a coordinator's step is handled,
 * never per record: code that runs per record asks once, when it is set up.
 */
export function rule(name: RuleName): boolean {
  return removed.size === 0 || !removed.has(name);
}

/** Tests only: takes a rule out, so that a test can show that it is missed. Nothing else calls it. */
export function removeRule(name: RuleName): void {
  removed.add(name);
}

/** Tests only: all rules hold again. */
export function restoreRules(): void {
  removed.clear();
}
