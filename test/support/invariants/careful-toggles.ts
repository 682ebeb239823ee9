import { MAX_TOGGLES, MIN_TOGGLE_GAP_MS } from '../../../domain/policy.ts';
import type { LedgerEntry } from '../../../simulator/index.ts';
import {
  CLOCK_SLACK_MS,
  effectTime,
  isOrder,
  lastReading,
  orderOf,
  ref,
  tookEffect,
  total,
  type AgentEvidence,
  type Evidence,
  type Verdict,
} from './evidence.ts';

/**
 * I7: at most three toggles a change, 500 ms at least between out and back, nobody left out by us, and nobody who was on
 * a break as far as we had read is made AVAILABLE. A break that began after the last read is a known limit.
 */
export function carefulToggles({ agents, timeScale, parked = [] }: Evidence): Verdict {
  return total(
    agents.flatMap((agent) => {
      const changes = agent.ordered.filter(changesState);
      const excused = parked.some(
        ({ requestId, reason }) =>
          reason === 'agent-not-restored' && agent.requests.some((request) => request.requestId === requestId),
      );
      return [
        tooMany(agent, changes.filter(takesOut)),
        tooShort(agent, changes, MIN_TOGGLE_GAP_MS * timeScale),
        excused ? { cases: 0, violations: [] } : leftOut(agent, changes),
        ...changes.filter(bringsBack).map((entry) => brokenBreak(agent, changes, entry)),
      ];
    }),
  );
}

/** A change ends with the next write, with an outcome, or with a person's order, which comes with a fresh allowance. */
function tooMany(agent: AgentEvidence, out: readonly LedgerEntry[]): Verdict {
  const writes = agent.patches.filter(tookEffect).map(effectTime);
  const ends = agent.audit.filter((record) => record.data.stage === 'outcome' || isOrder(record));
  const records = ends.map(({ time }) => Date.parse(time));
  const borders = [...writes, ...records].sort((a, b) => a - b);
  const limit = Math.min(agent.policy.toggleLimit, MAX_TOGGLES);
  const violations = [-Infinity, ...borders].flatMap((from, index) => {
    const inside = out.filter((entry) => effectTime(entry) >= from && effectTime(entry) < (borders[index] ?? Infinity));
    return inside.length <= limit
      ? []
      : [`${agent.name}: ${inside.length} toggles for one change (${inside.map(ref).join(', ')})`];
  });
  return { cases: out.length, violations };
}

function tooShort(agent: AgentEvidence, changes: readonly LedgerEntry[], leastMs: number): Verdict {
  const violations = changes.flatMap((entry, index) => {
    const before = changes[index - 1];
    if (!bringsBack(entry) || before === undefined || !takesOut(before)) return [];
    const gap = (entry.processedMono ?? 0) - (before.processedMono ?? 0);
    return gap >= leastMs ? [] : [`${agent.name}: ${gap.toFixed(1)} ms between ${ref(before)} and ${ref(entry)}`];
  });
  return { cases: 0, violations };
}

function leftOut(agent: AgentEvidence, changes: readonly LedgerEntry[]): Verdict {
  const last = changes.at(-1);
  const left = last !== undefined && takesOut(last);
  return {
    cases: 0,
    violations: left ? [`${agent.name}: ${ref(last)} took the agent out and nothing put them back`] : [],
  };
}

function brokenBreak(agent: AgentEvidence, changes: readonly LedgerEntry[], back: LedgerEntry): Verdict {
  const before = changes.findLast((entry) => orderOf(entry) < orderOf(back));
  if (before !== undefined && takesOut(before)) return { cases: 1, violations: [] };
  const read = lastReading(agent, 'getState', back);
  const readSince = read !== undefined && (before === undefined || orderOf(read) > orderOf(before));
  const reason = back.before?.reason;
  const likeOurs = reason === undefined || reason === 'ADMINISTRATIVE';
  // Out without a reason of their own after a call of ours whose answer nobody knows: it can't be told from our doing.
  if (!readSince && before !== undefined) return { cases: 1, violations: [], knownLimits: 1 };
  if (likeOurs && triedToTakeOut(agent, back)) return { cases: 1, violations: [], knownLimits: 1 };
  return { cases: 1, violations: [`${agent.name}: ${ref(back)} made the agent AVAILABLE, who was out by their own`] };
}

function triedToTakeOut(agent: AgentEvidence, back: LedgerEntry): boolean {
  return agent.entries.some(
    (entry) =>
      entry.operation === 'patchState' &&
      (entry.body as { state?: unknown } | undefined)?.state === 'NOTAVAILABLE' &&
      entry.arrivedMono < back.arrivedMono - CLOCK_SLACK_MS,
  );
}

function changesState(entry: LedgerEntry): boolean {
  return takesOut(entry) || bringsBack(entry) || entry.operation === 'state-change';
}

function takesOut(entry: LedgerEntry): boolean {
  return entry.operation === 'patchState' && entry.applied && entry.after?.state === 'NOTAVAILABLE';
}

function bringsBack(entry: LedgerEntry): boolean {
  return entry.operation === 'patchState' && entry.applied && entry.after?.state === 'AVAILABLE';
}
