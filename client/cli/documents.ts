import type { Settlement } from '../waiting.ts';
import { EXIT, exitCodeOfOutcome } from './exit-codes.ts';

/** What a command has to say: one JSON document, the same for people, and the exit code. */
export interface CommandResult {
  document: object;
  /** Undefined where the command has written to standard output what there is. */
  text: string | undefined;
  exitCode: number;
}

/** The JSON of how a request stands: its outcome, or why it waits for a person. */
export function settlementDocument(settlement: Settlement): object {
  if (settlement.kind === 'ended') {
    const { outcome, workflowId, runId } = settlement;
    return { ...outcome, workflowId, runId };
  }
  const { kind: _kind, ...parked } = settlement;
  return { status: 'awaiting-reconciliation', ...parked };
}

/** The exit code of a request that stands like this. */
export function exitCodeOfSettlement(settlement: Settlement): number {
  return settlement.kind === 'parked' ? EXIT.awaitingReconciliation : exitCodeOfOutcome(settlement.outcome.status);
}
