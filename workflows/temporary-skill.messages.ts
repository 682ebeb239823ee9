import { defineQuery, defineUpdate } from '@temporalio/workflow';
import type { Problem, RequestOutcome } from '../domain/outcome.ts';
import type { TemporarySkill } from '../domain/temporary-skill.ts';
import type { ReconciliationReason } from './provision-skill.messages.ts';

export type TemporaryState = 'Scheduled' | 'Starting' | 'Active' | 'Ending' | 'Ended';

/** How a temporary skill can end. */
export type TemporaryEnd =
  /** The agent has again what they had before; or there was nothing to take back. */
  | 'restored'
  /** Somebody else had changed the level meanwhile; it was left as it is. */
  | 'left-alone'
  /** It could not be given, and nothing of it is left. */
  | 'not-given'
  /** It was given and could not be taken back: a person closed that request, or the platform refused it. */
  | 'not-restored'
  /** A person cancelled it before it was given. */
  | 'cancelled'
  /** It breaks a rule; nothing was done. */
  | 'rejected';

/** What is known of a temporary skill: the answer of the query, the run's memo, and its result. Times are ISO 8601. */
export interface TemporaryStatus extends Pick<
  TemporarySkill,
  'temporaryId' | 'agentId' | 'skill' | 'level' | 'from' | 'until' | 'requestedBy' | 'reason' | 'ticket'
> {
  state: TemporaryState;
  /** When this state began. */
  since: string;
  /** Its present request waits for a person, or behind one that does. */
  parked?: { requestId: string; reason: ReconciliationReason; since: string };
  /** It could not be taken back in time. */
  overstayedSince?: string;
  /** How the request that gave the skill ended. */
  start?: RequestOutcome;
  /** How the request that took it back ended. */
  end?: RequestOutcome;
  /** How it all ended. */
  status?: TemporaryEnd;
  problem?: Problem;
}

/** Name of the memo field that holds a {@link TemporaryStatus}. */
export const TEMPORARY_MEMO = 'temporary';

export interface TemporaryOrder {
  by: string;
  note: string;
}

export interface ExtendOrder extends TemporaryOrder {
  /** The new end, not before the present one. */
  until: string;
}

/** The orders answer with what is known once they are taken; they are carried out after that. */
export const extendTemporaryUpdate = defineUpdate<TemporaryStatus, [ExtendOrder]>('extendTemporary');
export const endTemporaryUpdate = defineUpdate<TemporaryStatus, [TemporaryOrder]>('endTemporary');
export const cancelTemporaryUpdate = defineUpdate<TemporaryStatus, [TemporaryOrder]>('cancelTemporary');
export const temporaryStatusQuery = defineQuery<TemporaryStatus>('temporaryStatus');
