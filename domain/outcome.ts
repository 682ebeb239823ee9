/** How a request can end. */
export type OutcomeStatus =
  'provisioned' | 'unchanged' | 'rejected' | 'failed' | 'accepted' | 'rolled-back' | 'abandoned' | 'cancelled';

/** What went wrong, in a word that programs compare and a sentence that people read. */
export interface Problem {
  code: string;
  message: string;
}

/** What became of one wish. */
export interface ChangeOutcome {
  skillId?: string;
  name?: string;
  /** As asked (3.7 stays 3.7); 0 = removal. */
  requestedLevel: number;
  /** After rounding. */
  targetLevel?: number;
  /** In the directory before this request wrote; 0 = not assigned. */
  previousLevel?: number;
  /** In routing, as last read; 0 = not assigned. */
  level?: number;
}

/** How one request ended. */
export interface RequestOutcome {
  requestId: string;
  status: OutcomeStatus;
  changes: ChangeOutcome[];
  /** Times the agent was taken out of the queue for this request. */
  toggles: number;
  /** 412s that were not the echo of our own lost write. */
  conflicts: number;
  problem?: Problem;
}

/** An outcome as a run remembers it, so that a repeated request is recognised. */
export interface RememberedOutcome extends RequestOutcome {
  /** {@link requestDigest} of the request. */
  digest: string;
  /** ISO 8601, from the workflow's clock. */
  endedAt: string;
}

/** What a run of `ProvisionSkillWorkflow` returns. Nothing but this is read of a closed run. */
export interface ProvisionResult {
  agentId: string;
  /** The newest {@link MAX_REMEMBERED_OUTCOMES}, oldest first, those of continued runs included. */
  outcomes: RememberedOutcome[];
}

export const MAX_REMEMBERED_OUTCOMES = 500;
