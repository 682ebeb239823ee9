import type { ResolvedChange } from '../activities/contract.ts';
import type { SkillLevel } from '../domain/inventory.ts';
import { levelOf } from '../domain/inventory.ts';
import type { ChangeOutcome, OutcomeStatus, Problem, RequestOutcome } from '../domain/outcome.ts';
import type { Policy } from '../domain/policy.ts';
import type { ProvisionRequest, SkillChange } from '../domain/request.ts';
import type { ReconcileAction, ReconciliationReason } from './provision-skill.messages.ts';

/** Why and since when a request waits for a person. `since` is in unix milliseconds. */
export interface Parked {
  reason: ReconciliationReason;
  message: string;
  since: number;
  escalated: boolean;
}

/** How a request is to end, before its outcome is in the audit trail. */
export interface Verdict {
  status: OutcomeStatus;
  problem?: Problem;
  /** ISO 8601; fixed when the verdict falls, so that a repeated audit record is the same record. */
  time: string;
}

/** What has been learnt and done for one request. Plain data: it goes through continue-as-new. */
export interface Progress {
  policy?: Policy;
  /** In the order of the request's changes. */
  resolved?: ResolvedChange[];
  /** When the platform was asked for them, unix milliseconds. */
  resolvedAt?: number;
  /** The directory as read for the last write attempt, or as last read while none was made. */
  before?: SkillLevel[];
  /** Levels of this request's skills before it wrote: as read for an attempt, unless they were its own doing then. */
  former?: SkillLevel[];
  /** The directory as last read. */
  after?: SkillLevel[];
  /** A PATCH whose answer was lost may have changed the directory since. */
  outdated?: true;
  /** The directory as our last PATCH was answered: what it shows there is our doing, asked for or not. */
  written?: SkillLevel[];
  /** Routing as last read. */
  routing?: SkillLevel[];
  /** Whether a PATCH of ours took effect. `maybe`: its answer was lost. */
  wrote: 'no' | 'maybe' | 'yes';
  /** PATCH attempts, each with an idempotency key and an intent of its own. */
  attempts: number;
  toggles: number;
  conflicts: number;
  /** We took the agent out of the queue and were refused when putting them back. */
  agentOut: boolean;
  /** A person asked for the levels that this request changed to be restored; that is the wish now. */
  rollback: boolean;
}

/** A request that has not ended. */
export interface OpenRequest {
  request: ProvisionRequest;
  digest: string;
  /** Unix milliseconds. */
  acceptedAt: number;
  place: 'waiting' | 'active' | 'parked';
  /** Not to be merged with others: a PATCH with it was refused as invalid. */
  alone: boolean;
  progress: Progress;
  parked?: Parked;
  /** What a person ordered and has not been carried out yet. */
  order?: { action: ReconcileAction; operator: string; note: string };
  /** `noted`: the audit trail is told of it as an event of its own. */
  cancel?: { by: string; note: string; noted?: true };
  /** Names of its `parked` events, which its end has to close. */
  unsettled?: string[];
  verdict?: Verdict;
}

export function openRequest(request: ProvisionRequest, digest: string, acceptedAt: number): OpenRequest {
  return {
    request,
    digest,
    acceptedAt,
    place: 'waiting',
    alone: false,
    progress: { wrote: 'no', attempts: 0, toggles: 0, conflicts: 0, agentOut: false, rollback: false },
  };
}

/** The level a change asks for, as it was given; 0 = removal. */
export function requestedLevel(change: SkillChange): number {
  return change.action === 'assign' ? change.level : 0;
}

/**
 * What has to hold in the directory. After a rollback was ordered: the former levels of the skills this request
 * changed, but for those that somebody else has changed since.
 */
export function wishesOf({ progress }: OpenRequest): SkillLevel[] {
  const wishes = (progress.resolved ?? []).map(({ skillId, targetLevel }) => ({ skillId, level: targetLevel }));
  if (!progress.rollback) return wishes;
  return restorable(progress).map(({ skillId, former }) => ({ skillId, level: former }));
}

/** The changes to resolve: the request's own, or those that undo it. Ids are recycled, so these are checked anew. */
export function changesToResolve({ request, progress }: OpenRequest): SkillChange[] {
  if (!progress.rollback) return request.changes;
  return restorable(progress).map(({ skillId, former }) =>
    former === 0 ? { action: 'remove', skill: { skillId } } : { action: 'assign', skill: { skillId }, level: former },
  );
}

