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

/** A record without a link that the sealer has passed, or will not come to. */
export interface Unlinked {
  recordId: string;
  recordTime: string;
  /** Its transaction number is one that this server has not given yet. */
  isToCome: boolean;
}

/** Whether it is known how far the sealer has come. */
export async function isSealedUntilKnown(client: Client): Promise<boolean> {
  return (await client.query('select from audit.sealed_until')).rows.length === 1;
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
     and `;
  // What this snapshot shows was written by a transaction before its end; what says otherwise was not written by any.
  const isToCome = 'r.xid >= pg_snapshot_xmax(pg_current_snapshot())';
  const isPassed = `(${isToCome} or (r.xid, r.sequence) <= (select xid, sequence from audit.sealed_until))`;
  const tail = await client.query<TailRow>(`select ${SUMMARY} ${unlinked} ${isPassed} is not true`, [tenantId]);
  const passed = await client.query<{ id: string; time: string; is_to_come: boolean }>(
    `select r.id, ${asRecordTime('r.time')} as time, ${isToCome} as is_to_come
     ${unlinked} ${isPassed} order by r.time, r.id limit $2`,
    [tenantId, limit],
  );
  return {
    tail: toTail(tail.rows[0]),
    passed: passed.rows.map(({ id, time, is_to_come }) => ({ recordId: id, recordTime: time, isToCome: is_to_come })),
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
