import ms from 'ms';
import type { LedgerEntry } from '../../../simulator/index.ts';
import {
  CLOCK_SLACK_MS,
  endOf,
  isLockRefusal,
  isReading,
  personActed,
  ref,
  sharesWish,
  total,
  wasHeard,
  wishesOf,
  type AgentEvidence,
  type Evidence,
  type Verdict,
} from './evidence.ts';
import { includes, wishesOfRequest } from './wishes.ts';

/**
 * I6: while workforce management holds its lock, each try comes after the wait and a new read; none comes after a
 * refusal at the end of the limit without a person; and each request so refused ends or waits for a person.
 */
export function lockWaitsEnd(evidence: Evidence): Verdict {
  return total(evidence.agents.map((agent) => judge(agent, evidence)));
}

function judge(agent: AgentEvidence, evidence: Evidence): Verdict {
  const isRefusal = (patch: LedgerEntry): boolean => isLockRefusal(patch) && wasHeard(patch, agent, evidence);
  const refusals = agent.patches.filter(isRefusal);
  const violations: string[] = [];
  let first: LedgerEntry | undefined;
  for (const [index, patch] of agent.patches.entries()) {
    const previous = agent.patches[index - 1];
    const goesOn =
      previous !== undefined &&
      isRefusal(previous) &&
      sharesWish(previous, patch) &&
      !personActed(agent, previous.arrivedAt, patch.arrivedAt);
    if (!goesOn) first = undefined;
    else if (first !== undefined) violations.push(...impatience(agent, first, previous, patch));
    if (isRefusal(patch)) first ??= patch;
  }
  return { cases: refusals.length, violations: [...violations, ...unfinished(agent, refusals, evidence)] };
}

function impatience(agent: AgentEvidence, first: LedgerEntry, previous: LedgerEntry, patch: LedgerEntry): string[] {
  const wait = ms(agent.policy.lockWait);
  const limit = ms(agent.policy.lockLimit);
  const gap = patch.arrivedMono - endOf(previous);
  const pair = `the refusal ${ref(previous)} and ${ref(patch)}`;
  const violations: string[] = [];
  if (gap < wait - CLOCK_SLACK_MS) violations.push(`${Math.round(gap)} ms between ${pair}, not ${wait}`);
  if (endOf(previous) - endOf(first) > limit) violations.push(`${ref(patch)} comes after the limit of ${limit} ms`);
  const read = agent.entries.some(
    (entry) =>
      isReading(entry, 'getAgent') && entry.arrivedMono >= endOf(previous) && endOf(entry) <= patch.arrivedMono,
  );
  if (!read) violations.push(`no read between ${pair}`);
  return violations.map((violation) => `${agent.name}: ${violation}`);
}

function unfinished(agent: AgentEvidence, refusals: readonly LedgerEntry[], { parked = [] }: Evidence): string[] {
  return agent.requests
    .filter(({ requestId }) => ![...agent.outcomes, ...parked].some((end) => end.requestId === requestId))
    .filter((request) => {
      const wishes = wishesOfRequest(agent, request);
      return refusals.some((refusal) => wishesOf(refusal).some((wish) => includes(wishes, wish)));
    })
    .map(
      ({ requestId }) => `${agent.name}: ${requestId} was refused by a lock and neither ended nor waits for a person`,
    );
}
