import type { AuditRecord } from '../domain/audit-record.ts';
import { requestFacts, requestKey, type RequestFacts } from '../domain/request-facts.ts';
import type { AuditTrail } from './trail.ts';

/** A request that may have changed an agent and of which no outcome was recorded. */
export interface OpenIntent extends RequestFacts {
  /** Of its first intent without an outcome; ISO 8601. */
  since: string;
  /** How many writes were announced. */
  intents: number;
  /** Why it waits for a person, if it does; then somebody has been told already. */
  parked?: string;
}

export interface OpenIntentsOptions {
  tenantId?: string;
  /** Unix milliseconds; default: the clock. */
  now?: number;
}

/**
 * The requests with an intent that is older than `olderThanMs` and has no outcome, the oldest first. Throws
 * `AuditUnreadableError`.
 */
export async function openIntents(
  trail: AuditTrail,
  olderThanMs: number,
  { tenantId, now = Date.now() }: OpenIntentsOptions = {},
): Promise<OpenIntent[]> {
  const query = { before: new Date(now - olderThanMs).toISOString(), asOf: new Date(now).toISOString() };
  const requests = new Map<string, AuditRecord[]>();
  for await (const record of trail.readOpen({ ...query, ...(tenantId === undefined ? {} : { tenantId }) })) {
    const key = requestKey(record);
    requests.set(key, [...(requests.get(key) ?? []), record]);
  }
  return [...requests.values()].flatMap((records) => toOpenIntent(records) ?? []);
}

function toOpenIntent(records: readonly AuditRecord[]): OpenIntent | undefined {
  const intents = records.filter(({ data }) => data.stage === 'intent');
  const [first] = intents;
  if (first === undefined) return undefined;
  const parked = records.findLast(({ data }) => data.status === 'parked');
  return {
    ...requestFacts(first),
    since: first.time,
    intents: intents.length,
    ...(parked === undefined ? {} : { parked: parked.data.problem?.code ?? 'parked' }),
  };
}
