import type { RequestOutcome } from '../../domain/outcome.ts';
import type { SkillStep } from '../../domain/state-difference.ts';

/** A request that an apply has made, and how it ended as far as is known. */
export interface AppliedRequest {
  agentId: string;
  requestId: string;
  steps: SkillStep[];
  outcome?: RequestOutcome;
}

/** The steps that a request has taken, as far as its outcome shows. */
export function stepsTaken({ steps, outcome }: AppliedRequest): SkillStep[] {
  if (outcome === undefined) return [];
  const { status, changes } = outcome;
  if (status === 'unchanged' || status === 'rejected' || status === 'rolled-back') return [];
  return steps.filter(({ skillId }) => {
    const change = changes.find((candidate) => candidate.skillId === skillId);
    if (change?.previousLevel === undefined || change.previousLevel === change.targetLevel) return false;
    // It may have been cancelled before or after it was written.
    return status !== 'cancelled' || change.level === change.targetLevel;
  });
}
