import type { ResolvedChange } from '../activities/contract.ts';
import {
  auditOutcomeOf,
  auditRecord,
  type AuditedChange,
  type AuditOutcome,
  type AuditRecord,
  type RequestAuditData,
} from '../domain/audit-record.ts';
import type { SkillLevel } from '../domain/inventory.ts';
import type { Problem } from '../domain/outcome.ts';
import type { ProvisionRequest } from '../domain/request.ts';
import type { AgentRun } from './agent-run.ts';
import type { ReconcileAction } from './provision-skill.messages.ts';
import { requestedLevel, wishesOf, type OpenRequest, type Verdict } from './open-request.ts';

/** The record of what is about to be written, with the inventory that this attempt read. */
export function intentRecord(run: AgentRun, entry: OpenRequest, before: SkillLevel[]): AuditRecord {
  const attempt = entry.progress.attempts;
  return record(run, entry, `intent/${attempt}`, new Date().toISOString(), {
    stage: 'intent',
    outcome: 'unknown',
    before,
  });
}

/** The record of how a request ended; one per request. */
export function outcomeRecord(run: AgentRun, entry: OpenRequest, verdict: Verdict): AuditRecord {
  const { before, after, outdated } = entry.progress;
  return record(run, entry, 'outcome', verdict.time, {
    stage: 'outcome',
    outcome: outcomeOf(entry, verdict),
    status: verdict.status,
    ...(before === undefined ? {} : { before }),
    // What a lost PATCH may have changed since is not what holds.
    ...(after === undefined || outdated === true ? {} : { after }),
    ...(verdict.problem === undefined ? {} : { problem: verdict.problem }),
    // A request that was cancelled untouched has no other record that says who did it.
    ...(entry.cancel === undefined ? {} : { operator: entry.cancel.by, note: entry.cancel.note }),
  });
}

/** What a person ordered about a request. */
export interface OrderEvent {
  status: `reconcile-${ReconcileAction}` | 'cancel';
  operator: string;
  note: string;
}

/** The record of an order; with a `problem` it changed nothing. */
export function orderRecord(
  run: AgentRun,
  entry: OpenRequest,
  order: OrderEvent,
  {
    outcome = 'success',
    problem,
    name = String(Date.now()),
  }: { outcome?: AuditOutcome; problem?: Problem; name?: string } = {},
): AuditRecord {
  return record(run, entry, `event/${name}`, new Date().toISOString(), {
    stage: 'event',
    outcome,
    actor: order.operator,
    ...order,
    ...(problem === undefined ? {} : { problem }),
  });
}

/** The record that a request waits for a person: what it has done is not known for certain until it ends. */
export function parkedRecord(run: AgentRun, entry: OpenRequest, name: string, problem: Problem): AuditRecord {
  return record(run, entry, `parked/${name}`, new Date().toISOString(), {
    stage: 'event',
    outcome: 'unknown',
    status: 'parked',
    problem,
  });
}

/** The records that close what was unknown of a request while it waited for a person. */
export function reconciledRecords(run: AgentRun, entry: OpenRequest, verdict: Verdict): AuditRecord[] {
  const { order, cancel, request } = entry;
  const operator = order?.operator ?? cancel?.by;
  const note = order?.note ?? cancel?.note;
  return (entry.unsettled ?? []).map((name) =>
    record(run, entry, `reconciled/${name}`, verdict.time, {
      stage: 'event',
      outcome: outcomeOf(entry, verdict),
      status: 'reconciled',
      actor: operator ?? request.requestedBy,
      closes: recordId(run, entry, `parked/${name}`),
      ...(operator === undefined ? {} : { operator }),
      ...(note === undefined ? {} : { note }),
    }),
  );
}

/** A request id is unique for a day; with the time it was accepted the record's id is unique for ever. */
function recordId(run: AgentRun, { request, acceptedAt }: OpenRequest, what: string): string {
  return `${run.tenantId}/${run.agentId}/${request.requestId}/${acceptedAt}/${what}`;
}

function outcomeOf({ progress }: OpenRequest, { status }: Verdict): AuditOutcome {
  return auditOutcomeOf(status, progress.wrote !== 'no' || progress.toggles > 0);
}

function record(
  run: AgentRun,
  entry: OpenRequest,
  what: string,
  time: string,
  data: Pick<RequestAuditData, 'stage' | 'outcome'> & Partial<RequestAuditData>,
): AuditRecord {
  const { request, progress } = entry;
  return auditRecord<RequestAuditData>(recordId(run, entry, what), run.agentId, time, {
    actor: request.requestedBy,
    requestId: request.requestId,
    requestedBy: request.requestedBy,
    reason: request.reason,
    ...(request.ticket === undefined ? {} : { ticket: request.ticket }),
    tenantId: run.tenantId,
    agentId: run.agentId,
    changes: data.stage === 'intent' ? intendedChanges(entry) : askedChanges(request, progress.resolved),
    origin: { workflowId: run.workflowId, runId: run.runId, attempt: progress.attempts },
    ...data,
  });
}

/** What a request asks for, as far as it is resolved. */
export function askedChanges({ changes }: ProvisionRequest, resolved?: readonly ResolvedChange[]): AuditedChange[] {
  return changes.map((change, index) => {
    const found = resolved?.[index];
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
  if (!entry.progress.rollback) return askedChanges(entry.request, entry.progress.resolved);
  return wishesOf(entry).map(({ skillId, level }) => ({
    action: level === 0 ? 'remove' : 'assign',
    skillId,
    requestedLevel: level,
    targetLevel: level,
  }));
}
