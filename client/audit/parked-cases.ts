import type { AuditRecord } from '../../domain/audit-record.ts';
import { requestFacts, requestKey, type RequestFacts } from '../../domain/request-facts.ts';
import type { AuditTrail } from '../../audit/trail.ts';

/** A request that waited for a person, and what became of it. */
export interface ParkedCase extends RequestFacts {
  /** When it first began to wait; ISO 8601. */
  since: string;
  /** Why, each time. */
  reasons: string[];
  message?: string;
  /** What people ordered meanwhile, and when the request ended, by their time. */
  decisions: { time: string; action: string; operator: string; note?: string; refused?: true }[];
  /** Absent: it still waited, or was at work again. */
  end?: { time: string; status: string; outcome: string };
}

/** Collects the requests that waited for a person out of records that come in order. */
export function createCases() {
  const cases = new Map<string, AuditRecord[]>();
  const waited = new Set<string>();

  return {
    take(record: AuditRecord): void {
      const { stage, status } = record.data;
      if (record.data.requestId === undefined || stage === 'intent') return;
      // Of the others only what people ordered and how it ended can belong to a case.
      if (status === 'refused') return;
      const key = requestKey(record);
      if (status === 'parked' || status === 'reconciled') waited.add(key);
      if (stage === 'event' || waited.has(key)) cases.set(key, [...(cases.get(key) ?? []), record]);
    },
    /** The cases, the oldest first. Looks up when one began to wait if that was before the records that were taken. */
    async list(trail: AuditTrail): Promise<ParkedCase[]> {
      const all: ParkedCase[] = [];
      for (const [key, records] of cases) {
        if (waited.has(key)) all.push(toCase(await withBeginning(records, trail)));
      }
      return all.sort((a, b) => Date.parse(a.since) - Date.parse(b.since));
    },
  };
}

/** The records of a case from where it began, also if that was before the first record that was taken. */
async function withBeginning(records: AuditRecord[], trail: AuditTrail): Promise<AuditRecord[]> {
  const last = records.at(-1);
  if (last === undefined || isWhole(records)) return records;
  const { tenantId, agentId, requestId } = last.data;
  const until = new Date(Date.parse(last.time) + 1).toISOString();
  const query = { tenantId, until, ...(agentId && { agentId }), ...(requestId && { requestId }) };
  const all: AuditRecord[] = [];
  for await (const record of trail.read(query)) if (record.data.stage !== 'intent') all.push(record);
  return all;
}

/** Whether what it closes is there: a request may have begun to wait before the first record that was taken. */
function isWhole(records: readonly AuditRecord[]): boolean {
  const ids = new Set(records.map(({ id }) => id));
  return (
    records[0]?.data.status === 'parked' &&
    records.every(({ data }) => data.closes === undefined || ids.has(data.closes))
  );
}

function toCase(records: readonly AuditRecord[]): ParkedCase {
  const [first] = records;
  if (first === undefined) throw new Error('a case has at least one record');
  const parked = records.filter(({ data }) => data.status === 'parked');
  const end = records.findLast(({ data }) => data.stage === 'outcome');
  const message = parked.at(-1)?.data.problem?.message;
  return {
    ...requestFacts(first),
    since: (parked[0] ?? first).time,
    reasons: parked.map(({ data }) => data.problem?.code ?? 'parked'),
    ...(message === undefined ? {} : { message }),
    decisions: records.filter(isDecision).map(({ time, data: { status = '', operator = '', note, outcome } }) => ({
      time,
      action: status,
      operator,
      ...(note === undefined ? {} : { note }),
      ...(outcome === 'failure' ? { refused: true as const } : {}),
    })),
    ...(end === undefined ? {} : { end: { time: end.time, status: end.data.status ?? '', outcome: end.data.outcome } }),
  };
}

/** What a person ordered: `reconcile-retry`, `cancel`. */
function isDecision({ data }: AuditRecord): boolean {
  return data.stage === 'event' && data.operator !== undefined && data.status !== 'reconciled';
}
