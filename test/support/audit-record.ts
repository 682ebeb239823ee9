import type { AuditData, AuditRecord } from '../../domain/audit-record.ts';

/** A record as the workflow makes them, with this id. */
export function auditRecord(id: string, data: Partial<AuditData> = {}): AuditRecord {
  return {
    specversion: '1.0',
    id,
    source: 'provision-skill/acme/agent-1',
    type: 'skill-provisioning.intent',
    subject: 'agent-1',
    time: '2026-11-23T08:00:00.000Z',
    datacontenttype: 'application/json',
    data: {
      stage: 'intent',
      requestId: 'r-1',
      requestedBy: 'ops@example.com',
      reason: 'on call',
      tenantId: 'acme',
      agentId: 'agent-1',
      changes: [{ action: 'assign', skillId: 'voice', requestedLevel: 3.7, targetLevel: 4 }],
      before: [],
      origin: { workflowId: 'provision-skill/acme/agent-1', runId: 'run-1', attempt: 1, host: 'host-a' },
      ...data,
    },
  };
}
