import type { OutcomeStatus } from '../../domain/outcome.ts';

/** The program's exit codes. */
export const EXIT = {
  done: 0,
  unexpected: 1,
  usage: 2,
  refused: 3,
  awaitingReconciliation: 4,
  notProvisioned: 5,
  unreachable: 6,
  stillRunning: 7,
  changes: 8,
  tampered: 9,
} as const;

/** What each exit code means, for the help. */
export const EXIT_MEANINGS: readonly { code: number; meaning: string }[] = [
  { code: EXIT.done, meaning: 'provisioned, unchanged, accepted, submitted, or the order was carried out' },
  { code: EXIT.unexpected, meaning: 'an error nobody foresaw' },
  { code: EXIT.usage, meaning: 'wrong usage, a bad request or file; an id used for other content' },
  { code: EXIT.refused, meaning: 'rejected by a rule or the platform; nothing to reconcile, cancel or report' },
  { code: EXIT.awaitingReconciliation, meaning: 'waits for a person; of a bulk: some do, and none failed' },
  {
    code: EXIT.notProvisioned,
    meaning: 'failed, cancelled, abandoned or rolled back; of a bulk: some of it, or rejected',
  },
  {
    code: EXIT.unreachable,
    meaning:
      "Temporal, or the audit trail, can't be reached, or what is there can't be read with the keys that are set",
  },
  { code: EXIT.stillRunning, meaning: 'still running when the waiting time was over, or no worker took it in time' },
  { code: EXIT.changes, meaning: 'with --detailed-exitcode: there is something to change, or to look at' },
  { code: EXIT.tampered, meaning: 'signs of tampering with the audit trail' },
];

const BY_STATUS: Record<OutcomeStatus, number> = {
  provisioned: EXIT.done,
  unchanged: EXIT.done,
  accepted: EXIT.done,
  rejected: EXIT.refused,
  failed: EXIT.notProvisioned,
  'rolled-back': EXIT.notProvisioned,
  abandoned: EXIT.notProvisioned,
  cancelled: EXIT.notProvisioned,
};

const BY_PROBLEM: Readonly<Record<string, number>> = {
  'invalid-arguments': EXIT.usage,
  'invalid-configuration': EXIT.usage,
  'invalid-request': EXIT.usage,
  'invalid-file': EXIT.usage,
  'request-id-reused': EXIT.usage,
  'bulk-id-reused': EXIT.usage,
  'several-parked': EXIT.usage,
  'several-open': EXIT.usage,
  'queue-full': EXIT.refused,
  'state-refused': EXIT.refused,
  'agents-changed': EXIT.refused,
  'agents-unread': EXIT.refused,
  'reading-refused': EXIT.refused,
  'not-applied': EXIT.refused,
  'unknown-watch': EXIT.refused,
  'nothing-to-reconcile': EXIT.refused,
  'nothing-to-cancel': EXIT.refused,
  'unknown-request': EXIT.refused,
  'unknown-bulk': EXIT.refused,
  'bulk-closed': EXIT.refused,
  'unknown-temporary': EXIT.refused,
  'temporary-not-changed': EXIT.refused,
  'overlapping-temporary': EXIT.refused,
  'run-terminated': EXIT.notProvisioned,
  'payload-refused': EXIT.unreachable,
  'temporal-unreachable': EXIT.unreachable,
  'no-database': EXIT.usage,
  'store-refused': EXIT.refused,
  'unsealed-records': EXIT.refused,
  'not-sealable': EXIT.refused,
  'store-unreachable': EXIT.unreachable,
  'audit-unreadable': EXIT.unreachable,
  'not-accepted': EXIT.stillRunning,
  'no-worker': EXIT.stillRunning,
  'still-running': EXIT.stillRunning,
  interrupted: EXIT.stillRunning,
};

/** The exit code of a request that ended like this. */
export function exitCodeOfOutcome(status: OutcomeStatus): number {
  return BY_STATUS[status];
}

/** The exit code of an error with this `code`. */
export function exitCodeOfProblem(code: string): number {
  return BY_PROBLEM[code] ?? EXIT.unexpected;
}
