import type { RequestOutcome } from '../../domain/outcome.ts';
import type { SkillStep } from '../../domain/state-difference.ts';

/** A request that an apply has made, and how it ended as far as is known. */
export interface AppliedRequest {
  agentId: string;
  requestId: string;
  steps: SkillStep[];
  outcome?: RequestOutcome;
}

/** A step that a request has taken. */
export interface TakenStep {
  step: SkillStep;
  /** The request was cancelled, and its outcome does not show whether it had been written. */
  isDoubtful: boolean;
}

/** The steps that a request has taken or may have taken, as far as its outcome shows. */
export function stepsTaken({ steps, outcome }: AppliedRequest): TakenStep[] {
  if (outcome === undefined) return [];
  const { status, changes, toggles, problem } = outcome;
  if (status === 'unchanged' || status === 'rejected' || status === 'rolled-back') return [];
  // Nobody is toggled, and routing is not waited for, before the directory has the level.
  const isWritten = status !== 'cancelled' || toggles > 0 || problem?.code === 'routing-not-synchronised';
  return steps.flatMap((step) => {
    const change = changes.find(({ skillId }) => skillId === step.skillId);
    if (change?.previousLevel === undefined || change.previousLevel === change.targetLevel) return [];
    return [{ step, isDoubtful: !isWritten && change.level !== change.targetLevel }];
  });
}
