import { isDeepStrictEqual } from 'node:util';
import type { LedgerEntry } from '../../../simulator/index.ts';
import { byKey, ref, total, wasHeard, type AgentEvidence, type Evidence, type Verdict } from './evidence.ts';

const SETTLED = [409, 412, 422];

/** I9: each PATCH has a key; a key stands for one body and one ETag, and is not used again after a 409, 412 or 422. */
export function oneKeyOneBody(evidence: Evidence): Verdict {
  return total(evidence.agents.map((agent) => judge(agent, evidence)));
}

function judge(agent: AgentEvidence, evidence: Evidence): Verdict {
  const violations = agent.patches
    .filter(({ idempotencyKey }) => idempotencyKey?.startsWith(`${agent.agentId}_`) !== true)
    .map((patch) => `${agent.name}: ${ref(patch)} has no key that begins with the agent's id`);
  const keys = [...byKey(agent.patches).values()];
  return { cases: keys.length, violations: [...violations, ...keys.flatMap((same) => misuse(agent, evidence, same))] };
}

function misuse(agent: AgentEvidence, evidence: Evidence, [first, ...repeats]: readonly LedgerEntry[]): string[] {
  if (first === undefined) return [];
  const all = [first, ...repeats];
  return repeats.flatMap((repeat, index) => {
    const previous = all[index] ?? first;
    const violations: string[] = [];
    if (!isDeepStrictEqual(first.body, repeat.body))
      violations.push(`${ref(repeat)} has ${ref(first)}'s key, not its body`);
    if (first.ifMatch !== repeat.ifMatch) violations.push(`${ref(repeat)} has ${ref(first)}'s key, not its ETag`);
    if (SETTLED.includes(previous.status ?? 0) && wasHeard(previous, agent, evidence)) {
      violations.push(`${ref(repeat)} uses the key again that ${ref(previous)} answered with ${previous.status}`);
    }
    return violations.map((violation) => `${agent.name}: ${violation}`);
  });
}
