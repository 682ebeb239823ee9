import type { Client } from 'pg';
import { asRecordTime } from './sealer.ts';

/** What retention has removed of a tenant's records. */
export interface Purged {
  /** Every record with an earlier time may be gone. Null: none may. */
  before: string | null;
  /** How many were removed. */
  records: number;
  /** Purges that took records younger than the retention allows, by their limits. */
  early: string[];
}

/** What was purged of a tenant. `retentionMs`: records younger than that may not have been, when it was done. */
export async function readPurged(client: Client, tenantId: string, retentionMs: number | undefined): Promise<Purged> {
  const { rows } = await client.query<{ before: string; records: string; is_early: boolean }>(
    `select ${asRecordTime('before')} as before, records,
            before > purged_at - make_interval(secs => coalesce($2::float8, 0)) as is_early
       from audit.purged where tenant_id = $1 order by before`,
    [tenantId, retentionMs === undefined ? null : retentionMs / 1000],
  );
  return {
    before: rows.at(-1)?.before ?? null,
    records: rows.reduce((sum, { records }) => sum + Number(records), 0),
    early: rows.filter(({ is_early }) => is_early).map(({ before }) => before),
  };
}
