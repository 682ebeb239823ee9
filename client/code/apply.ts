import { createHash } from 'node:crypto';
import { levelOf, type SkillLevel } from '../../domain/inventory.ts';
import type { PlannedAgent, SavedPlan } from '../../domain/plan.ts';
import { MAX_CHANGES, type SkillChange } from '../../domain/request.ts';
import { afterSteps, sameInventory, type SkillStep } from '../../domain/state-difference.ts';
import type { NewRequest } from '../provisioning-client.ts';
import type { AgentReader, ReadOptions } from './agent-reader.ts';
import { AgentsChangedError, AgentsUnreadError } from './errors.ts';

/** Who asks for a plan to be applied or rolled back, and why; audited with each request. */
export interface PlanOrder {
  requestedBy: string;
  reason: string;
  ticket?: string;
}

/** A request that takes some steps of one agent. */
export interface StepsRequest {
  request: NewRequest & { requestId: string };
  steps: SkillStep[];
}

/**
 * The requests that apply a plan, after all its agents have been read again. Throws `AgentsChangedError` unless each is
 * as they were when the plan was made, or somewhere between that and the plan.
 */
export async function requestsToApply(
  read: AgentReader,
  plan: SavedPlan,
  order: PlanOrder,
  options: ReadOptions = {},
): Promise<StepsRequest[]> {
  const planned = new Map(plan.agents.map((agent) => [agent.agentId, agent]));
  const toRead = plan.agents.map(({ agentId }) => ({ agentId, skills: [] }));
  const requests: StepsRequest[] = [];
  const changed: string[] = [];
  const missed: string[] = [];
  for await (const { agents, unknown, unread } of read.agents(toRead, options)) {
    changed.push(...unknown);
    missed.push(...unread);
    for (const { agentId, skills, etag } of agents) {
      const agent = planned.get(agentId);
      if (agent === undefined || !isOnTheWay(agent, skills)) changed.push(agentId);
      else requests.push(...toRequests('apply', agentId, agent.steps, `${plan.digest} ${etag}`, order));
    }
  }
  if (missed.length > 0) throw new AgentsUnreadError(missed);
  if (changed.length > 0) throw new AgentsChangedError(changed);
  return requests;
}

/**
 * Requests of at most 50 changes, each made for the level the step begins with. What is asked and `basis`, which says
 * of which state of the agent, make the id: repeated, nothing is done twice; after a rollback it is another request.
 */
export function toRequests(
  verb: 'apply' | 'rollback',
  agentId: string,
  steps: readonly SkillStep[],
  basis: string,
  order: PlanOrder,
): StepsRequest[] {
  const parts = Array.from({ length: Math.ceil(steps.length / MAX_CHANGES) }, (_, index) =>
    steps.slice(index * MAX_CHANGES, (index + 1) * MAX_CHANGES),
  );
  return parts.map((part) => {
    const content = { agentId, changes: part.map(toChange), ...order };
    const id = createHash('sha256')
      .update(JSON.stringify([basis, content]))
      .digest('hex')
      .slice(0, 32);
    return { request: { requestId: `${verb}-${id}`, ...content }, steps: part };
  });
}

function toChange({ skillId, name, from, to }: SkillStep): SkillChange {
  // With the name: an id that was recycled since the plan was made is refused.
  const skill = { skillId, ...(name === undefined ? {} : { name }) };
  return to === 0
    ? { action: 'remove', skill, expectedLevel: from }
    : { action: 'assign', skill, level: to, expectedLevel: from };
}

/** Whether the agent is as the plan found them, but for steps that have been taken already. */
function isOnTheWay({ before, steps }: PlannedAgent, now: readonly SkillLevel[]): boolean {
  const taken = steps.filter(({ skillId, to }) => levelOf(now, skillId) === to);
  return sameInventory(afterSteps(before, taken), now);
}