/** Notes what the directory was found to show. */
export function noteInventory(progress: Progress, inventory: SkillLevel[]): void {
  progress.after = inventory;
  delete progress.outdated;
}

/** Notes what an attempt is made on. What an earlier attempt has done is not taken for the level before. */
export function noteAttempt(progress: Progress, reading: SkillLevel[]): void {
  progress.attempts += 1;
  if (progress.rollback) return;
  const former = (progress.resolved ?? []).map(({ skillId, targetLevel }) => {
    const level = levelOf(reading, skillId);
    const known = formerLevel(progress, skillId);
    const isOurs = progress.wrote !== 'no' && ownLevels(progress, skillId, targetLevel).includes(level);
    return { skillId, level: isOurs ? known : level };
  });
  progress.former = former;
  progress.before = reading;
}

/** A skill's level before this request wrote. */
function formerLevel({ wrote, before = [], former = before }: Progress, skillId: string): number {
  return levelOf(wrote === 'no' ? before : former, skillId);
}

/** Levels of a skill that are not somebody else's doing. */
function ownLevels(progress: Progress, skillId: string, targetLevel: number): number[] {
  const { written } = progress;
  const answered = written === undefined ? [] : [levelOf(written, skillId)];
  return [formerLevel(progress, skillId), targetLevel, ...answered];
}

/** Skills whose level this request changed, with the level they had. */
function restorable(progress: Progress): { skillId: string; former: number }[] {
  return (progress.resolved ?? []).flatMap(({ skillId, targetLevel }) => {
    const former = formerLevel(progress, skillId);
    const current = levelOf(progress.after ?? [], skillId);
    const isOurs = former !== targetLevel && ownLevels(progress, skillId, targetLevel).includes(current);
    return isOurs ? [{ skillId, former }] : [];
  });
}

/** Skills this request changed and somebody else has changed since: a rollback leaves them alone. */
export function changedByOthers({ progress }: OpenRequest): string[] {
  const ours = new Set(restorable(progress).map(({ skillId }) => skillId));
  return (progress.resolved ?? [])
    .filter(({ skillId, targetLevel }) => formerLevel(progress, skillId) !== targetLevel && !ours.has(skillId))
    .map(({ skillId }) => skillId);
}

/** Skills whose level is neither the one this request was made for nor the one it asks for. */
export function unexpectedLevels({ request, progress }: OpenRequest, skills: readonly SkillLevel[]): string[] {
  if (progress.rollback) return [];
  return request.changes.flatMap(({ expectedLevel }, index) => {
    const found = progress.resolved?.[index];
    if (expectedLevel === undefined || found === undefined) return [];
    const level = levelOf(skills, found.skillId);
    const isExpected = level === expectedLevel || level === found.targetLevel;
    return isExpected ? [] : [`${found.skillId} is ${level}, not ${expectedLevel}`];
  });
}

/** The actions a person can choose for a parked request. */
export function applicableActions(entry: OpenRequest): ReconcileAction[] {
  if (entry.verdict !== undefined) return ['retry', 'abandon'];
  const canRollBack = entry.progress.wrote !== 'no' && restorable(entry.progress).length > 0;
  return canRollBack ? ['retry', 'accept', 'rollback', 'abandon'] : ['retry', 'accept', 'abandon'];
}

/** The outcome as it is reported, from what was read and done. */
export function outcomeOf({ request, progress }: OpenRequest, verdict: Verdict): RequestOutcome {
  return {
    requestId: request.requestId,
    status: verdict.status,
    changes: request.changes.map((change, index) => changeOutcome(change, progress, index)),
    toggles: progress.toggles,
    conflicts: progress.conflicts,
    ...(verdict.problem === undefined ? {} : { problem: verdict.problem }),
  };
}

function changeOutcome(change: SkillChange, progress: Progress, index: number): ChangeOutcome {
  const { resolved, before, routing } = progress;
  const found = resolved?.[index];
  const skillId = found?.skillId ?? ('skillId' in change.skill ? change.skill.skillId : undefined);
  const name = found?.name ?? change.skill.name;
  return {
    ...(skillId === undefined ? {} : { skillId }),
    ...(name === undefined ? {} : { name }),
    requestedLevel: requestedLevel(change),
    ...(found === undefined ? {} : { targetLevel: found.targetLevel }),
    ...(found === undefined || before === undefined ? {} : { previousLevel: formerLevel(progress, found.skillId) }),
    ...(found === undefined || routing === undefined ? {} : { level: levelOf(routing, found.skillId) }),
  };
}
