import type { AuditRecord } from '../domain/audit-record.ts';

/** Which records are wanted: those to which all of this applies. */
export interface TrailQuery {
  tenantId?: string;
  agentId?: string;
  /** The id of a skill that one of the changes names, or its name. */
  skill?: string;
  requestId?: string;
  /** Who acted, asked or decided: `actor`, `requestedBy` or `operator`. */
  by?: string;
  /** ISO 8601; a record of this very moment is in. */
  since?: string;
  /** ISO 8601; a record of this very moment is out. */
  until?: string;
}

/** Which open requests are wanted. */
export interface OpenQuery {
  tenantId?: string;
  /** ISO 8601: only what was recorded before it. */
  before: string;
  /** ISO 8601: outcomes that came at or after it don't count. */
  asOf: string;
}

/** Records as they can be read, wherever they are kept. Each id comes once. */
export interface AuditTrail {
  /**
   * Streams records, the oldest first; those of one moment in the order in which they were recorded, as far as that is
   * known. Throws `AuditUnreadableError`.
   */
  read(query: TrailQuery): AsyncIterable<AuditRecord>;
  /**
   * Streams, in the same order, the intents and `parked` events after which no outcome of their request was recorded.
   * Throws `AuditUnreadableError`.
   */
  readOpen(query: OpenQuery): AsyncIterable<AuditRecord>;
  /** Where the records come from, for people; without a password. */
  readonly source: string;
  /** Lines or rows of the last reading that were no records. */
  readonly broken: number;
}

/** Whether a query wants a record. */
export function isWanted({ time, data }: AuditRecord, query: TrailQuery): boolean {
  const { tenantId, agentId, skill, requestId, by, since, until } = query;
  const at = Date.parse(time);
  return (
    (since === undefined || at >= Date.parse(since)) &&
    (until === undefined || at < Date.parse(until)) &&
    (tenantId === undefined || data.tenantId === tenantId) &&
    (agentId === undefined || data.agentId === agentId) &&
    (requestId === undefined || data.requestId === requestId) &&
    (by === undefined || [data.actor, data.requestedBy, data.operator].includes(by)) &&
    (skill === undefined || (data.changes ?? []).some(({ skillId, name }) => skillId === skill || name === skill))
  );
}
