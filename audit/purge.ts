import type { Client } from 'pg';
import { createPartitions } from './migrate.ts';
import type { Retention } from './retention.ts';

/** What a purge removed, or would have. */
export interface Purge {
  /** ISO 8601: every record with an earlier time is gone. */
  before: string;
  /** Those that were dropped. Records of a month without one are removed all the same. */
  partitions: string[];
  /** Of each tenant that had records there. */
  tenants: { tenantId: string; records: number }[];
}

/** Records that are older than their retention have no link in the chain yet: without one their end would show nowhere. */
export class UnsealedRecordsError extends Error {
  override readonly name = 'UnsealedRecordsError';
  readonly records: number;

  constructor(records: number) {
    super(`${records} records that would be removed are not sealed yet.`);
    this.records = records;
  }
}

export interface PurgeOptions {
  retention: Retention;
  /** Partitions are made for so many months after this one. */
  monthsAhead: number;
  /** Remove nothing, only say what would be. */
  dryRun: boolean;
}

/** Appends wait behind whoever waits to drop a table. Much less than they are given. */
const LOCK_TIMEOUT = '3s';

const BEFORE = `
  select date_trunc('month', now() at time zone 'UTC' - make_interval(years => $1, days => $2)) at time zone 'UTC'
    as before`;
/** Every partition of a month that is over by then. The names are those that `audit.create_partitions` gives. */
const PARTITIONS = `
  select relname as name
    from pg_inherits join pg_class on pg_class.oid = inhrelid
    where inhparent = 'audit.records'::regclass and relname ~ '^records_y\\d+m\\d\\d$'
      and (make_timestamp((regexp_match(relname, 'y(\\d+)'))[1]::int, (regexp_match(relname, 'm(\\d+)$'))[1]::int,
                          1, 0, 0, 0) + interval '1 month') at time zone 'UTC' <= $1
    order by relname`;
const UNSEALED = `
  select count(*)::int as records from audit.records as r
    where time < $1 and not exists (
      select from audit.chain as c
        where c.tenant_id = r.tenant_id and c.record_id = r.id and c.record_time = r.time)`;
/** A later purge of the same months, of records that came late, adds to what the first one noted. */
const NOTE = `
  insert into audit.purged (tenant_id, before, records, first_position, last_position, last_hash)
  select r.tenant_id, $1, count(*), min(c.position), max(c.position),
         (array_agg(encode(c.hash, 'hex') order by c.position desc))[1]
    from audit.records as r
    join audit.chain as c on c.tenant_id = r.tenant_id and c.record_id = r.id and c.record_time = r.time
    where r.time < $1
    group by r.tenant_id
  on conflict (tenant_id, before) do update
    set records = purged.records + excluded.records,
        first_position = least(purged.first_position, excluded.first_position),
        last_position = greatest(purged.last_position, excluded.last_position),
        last_hash = case when excluded.last_position > purged.last_position then excluded.last_hash
                         else purged.last_hash end`;
/** Records of months that never got a partition. */
const OF_DEFAULT = 'delete from audit.records_default where time < $1';
const TENANTS = `
  select tenant_id as "tenantId", count(*)::int as records from audit.records where time < $1 group by 1 order by 1`;

/**
 * Removes what is older than its retention, by whole months, and notes in `audit.purged` what that was, in one
 * transaction. The links of the chain stay. Throws `UnsealedRecordsError` if there are records that have none. The user
 * must be the owner of the tables.
 */
export async function purge(client: Client, { retention, monthsAhead, dryRun }: PurgeOptions): Promise<Purge> {
  // Here as well as by `audit migrate`, so that one of them in a schedule is enough.
  await createPartitions(client, monthsAhead);
  await client.query('begin');
  try {
    await client.query(`set local lock_timeout = '${LOCK_TIMEOUT}'`);
    const { rows } = await client.query<{ before: Date }>(BEFORE, [retention.years, retention.days]);
    const before = rows[0]?.before ?? new Date(0);
    const found = await client.query<{ name: string }>(PARTITIONS, [before]);
    const partitions = found.rows.map(({ name }) => name);
    for (const name of [...partitions, 'records_default']) {
      await client.query(`lock table audit.${name} in share row exclusive mode`);
    }
    const tenants = (await client.query<Purge['tenants'][number]>(TENANTS, [before])).rows;
    const unsealed = (await client.query<{ records: number }>(UNSEALED, [before])).rows[0]?.records ?? 0;
    if (unsealed > 0) throw new UnsealedRecordsError(unsealed);
    await client.query(NOTE, [before]);
    await client.query(OF_DEFAULT, [before]);
    for (const name of partitions) await client.query(`drop table audit.${name}`);
    await client.query(dryRun ? 'rollback' : 'commit');
    return { before: before.toISOString(), partitions, tenants };
  } catch (error) {
    await client.query('rollback').catch(() => undefined);
    throw error;
  }
}
