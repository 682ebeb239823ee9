import type { PatchAnswer } from '../activities/contract.ts';
import { toMs } from '../domain/duration.ts';
import { MAX_CONFLICTS, type Policy } from '../domain/policy.ts';
import type { ReconciliationReason } from './provision-skill.messages.ts';

/** What a batch remembers between its PATCH attempts. Times are unix milliseconds. */
export interface WriteHistory {
  /** 412s in a row that turned out to be real conflicts. */
  conflictsInARow: number;
  /** The last answer was a 412; whether it is a conflict shows when the agent has been read. */
  staleUnjudged: boolean;
  /** A 200 whose body did not show the wish. */
  mismatched: boolean;
  /** The last answer was a refusal by the lock of workforce management. */
  locked: boolean;
  /** The first of them. */
  lockedSince?: number;
  /** First of the lost answers or 429s in a row; 412s between them don't end it. */
  troubledSince?: number;
  /** How many there were in a row. */
  troubles: number;
}

export const NO_HISTORY: WriteHistory = Object.freeze({
  conflictsInARow: 0,
  staleUnjudged: false,
  mismatched: false,
  locked: false,
  troubles: 0,
});

/** What follows an answer. After every wait the agent is looked at again before anything is written. */
export type WriteStep =
  | { kind: 'written' }
  | { kind: 'read-again' }
  | { kind: 'wait'; ms: number; waitingFor: 'conflict' | 'lock' | 'platform' | 'pace' }
  | { kind: 'invalid' }
  | { kind: 'refused'; status: number; code?: string }
  | { kind: 'park'; reason: ReconciliationReason; message: string };

/** No worker took the PATCH up in time, or the one that did could not read it (`unread`): it never left. */
export interface Unsent {
  kind: 'unsent';
  unread?: true;
}

export interface WriteDecision {
  history: WriteHistory;
  step: WriteStep;
  /** Whether the same bytes may go out again under the same key, if the ETag has not changed. */
  keepAttempt: boolean;
}

const FIRST_BACKOFF_MS = 1_000;
const LONGEST_BACKOFF_MS = 30_000;

/**
 * Decides what follows the platform's answer to a PATCH. `showsWish` says whether a 200's body shows what was asked.
 */
export function decideAfterAnswer(
  answer: PatchAnswer | Unsent,
  showsWish: boolean,
  history: WriteHistory,
  policy: Policy,
  now: number,
): WriteDecision {
  switch (answer.kind) {
    case 'answered':
      return showsWish
        ? { history: NO_HISTORY, step: { kind: 'written' }, keepAttempt: false }
        : { history: { ...calm(history), mismatched: true }, step: { kind: 'read-again' }, keepAttempt: false };
    case 'stale':
      return afterStale(history, policy);
    case 'locked':
      return afterLock(history, policy, now);
    case 'rate-limited':
      return answer.paced === true ? afterPace(answer, history) : afterTrouble(answer, history, policy, now);
    case 'lost':
    case 'unsent':
      return afterTrouble(answer, history, policy, now);
    case 'invalid':
      return { history: calm(history), step: { kind: 'invalid' }, keepAttempt: false };
    case 'refused': {
      const { status, code } = answer;
      const step = { kind: 'refused', status, ...(code === undefined ? {} : { code }) } as const;
      return { history: calm(history), step, keepAttempt: false };
    }
  }
}

/**
 * Judges the last answer by what was read after it: a 412 was a conflict only if the wish is still untrue, and once the
 * time for a lock is over nothing more is tried.
 */
export function decideAfterReading(
  wishIsTrue: boolean,
  history: WriteHistory,
  policy: Policy,
  now: number,
): { history: WriteHistory; conflict: boolean; park?: { reason: ReconciliationReason; message: string } } {
  if (wishIsTrue) {
    // The same object where nothing is to be forgotten: a batch that has sent nothing is known by it.
    const isSettled = !history.staleUnjudged && !history.mismatched;
    return { history: isSettled ? history : { ...history, staleUnjudged: false, mismatched: false }, conflict: false };
  }
  if (history.mismatched) {
    const message = 'The platform confirmed the change, but the directory does not show what was asked.';
    return { history, conflict: false, park: { reason: 'response-mismatch', message } };
  }
  if (history.locked && isLockOver(history, policy, now)) {
    return { history, conflict: false, park: lockTimeout(policy) };
  }
  if (!history.staleUnjudged) return { history, conflict: false };
  const conflictsInARow = history.conflictsInARow + 1;
  const judged = { ...history, staleUnjudged: false, conflictsInARow };
  if (conflictsInARow < conflictLimit(policy)) return { history: judged, conflict: true };
  const message = `Somebody else changed the agent each time we were about to: ${conflictsInARow} conflicts (412) in a row.`;
  return { history: judged, conflict: true, park: { reason: 'conflict-limit', message } };
}

/**
 * Forgets that the last answer was the lock's, or that there was none, so that one more try shows whether it is still so.
 * The lock's clock goes on: if the try is refused, its time is over as before.
 */
export function withoutTrouble(history: WriteHistory): WriteHistory {
  const { troubledSince, ...rest } = history;
  if (!history.locked && troubledSince === undefined) return history;
  return { ...rest, locked: false, troubles: 0 };
}

