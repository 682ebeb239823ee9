import { proxyActivities } from '@temporalio/workflow';
import type { RequestActivities, TemporaryActivities } from '../activities/contract.ts';
import { auditRecord, type AuditRecord, type RequestAuditData } from '../domain/audit-record.ts';
import type { DurationString } from '../domain/policy.ts';
import { MAX_REASON, MAX_REQUESTED_BY, toRequestText } from '../domain/request-text.ts';
import type { ProvisionRequest, SkillChange } from '../domain/request.ts';
import { temporaryRequestIds } from '../domain/temporary-skill.ts';
import type { FormerLevel, TemporaryEvent, TemporaryRun } from './temporary-run.ts';

/**
 * A submission is tried for a minute while the agent's run has many callers (`client/acceptance.ts`); what stands in its
 * way then is waited for without limit.
 */
const REQUESTS = { startToCloseTimeout: '75s', retry: { maximumInterval: '1m' } } as const;

export function temporaryActivities(
  summary: string,
  scheduleToCloseTimeout?: DurationString,
): RequestActivities & TemporaryActivities {
  const limit = scheduleToCloseTimeout === undefined ? {} : { scheduleToCloseTimeout };
  return proxyActivities<RequestActivities & TemporaryActivities>({ ...REQUESTS, ...limit, summary });
}

/** The request that gives the skill. */
export function startRequest(run: TemporaryRun): ProvisionRequest {
  const { temporaryId, skill, level, requestedBy, reason } = run.temporary;
  const { start } = temporaryRequestIds(temporaryId);
  return requestOf(run, start, { action: 'assign', skill, level }, requestedBy, reason);
}

/** The request that gives back what the agent had, unless somebody else has changed it since. */
export function endRequest(run: TemporaryRun, { skillId, previousLevel, givenLevel }: FormerLevel): ProvisionRequest {
  const { temporaryId, requestedBy, reason } = run.temporary;
  const { end } = temporaryRequestIds(temporaryId, run.refusedEnds);
  const expected = { skill: { skillId }, expectedLevel: givenLevel };
  const change: SkillChange =
    previousLevel === 0 ? { action: 'remove', ...expected } : { action: 'assign', level: previousLevel, ...expected };
  const why = `end of temporary skill ${temporaryId}: ${run.order?.note ?? reason}`;
  // An order that was taken by a version that looked less closely may break a rule for requests.
  const by = toRequestText(run.order?.by ?? requestedBy, MAX_REQUESTED_BY);
  return requestOf(run, end, change, by, toRequestText(why, MAX_REASON));
}

function requestOf(
  { temporary, workflowId }: TemporaryRun,
  requestId: string,
  change: SkillChange,
  requestedBy: string,
  reason: string,
): ProvisionRequest {
  const { tenantId, agentId, ticket, policy } = temporary;
  return {
    requestId,
    tenantId,
    agentId,
    changes: [change],
    requestedBy,
    reason,
    ...(ticket === undefined ? {} : { ticket }),
    ...(policy === undefined ? {} : { policy }),
    notifyWorkflowId: workflowId,
  };
}

/** The record of what happened to a temporary skill beside its two requests. */
export function temporaryRecord(
  run: TemporaryRun,
  { time, outcome: status, name = time, ...event }: TemporaryEvent,
): AuditRecord {
  const { temporaryId, tenantId, agentId, skill, level, requestedBy, reason, ticket } = run.temporary;
  const named = 'skillId' in skill ? { skillId: skill.skillId } : { name: skill.name };
  return auditRecord<RequestAuditData>(`${run.workflowId}/${run.runId}/${status}/${name}`, agentId, time, {
    stage: 'event',
    outcome: status === 'temporary-overstayed' || event.problem !== undefined ? 'failure' : 'success',
    status,
    actor: event.operator ?? requestedBy,
    requestId: temporaryId,
    requestedBy,
    reason,
    ...(ticket === undefined ? {} : { ticket }),
    tenantId,
    agentId,
    changes: [{ action: 'assign', ...named, requestedLevel: level }],
    origin: { workflowId: run.workflowId, runId: run.runId, attempt: 0 },
    ...event,
  });
}
