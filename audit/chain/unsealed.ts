import type { Client } from 'pg';
import { asRecordTime } from './record-time.ts';

/** Records that no link has yet. */
export interface UnsealedTail {
  records: number;
  /** The time of the oldest one; absent where there is none. */
  oldest?: string;
  /** How old that one is, in seconds. */
  ageSeconds: number;
}

interface TailRow {
  records: string;
  oldest: string | null;
  age: number | null;
}

const SUMMARY = `count(*) as records, ${asRecordTime('min(r.time)')} as oldest,
  extract(epoch from clock_timestamp() - min(r.time))::float8 as age`;

/** What the sealer has not come to yet, over all tenants. Reads only that. */
export async function readUnsealedTail(client: Client): Promise<UnsealedTail> {
  const { rows } = await client.query<TailRow>(
    `select ${SUMMARY} from audit.records r
      where (r.xid, r.sequence) > (select xid, sequence from audit.sealed_until)`,
  );
  return toTail(rows[0]);
}

/** A record that the sealer has passed and not sealed. */
export interface Unlinked {
  recordId: string;
  recordTime: string;
}

/** Every record of a tenant that no link has: what is still to come, and (at most `limit` of) what never will. */
export async function readUnlinked(
  client: Client,
  tenantId: string,
  limit: number,
): Promise<{ tail: UnsealedTail; passed: Unlinked[] }> {
  const unlinked = `
    from audit.records r
   where r.tenant_id = $1
     and not exists (select from audit.chain c
                      where c.tenant_id = r.tenant_id and c.record_id = r.id and c.record_time = r.time)
     and (r.xid, r.sequence)`;
  const until = '(select xid, sequence from audit.sealed_until)';
  const tail = await client.query<TailRow>(`select ${SUMMARY} ${unlinked} > ${until}`, [tenantId]);
  const passed = await client.query<{ id: string; time: string }>(
    `select r.id, ${asRecordTime('r.time')} as time ${unlinked} <= ${until} order by r.time, r.id limit $2`,
    [tenantId, limit],
  );
  return {
    tail: toTail(tail.rows[0]),
    passed: passed.rows.map(({ id, time }) => ({ recordId: id, recordTime: time })),
  };
}

function toTail(row: TailRow | undefined): UnsealedTail {
  const { records = '0', oldest = null, age = null } = row ?? {};
  return {
    records: Number(records),
    ...(oldest === null ? {} : { oldest }),
    ageSeconds: Math.max(0, Math.round(age ?? 0)),
  };
}