/** What a person is told when no worker could read what this run told them to do: the platform was not asked. */
export function unreadFor(limit: string): string {
  return `The workers could not read what this run told them to do for ${limit}. Their logs say why it was refused.`;
}

/** The wait before the n-th repetition, counted from 1: 1 s, doubled, 30 s at most. */
export function backoffMs(repetition: number): number {
  return Math.min(FIRST_BACKOFF_MS * 2 ** (repetition - 1), LONGEST_BACKOFF_MS);
}

/** The breaker opens at the fifth, so the fifth is judged without another wait. */
function afterStale(history: WriteHistory, policy: Policy): WriteDecision {
  const last = history.conflictsInARow + 1 >= conflictLimit(policy);
  const { conflictsInARow, troubledSince } = history;
  return {
    history: {
      ...calm(history),
      conflictsInARow,
      staleUnjudged: true,
      // The clock of an outage goes on: a 429 ends a row of conflicts, so the two taking turns would never end.
      ...(troubledSince === undefined ? {} : { troubledSince }),
    },
    step: last ? { kind: 'read-again' } : { kind: 'wait', ms: toMs(policy.conflictWait), waitingFor: 'conflict' },
    keepAttempt: false,
  };
}

function afterLock(history: WriteHistory, policy: Policy, now: number): WriteDecision {
  const next = { ...calm(history), locked: true, lockedSince: history.lockedSince ?? now };
  return {
    history: next,
    step: isLockOver(next, policy, now)
      ? { kind: 'park', ...lockTimeout(policy) }
      : { kind: 'wait', ms: toMs(policy.lockWait), waitingFor: 'lock' },
    keepAttempt: false,
  };
}

function isLockOver({ lockedSince }: WriteHistory, policy: Policy, now: number): boolean {
  return lockedSince !== undefined && now - lockedSince >= toMs(policy.lockLimit);
}

function lockTimeout({ lockLimit }: Policy): { reason: ReconciliationReason; message: string } {
  return {
    reason: 'lock-timeout',
    message: `Workforce management has kept its lock on the agent for more than ${lockLimit}.`,
  };
}

/**
 * A lost or unsent PATCH is read after at once; only its repetitions wait. A 429 waits in full, repeated ones as long as
 * other repetitions: a `Retry-After` of 0 would have us ask without a pause until the outage's limit.
 */
function afterTrouble(
  answer: { kind: 'lost' } | Unsent | Extract<PatchAnswer, { kind: 'rate-limited' }>,
  history: WriteHistory,
  policy: Policy,
  now: number,
): WriteDecision {
  const troubledSince = history.troubledSince ?? now;
  const troubles = history.troubles + 1;
  const wasAnswered = answer.kind === 'rate-limited' && answer.unsent !== true;
  const conflictsInARow = wasAnswered ? 0 : history.conflictsInARow;
  const next = { ...history, conflictsInARow, locked: false, troubledSince, troubles };
  if (now - troubledSince >= toMs(policy.outageLimit)) {
    const isUnread = answer.kind === 'unsent' && answer.unread === true;
    const message = isUnread
      ? unreadFor(policy.outageLimit)
      : `The platform has not answered a change of this agent for ${policy.outageLimit}.`;
    return { history: next, step: { kind: 'park', reason: 'platform-unavailable', message }, keepAttempt: true };
  }
  if (answer.kind !== 'rate-limited' && troubles === 1) {
    return { history: next, step: { kind: 'read-again' }, keepAttempt: true };
  }
  const ms = answer.kind === 'rate-limited' ? throttledMs(answer.retryAfterMs, troubles) : backoffMs(troubles - 1);
  return { history: next, step: { kind: 'wait', ms, waitingFor: 'platform' }, keepAttempt: true };
}

/**
 * A place in our own queue. The platform has not been asked: the wait is no part of an outage, and what the lock said
 * before it is tried once more after it.
 */
function afterPace({ retryAfterMs = 0 }: { retryAfterMs?: number }, history: WriteHistory): WriteDecision {
  const { troubledSince } = history;
  const outage = troubledSince === undefined ? {} : { troubledSince: troubledSince + retryAfterMs };
  const step = { kind: 'wait', ms: retryAfterMs, waitingFor: 'pace' } as const;
  return { history: { ...history, ...outage, locked: false }, step, keepAttempt: true };
}

/** The wait after the n-th trouble in a row, counted from 1, if that was a 429: never less than what it asked for. */
export function throttledMs(retryAfterMs: number | undefined, troubles: number): number {
  if (retryAfterMs === undefined) return backoffMs(troubles);
  return troubles === 1 ? retryAfterMs : Math.max(retryAfterMs, backoffMs(troubles - 1));
}

/**
 * The platform has answered: whatever was lost before is over, and so is a row of 412s. The lock's clock goes on, so
 * that locks and conflicts taking turns end as well.
 */
function calm({ lockedSince }: WriteHistory): WriteHistory {
  return { ...NO_HISTORY, ...(lockedSince === undefined ? {} : { lockedSince }) };
}

function conflictLimit(policy: Policy): number {
  return Math.min(policy.conflictLimit, MAX_CONFLICTS);
}
