import { ApplicationFailure, proxyActivities, proxyLocalActivities, type ActivityOptions } from '@temporalio/workflow';
import type { ProvisioningActivities } from '../activities/contract.ts';
import type { AuditData, AuditedChange, AuditRecord } from '../domain/audit-record.ts';
import { FAILURE } from '../domain/failure-types.ts';
import type { SkillLevel } from '../domain/inventory.ts';
import { failureIn } from './activity-failure.ts';
import type { AgentRun } from './agent-run.ts';
import { requestedLevel, wishesOf, type OpenRequest, type Verdict } from './open-request.ts';

/** The record of what is about to be written, with the inventory that this attempt read. */
export function intentRecord(run: AgentRun, entry: OpenRequest, before: SkillLevel[]): AuditRecord {
  const attempt = entry.progress.attempts;
  return record(run, entry, `intent/${attempt}`, new Date().toISOString(), { stage: 'intent', before });
}

/** The record of how a request ended; one per request. */
export function outcomeRecord(run: AgentRun, entry: OpenRequest, verdict: Verdict): AuditRecord {
  const { before, after, outdated } = entry.progress;
  return record(run, entry, 'outcome', verdict.time, {
    stage: 'outcome',
    outcome: verdict.status,
    ...(before === undefined ? {} : { before }),
    // What a lost PATCH may have changed since is not what holds.
    ...(after === undefined || outdated === true ? {} : { after }),
    ...(verdict.problem === undefined ? {} : { problem: verdict.problem }),
    // A request that was cancelled untouched has no other record that says who did it.
    ...(entry.cancel === undefined ? {} : { operator: entry.cancel.by, note: entry.cancel.note }),
  });
}

/** The record of what a person did about a request. */
export function eventRecord(
  run: AgentRun,
  entry: OpenRequest,
  event: { outcome: string; operator: string; note: string },
): AuditRecord {
  const time = new Date();
  return record(run, entry, `event/${time.getTime()}`, time.toISOString(), { stage: 'event', ...event });
}

/**
 * Appends records, for as long as it takes. `unrecordable`: the sink can never accept them. `onWait` is called when
 * the sink does not take them at once.
 */
export async function recordAudit(
  run: Pick<AgentRun, 'isUndisturbed'>,
  records: AuditRecord[],
  onWait: () => void,
): Promise<'recorded' | 'unrecordable'> {
  for (const part of inParts(records)) {
    if ((await recordPart(run, part, onWait)) === 'unrecordable') return 'unrecordable';
  }
  return 'recorded';
}

/** Records that go to the sink in one activity stay well under the server's 2 MB per payload. */
const MAX_PART_CHARS = 700_000;

function inParts(records: readonly AuditRecord[]): AuditRecord[][] {
  const parts: AuditRecord[][] = [];
  let room = 0;
  for (const record of records) {
    const size = JSON.stringify(record).length;
    if (size > room || parts.length === 0) {
      parts.push([]);
      room = MAX_PART_CHARS;
    }
    parts.at(-1)?.push(record);
    room -= size;
  }
  return parts;
}

async function recordPart(
  run: Pick<AgentRun, 'isUndisturbed'>,
  records: AuditRecord[],
  onWait: () => void,
): Promise<'recorded' | 'unrecordable'> {
  const options = {
    startToCloseTimeout: '10s',
    summary: records
      .map(({ data }) => `audit ${data.stage} ${data.requestId}`)
      .join(', ')
      .slice(0, 180),
  } satisfies ActivityOptions;
  const once = { ...options, retry: { maximumAttempts: 1 } };
  const first = run.isUndisturbed
    ? proxyLocalActivities<ProvisioningActivities>(once)
    : proxyActivities<ProvisioningActivities>(once);
  try {
    await first.recordAudit({ records, again: false });
    return 'recorded';
  } catch (error) {
    if (isUnrecordable(error)) return 'unrecordable';
    onWait();
  }
  const real = proxyActivities<ProvisioningActivities>({ ...options, retry: { maximumInterval: '10s' } });
  try {
    await real.recordAudit({ records, again: true });
    return 'recorded';
  } catch (error) {
    if (isUnrecordable(error)) return 'unrecordable';
    throw error;
  }
}

function isUnrecordable(error: unknown): boolean {
  const cause = failureIn(error);
  return cause instanceof ApplicationFailure && cause.type === FAILURE.auditUnrecordable;
}

function record(
  run: AgentRun,
  entry: OpenRequest,
  what: string,
  time: string,
  data: Pick<AuditData, 'stage'> & Partial<AuditData>,
): AuditRecord {
  const { request, acceptedAt, progress } = entry;
  return {
    specversion: '1.0',
    // A request id is unique for a day; with the time it was accepted the record's id is unique for ever.
    id: `${run.tenantId}/${run.agentId}/${request.requestId}/${acceptedAt}/${what}`,
    source: `skill-provisioner/${run.tenantId}`,
    type: `skill-provisioner.${data.stage}.v1`,
    subject: run.agentId,
    time,
    datacontenttype: 'application/json',
    data: {
      requestId: request.requestId,
      requestedBy: request.requestedBy,
      reason: request.reason,
      ...(request.ticket === undefined ? {} : { ticket: request.ticket }),
      tenantId: run.tenantId,
      agentId: run.agentId,
      changes: data.stage === 'intent' ? intendedChanges(entry) : askedChanges(entry),
      origin: { workflowId: run.workflowId, runId: run.runId, attempt: progress.attempts },
      ...data,
    },
  };
}

/** What a request asks for, as far as it is resolved. */
function askedChanges({ request, progress }: OpenRequest): AuditedChange[] {
  return request.changes.map((change, index) => {
    const found = progress.resolved?.[index];
    const skillId = found?.skillId ?? ('skillId' in change.skill ? change.skill.skillId : undefined);
    const name = found?.name ?? change.skill.name;
    return {
      action: change.action,
      ...(skillId === undefined ? {} : { skillId }),
      ...(name === undefined ? {} : { name }),
      requestedLevel: requestedLevel(change),
      ...(found === undefined ? {} : { targetLevel: found.targetLevel }),
    };
  });
}

/** What is about to be written: a rollback writes other levels than were asked for. */
function intendedChanges(entry: OpenRequest): AuditedChange[] {
  if (!entry.progress.rollback) return askedChanges(entry);
  return wishesOf(entry).map(({ skillId, level }) => ({
    action: level === 0 ? 'remove' : 'assign',
    skillId,
    requestedLevel: level,
    targetLevel: level,
  }));
}
