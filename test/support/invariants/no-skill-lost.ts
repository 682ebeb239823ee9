import { levelOf, type SkillLevel } from '../../../domain/inventory.ts';
import type { LedgerEntry } from '../../../simulator/index.ts';
import {
  CLOCK_SLACK_MS,
  ref,
  sameInventory,
  tookEffect,
  wishesOf,
  type AgentEvidence,
  type Evidence,
  type Verdict,
} from './evidence.ts';
import { includes, recordsOf, restoringWishes, wishesOfRequest } from './wishes.ts';

/** I1: an agent's inventory is the initial one, others' edits, and what was asked: nothing more, nothing less. */
export function noSkillLost({ agents }: Evidence): Verdict {
  const touched = agents.filter(({ ordered }) => ordered.some((entry) => entry.actor === 'client' && changes(entry)));
  return { cases: touched.length, violations: touched.flatMap(replay) };
}

function replay(agent: AgentEvidence): string[] {
  const violations: string[] = [];
  let expected = agent.initial;
  for (const entry of agent.ordered.filter(changes)) {
    const before = entry.before?.skills ?? [];
    const after = entry.after?.skills ?? [];
    if (expected !== undefined && !sameInventory(before, expected)) {
      violations.push(`${agent.name}: the inventory changed by itself before ${ref(entry)}`);
    }
    expected = after;
    if (entry.operation === 'putAgent') violations.push(`${agent.name}: PUT replaced the inventory (${ref(entry)})`);
    if (entry.operation !== 'patchAgent') continue;
    violations.push(...judge(agent, entry, before, after));
  }
  return violations;
}

function judge(
  agent: AgentEvidence,
  entry: LedgerEntry,
  before: readonly SkillLevel[],
  after: readonly SkillLevel[],
): string[] {
  const wishes = wishesOf(entry);
  const violations: string[] = [];
  const ids = new Set([...before, ...after].map(({ skillId }) => skillId));
  for (const skillId of ids) {
    const named = wishes.some((wish) => wish.skillId === skillId);
    if (!named && levelOf(before, skillId) !== levelOf(after, skillId)) {
      violations.push(`${agent.name}: ${skillId} changed, which ${ref(entry)} did not name`);
    }
  }
  for (const wish of wishes) {
    if (wish.level < 0 || wish.level > 5) violations.push(`${agent.name}: ${ref(entry)} sent level ${wish.level}`);
    if (!wasAsked(agent, entry, wish)) {
      violations.push(`${agent.name}: nobody asked for ${wish.skillId} at ${wish.level} (${ref(entry)})`);
    }
  }
  return violations;
}

/** By a request that had not ended yet when the PATCH came: a late repeat of one that has would undo what followed. */
function wasAsked(agent: AgentEvidence, entry: LedgerEntry, wish: SkillLevel): boolean {
  return agent.requests.some((request) => {
    const ended = recordsOf(agent, request.requestId).filter(({ data }) => data.stage === 'outcome');
    if (ended.some(({ time }) => Date.parse(time) + CLOCK_SLACK_MS < entry.arrivedAt)) return false;
    return includes([...wishesOfRequest(agent, request), ...restoringWishes(agent, request)], wish);
  });
}

function changes(entry: LedgerEntry): boolean {
  return tookEffect(entry) && ['patchAgent', 'putAgent', 'third-party-edit'].includes(entry.operation);
}
