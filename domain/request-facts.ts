import type { AuditRecord } from './audit-record.ts';

/** Which request a record is about, and who asked for it. */
export interface RequestFacts {
  tenantId: string;
  agentId: string;
  requestId: string;
  requestedBy: string;
  ticket?: string;
}

export function requestFacts({ data }: AuditRecord): RequestFacts {
  const { tenantId, agentId = '', requestId = '', requestedBy = '', ticket } = data;
  return { tenantId, agentId, requestId, requestedBy, ...(ticket === undefined ? {} : { ticket }) };
}

/** The same for all records of one request. */
export function requestKey({ data }: AuditRecord): string {
  return JSON.stringify([data.tenantId, data.agentId, data.requestId]);
}
