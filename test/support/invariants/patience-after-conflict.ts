import ms from 'ms';
import { MAX_CONFLICTS } from '../../../domain/policy.ts';
import type { LedgerEntry } from '../../../simulator/index.ts';
import {
  CLOCK_SLACK_MS,
  endOf,
  isLost,
  isReading,
  personActed,
  ref,
  sharesWish,
  total,
  wasHeard,
  type AgentEvidence,
  type Evidence,
  type Verdict,
} from './evidence.ts';

/** I5: after a 412 come the wait, then a read, then the write; after the fifth in a row none without a person. */
export function patienceAfterConflict(evidence: Evidence): Verdict {
  return total(evidence.agents.map((agent) => judge(agent, evidence)));
}

function judge(agent: AgentEvidence, evidence: Evidence): Verdict {
  const isConflict = (patch: LedgerEntry): boolean => patch.status === 412 && wasHeard(patch, agent, evidence);
  const conflicts = agent.patches.filter(isConflict);
  const violations = conflicts.flatMap((conflict) => {
    const next = agent.patches.find((patch) => patch.arrivedMono > conflict.arrivedMono && sharesWish(patch, conflict));
    return next === undefined ? [] : impatience(agent, conflict, next);
  });
  return { cases: conflicts.length, violations: [...violations, ...beyondTheLimit(agent, isConflict)] };
}

/** A person who says `retry` need not wait. */
function impatience(agent: AgentEvidence, conflict: LedgerEntry, next: LedgerEntry): string[] {
  const wait = ms(agent.policy.conflictWait);
  // With a spoilt body the end of the answer is not known; its status was heard at once.
  const since = Number.isFinite(endOf(conflict)) ? endOf(conflict) : (conflict.processedMono ?? conflict.arrivedMono);
  if (personActed(agent, conflict.arrivedAt, next.arrivedAt)) return [];
  const pair = `the 412 ${ref(conflict)} and ${ref(next)}`;
  const gap = next.arrivedMono - since;
  if (gap < wait - CLOCK_SLACK_MS) return [`${agent.name}: ${Math.round(gap)} ms between ${pair}, not ${wait}`];
  const read = agent.entries.some(
    (entry) =>
      isReading(entry, 'getAgent') &&
      entry.arrivedMono >= since + wait - CLOCK_SLACK_MS &&
      endOf(entry) <= next.arrivedMono,
  );
  return read ? [] : [`${agent.name}: no read after the wait between ${pair}`];
}

/** Counted per wish; a lost answer does not end the row, any other answer does. */
function beyondTheLimit(agent: AgentEvidence, isConflict: (patch: LedgerEntry) => boolean): string[] {
  const limit = Math.min(agent.policy.conflictLimit, MAX_CONFLICTS);
  const violations: string[] = [];
  let row: LedgerEntry[] = [];
  for (const patch of agent.patches) {
    const last = row.at(-1);
    const goesOn =
      last !== undefined && sharesWish(last, patch) && !personActed(agent, last.arrivedAt, patch.arrivedAt);
    if (!goesOn) row = [];
    if (row.length >= limit) violations.push(`${agent.name}: ${ref(patch)} follows ${limit} conflicts in a row`);
    if (isConflict(patch)) row.push(patch);
    else if (!isLost(patch) && patch.status !== 412) row = [];
  }
  return violations;
}
