import type { Client } from 'pg';
import type { Retention } from '../retention.ts';
import { asRecordTime } from './record-time.ts';

/** What retention has removed of a tenant's records. */
export interface Purged {
  /** Every record with an earlier time may be gone. Null: none may. */
  before: string | null;
  /** How many were removed. */
  records: number;
  /** Purges that took records younger than the retention allows, by their limits. */
  early: string[];
  /** Notes of purges that no purge of ours can have left, by their limits, and what is wrong with them. */
  forged: { before: string; why: string }[];
}

interface PurgedRow {
  before: string;
  records: string;
  is_early: boolean;
  is_to_come: boolean;
  is_of_chain: boolean;
}

/** A note can claim any time: what has not come yet counts as now. Months and years are those of UTC, whoever asks. */
const QUERY = `
  select ${asRecordTime('p.before')} as before, p.records,
         p.before > (least(p.purged_at, statement_timestamp()) at time zone 'UTC'
                      - make_interval(years => $2, days => $3)) at time zone 'UTC' as is_early,
         p.purged_at > statement_timestamp() as is_to_come,
         case when p.records = 0 then p.last_position is null
              else coalesce(p.last_hash = encode(c.hash, 'hex') and c.record_time < p.before, false) end as is_of_chain
    from audit.purged p
    left join audit.chain c on c.tenant_id = p.tenant_id and c.position = p.last_position
   where p.tenant_id = $1 order by p.before`;

/** What was purged of a tenant. With a retention it is judged whether that was over when it was done. */
export async function readPurged(client: Client, tenantId: string, retention: Retention | undefined): Promise<Purged> {
  const { years, days } = retention ?? { years: 0, days: 0 };
  const { rows } = await client.query<PurgedRow>(QUERY, [tenantId, years, days]);
  return {
    before: rows.at(-1)?.before ?? null,
    records: rows.reduce((sum, { records }) => sum + Number(records), 0),
    early: rows.filter(({ is_early }) => is_early).map(({ before }) => before),
    forged: rows.flatMap(({ before, is_to_come, is_of_chain }) => [
      ...(is_to_come ? [{ before, why: 'it was done at a time that has not come yet' }] : []),
      ...(is_of_chain ? [] : [{ before, why: 'the chain does not have what it says was removed last' }]),
    ]),
  };
}
