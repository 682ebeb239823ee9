import type { AuditRecord } from '../domain/audit-record.ts';

const REPLACEMENT = '\uFFFD';

/**
 * The record with each NUL and each half of a character replaced: PostgreSQL's jsonb can't hold the one, canonical JSON
 * not the other, and what people write must not keep a change out of the trail. Anything else stays as it is.
 */
export function toRecordable(record: AuditRecord): AuditRecord {
  return replaced(record) as AuditRecord;
}

function replaced(value: unknown): unknown {
  if (typeof value === 'string') return value.replaceAll(/[\0\p{Cs}]/gu, REPLACEMENT);
  if (Array.isArray(value)) return value.map(replaced);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, replaced(item)]));
}
