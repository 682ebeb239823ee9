import { auditRecord as toRecord, type AuditRecord, type RequestAuditData } from '../../domain/audit-record.ts';

/** A record as the workflow makes them, with this id: an intent, or what `data` makes of it. */
export function auditRecord(id: string, data: Partial<RequestAuditData> = {}): AuditRecord<RequestAuditData> {
  const stage = data.stage ?? 'intent';
  return toRecord(id, data.agentId ?? 'agent-1', '2026-11-23T08:00:00.000Z', {
    stage,
    outcome: stage === 'intent' ? 'unknown' : 'success',
    ...(stage === 'intent' ? {} : { status: stage === 'outcome' ? 'provisioned' : 'cancel' }),
    actor: data.requestedBy ?? 'ops@example.com',
    requestId: 'r-1',
    requestedBy: 'ops@example.com',
    reason: 'on call',
    tenantId: 'acme',
    agentId: 'agent-1',
    changes: [{ action: 'assign', skillId: 'voice', requestedLevel: 3.7, targetLevel: 4 }],
    before: [],
    origin: { workflowId: 'provision-skill/acme/agent-1', runId: 'run-1', attempt: 1, host: 'host-a' },
    ...data,
  });
}

/** A record of something that a worker met. */
export function workerRecord(id: string, tenantId = 'acme'): AuditRecord {
  return toRecord(id, tenantId, '2026-11-23T08:00:00.000Z', {
    stage: 'event',
    outcome: 'failure',
    status: 'login-failed',
    actor: 'host-a-1-0a0b0c0d',
    tenantId,
    problem: { code: 'login-failed', message: 'POST /oauth/token: 401' },
    origin: { host: 'host-a', instance: 'host-a-1-0a0b0c0d' },
  });
}
