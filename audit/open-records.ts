import type { AuditRecord } from '../domain/audit-record.ts';
import { requestKey } from '../domain/request-facts.ts';
import type { OpenQuery, TrailQuery } from './trail.ts';

/** What `AuditTrail.readOpen` promises, out of the records themselves: for a trail that can't look it up. */
export async function* openRecords(
  read: (query: TrailQuery) => AsyncIterable<AuditRecord>,
  { tenantId, before, asOf }: OpenQuery,
): AsyncGenerator<AuditRecord> {
  const open = new Map<string, AuditRecord[]>();
  for await (const record of read({ until: asOf, ...(tenantId === undefined ? {} : { tenantId }) })) {
    const key = requestKey(record);
    if (record.data.stage === 'outcome') open.delete(key);
    else if (beginsSomething(record) && Date.parse(record.time) < Date.parse(before)) {
      open.set(key, [...(open.get(key) ?? []), record]);
    }
  }
  const left = [...open.values()].flat();
  yield* left.sort((a, b) => Date.parse(a.time) - Date.parse(b.time));
}

/** Whether an outcome has to follow. */
function beginsSomething({ data: { stage, status } }: AuditRecord): boolean {
  return stage === 'intent' || status === 'parked';
}
