import { levelOf } from '../../domain/inventory.ts';
import type { SavedPlan } from '../../domain/plan.ts';
import type { SkillStep } from '../../domain/state-difference.ts';
import type { AgentReader, ReadOptions } from './agent-reader.ts';
import { stepsTaken, type AppliedRequest, type TakenStep } from './applied.ts';
import { toRequests, type PlanOrder, type StepsRequest } from './apply.ts';
import { AgentsUnreadError } from './errors.ts';

/**
 * A step that is not taken back: the agent has another level by now than the apply has left, or the one that it was for,
 * which may be somebody else's, as its request was cancelled.
 */
export interface LeftStep {
  agentId: string;
  step: SkillStep;
  /** Undefined: the platform does not know the agent any more. */
  level?: number;
}

export interface RollbackRequests {
  requests: StepsRequest[];
  /** What somebody else has changed since, or may have. */
  left: LeftStep[];
}

/** The requests that take back what an apply of the plan has changed, and only that. */
export async function requestsToRollBack(
  read: AgentReader,
  plan: SavedPlan,
  applied: readonly AppliedRequest[],
  order: PlanOrder,
  options: ReadOptions = {},
): Promise<RollbackRequests> {
  const taken = new Map<string, Map<string, TakenStep>>();
  for (const request of applied) {
    for (const one of stepsTaken(request)) {
      const steps = taken.get(request.agentId) ?? new Map<string, TakenStep>();
      taken.set(request.agentId, steps.set(one.step.skillId, one));
    }
  }
  const toRead = [...taken.keys()].map((agentId) => ({ agentId, skills: [] }));
  const found: RollbackRequests = { requests: [], left: [] };
  const missed: string[] = [];
  for await (const { agents, unknown, unread } of read.agents(toRead, options)) {
    missed.push(...unread);
    for (const agentId of unknown) for (const { step } of stepsOf(taken, agentId)) found.left.push({ agentId, step });
    for (const { agentId, skills, etag } of agents) {
      const back: SkillStep[] = [];
      for (const { step, isDoubtful } of stepsOf(taken, agentId)) {
        const level = levelOf(skills, step.skillId);
        if (level === step.to && !isDoubtful) back.push({ ...step, from: step.to, to: step.from });
        else if (level !== step.from) found.left.push({ agentId, step, level });
      }
      found.requests.push(...toRequests('rollback', agentId, back, `${plan.digest} ${etag}`, order));
    }
  }
  if (missed.length > 0) throw new AgentsUnreadError(missed);
  return found;
}

function stepsOf(taken: ReadonlyMap<string, ReadonlyMap<string, TakenStep>>, agentId: string): TakenStep[] {
  return [...(taken.get(agentId)?.values() ?? [])];
}
