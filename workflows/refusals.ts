import { ApplicationFailure, workflowInfo } from '@temporalio/workflow';
import {
  auditRecord,
  UNNAMED,
  type AuditEventStatus,
  type AuditRecord,
  type OtherAuditData,
  type RequestAuditData,
} from '../domain/audit-record.ts';
import { FAILURE } from '../domain/failure-types.ts';
import type { Problem } from '../domain/outcome.ts';
import { requestDigest } from '../domain/request-digest.ts';
import { REQUEST_ID_PATTERN, type ProvisionRequest } from '../domain/request.ts';
import type { AgentRun } from './agent-run.ts';
import { askedChanges, orderRecord } from './audit-records.ts';
import { checkCancelOrder, checkReconcileOrder, checkRequest, refusal } from './check-input.ts';
import type { CancelOrder, ReconcileOrder } from './provision-skill.messages.ts';

/** Texts that nobody has checked are cut to what a checked one can have. */
const MAX_TEXT = 500;

/** Whatever was thrown while looking at what somebody sent, as the refusal that they hear. */
export function toRefusal(error: unknown): ApplicationFailure {
  if (error instanceof ApplicationFailure) return error;
  return refusal(FAILURE.invalidInput, 'The input can not be read.');
}

/** Notes for the audit trail that a submission was refused; one that is repeated is noted once in a run. */
export function noteRefusedSubmission(run: AgentRun, request: unknown, failure: ApplicationFailure): void {
  const problem = problemOf(failure);
  const known = checkRequest(request);
  const key = [problem.message, known.ok ? requestDigest(known.value) : textOf(request, 'requestId')].join('\n');
  run.journal.noteOnce(key, (name) => refusedRecord(run, name, request, problem));
}

/** Notes that a person's order was refused: it was malformed, or applied to nothing. */
export function noteRefusedOrder(
  run: AgentRun,
  kind: 'reconcile' | 'cancel',
  order: unknown,
  failure: ApplicationFailure,
): void {
  const problem = problemOf(failure);
  const known = kind === 'reconcile' ? asReconcile(order) : asCancel(order);
  const requestId = textOf(order, 'requestId');
  const entry = run.queue.open.find(({ request }) => request.requestId === requestId);
  run.journal.note((name) => {
    if (entry !== undefined && known !== undefined) {
      return orderRecord(run, entry, known, { outcome: 'failure', problem, name });
    }
    const operator = known?.operator ?? textOf(order, kind === 'reconcile' ? 'operator' : 'by');
    return otherRecord(run, name, known?.status ?? kind, operator, requestId, problem, known?.note);
  });
}

/** The record of a start argument or submission that never became a request. */
function refusedRecord(
  run: Pick<AgentRun, 'tenantId' | 'agentId' | 'workflowId' | 'runId'>,
  name: string,
  request: unknown,
  problem: Problem,
): AuditRecord {
  const known = checkRequest(request);
  if (!known.ok) {
    return otherRecord(
      run,
      name,
      'refused',
      textOf(request, 'requestedBy'),
      textOf(request, 'requestId'),
      problem,
      undefined,
    );
  }
  const { requestId, requestedBy, reason, ticket } = known.value;
  return auditRecord<RequestAuditData>(recordId(run, name), run.agentId, new Date().toISOString(), {
    stage: 'event',
    outcome: 'failure',
    status: 'refused',
    actor: requestedBy,
    requestId,
    requestedBy,
    reason,
    ...(ticket === undefined ? {} : { ticket }),
    tenantId: run.tenantId,
    agentId: run.agentId,
    changes: askedChanges(known.value),
    origin: { workflowId: run.workflowId, runId: run.runId, attempt: 0 },
    problem,
  });
}

/** The record of the start of a temporary skill that makes no sense, or under an id that is another's. */
export function wrongTemporaryRecord(
  target: { tenantId: string; agentId: string } | undefined,
  temporary: unknown,
  problem: Problem,
): AuditRecord {
  const { workflowId, runId } = workflowInfo();
  const { tenantId, agentId } = target ?? { tenantId: UNNAMED, agentId: UNNAMED };
  const run = { tenantId, agentId, workflowId, runId };
  return otherRecord(run, 'start', 'refused', textOf(temporary, 'requestedBy'), undefined, problem, undefined);
}

/** The record of the start of a run whose id is not an agent's. */
export function wrongRunRecord(request: unknown, message: string): AuditRecord {
  const { workflowId, runId } = workflowInfo();
  const known = checkRequest(request);
  const { tenantId, agentId }: Pick<ProvisionRequest, 'tenantId' | 'agentId'> = known.ok
    ? known.value
    : { tenantId: UNNAMED, agentId: UNNAMED };
  return refusedRecord({ tenantId, agentId, workflowId, runId }, 'start', request, {
    code: 'wrong-workflow-id',
    message: message.slice(0, MAX_TEXT),
  });
}

function otherRecord(
  run: Pick<AgentRun, 'tenantId' | 'agentId' | 'workflowId' | 'runId'>,
  name: string,
  status: AuditEventStatus,
  actor: string | undefined,
  requestId: string | undefined,
  problem: Problem,
  note: string | undefined,
): AuditRecord {
  return auditRecord<OtherAuditData>(recordId(run, name), run.agentId, new Date().toISOString(), {
    stage: 'event',
    outcome: 'failure',
    status,
    actor: actor ?? UNNAMED,
    tenantId: run.tenantId,
    agentId: run.agentId,
    ...(requestId === undefined || !REQUEST_ID_PATTERN.test(requestId) ? {} : { requestId }),
    ...(status === 'refused' || actor === undefined ? {} : { operator: actor }),
    ...(note === undefined ? {} : { note }),
    problem,
    origin: { workflowId: run.workflowId, runId: run.runId, attempt: 0 },
  });
}

function recordId(run: Pick<AgentRun, 'tenantId' | 'agentId' | 'runId'>, name: string): string {
  return `${run.tenantId}/${run.agentId}/${run.runId}/refused/${name}`;
}

/** What a refusal is called in the trail. */
export function problemOf({ type, message }: ApplicationFailure): Problem {
  return { code: CODES[type ?? ''] ?? 'invalid-request', message: message.slice(0, MAX_TEXT) };
}

const CODES: Record<string, string> = {
  [FAILURE.requestIdReused]: 'request-id-reused',
  [FAILURE.notApplicable]: 'not-applicable',
};

function asReconcile(order: unknown) {
  const known = checkReconcileOrder(order);
  if (!known.ok) return undefined;
  const { action, operator, note }: ReconcileOrder = known.value;
  return { status: `reconcile-${action}` as const, operator, note };
}

function asCancel(order: unknown) {
  const known = checkCancelOrder(order);
  if (!known.ok) return undefined;
  const { by, note }: CancelOrder = known.value;
  return { status: 'cancel' as const, operator: by, note };
}

function textOf(value: unknown, field: string): string | undefined {
  const text = (value as Record<string, unknown> | null | undefined)?.[field];
  return typeof text === 'string' && text.trim() !== '' ? text.slice(0, MAX_TEXT) : undefined;
}
