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
}

/** What was purged of a tenant. With a retention it is judged whether that was over when it was done. */
export async function readPurged(client: Client, tenantId: string, retention: Retention | undefined): Promise<Purged> {
  const { years, days } = retention ?? { years: 0, days: 0 };
  const { rows } = await client.query<{ before: string; records: string; is_early: boolean }>(
    `select ${asRecordTime('before')} as before, records,
            before > purged_at - make_interval(years => $2, days => $3) as is_early
       from audit.purged where tenant_id = $1 order by before`,
    [tenantId, years, days],
  );
  return {
    before: rows.at(-1)?.before ?? null,
    records: rows.reduce((sum, { records }) => sum + Number(records), 0),
    early: rows.filter(({ is_early }) => is_early).map(({ before }) => before),
  };
}
