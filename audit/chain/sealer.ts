import type { Client } from 'pg';
import { NO_HASH } from './canonical-json.ts';
import { linksAfter, type Head, type Link, type LinkContent } from './link.ts';
import { asRecordTime } from './record-time.ts';
import { sealOfRecord } from './stored-record.ts';

/** A database in which nothing can be sealed until a person has looked at it. */
export class UnsealableError extends Error {
  override readonly name = 'UnsealableError';
}

export interface SealedBatch {
  /** Records that got a link. */
  sealed: number;
  /** There may be more to seal at once. */
  more: boolean;
}

/** Large enough that a commit is shared by many, small enough to be done in a moment. */
const BATCH_RECORDS = 1_000;
/** What a batch holds in memory, in characters, unless one record alone is more. Records are of some kilobytes, and of 4 MB at most. */
const BATCH_CHARACTERS = 16_000_000;

/** A sealer that is stopped in the middle must not keep the others out. */
const BEGIN = `begin isolation level read committed; set local idle_in_transaction_session_timeout = '30s'`;

interface RecordRow {
  tenant_id: string;
  id: string;
  time: string;
  xid: string;
  sequence: string;
  record: string;
  is_sealed: boolean;
}

/**
 * Seals the records that are next in order of commit, at most {@link BATCH_RECORDS}, in one transaction: all of it happens
 * or nothing. A record is next when no transaction that is still open can have come before it. Waits for another sealer
 * that is at work. Throws what `pg` throws, or `UnsealableError`.
 */
export async function sealBatch(client: Client, limit = BATCH_RECORDS): Promise<SealedBatch> {
  await client.query(BEGIN);
  try {
    const batch = await sealWithin(client, limit);
    await client.query('commit');
    return batch;
  } catch (error) {
    await client.query('rollback').catch(() => undefined);
    throw error;
  }
}

async function sealWithin(client: Client, limit: number): Promise<SealedBatch> {
  // Of the sealers one works at a time. Held to the end of the transaction, so what is read after it is what the last
  // sealer left. Of those who may log in only sealers and the owner can take it.
  await client.query('lock table audit.sealed_until in exclusive mode');
  // Rows that move to the partition of their month meanwhile would be in neither of the two that a plan knows.
  await client.query('lock table audit.records in access share mode');
  await refuseForeignCounter(client);
  const { rows, more } = await nextRecords(client, limit);
  const last = rows.at(-1);
  if (last === undefined) return { sealed: 0, more };
  const open = rows.filter(({ is_sealed }) => !is_sealed);
  await insertLinks(client, await toLinks(client, open));
  await client.query('update audit.sealed_until set xid = $1, sequence = $2', [last.xid, last.sequence]);
  return { sealed: open.length, more };
}

/** Transaction numbers mean nothing in another cluster: a restored dump would be sealed in no order, or never. */
async function refuseForeignCounter(client: Client): Promise<void> {
  const { rows } = await client.query<{ is_foreign: boolean }>(
    `select cluster <> (pg_control_system()).system_identifier::text
            or xid >= pg_snapshot_xmax(pg_current_snapshot()) as is_foreign
       from audit.sealed_until`,
  );
  if (rows[0]?.is_foreign === false) return;
  throw new UnsealableError(
    rows.length === 0
      ? 'audit.sealed_until has no row: how far records are sealed is not known; see docs/audit-chain.md.'
      : 'This database was restored into another PostgreSQL: its transaction numbers are not of this server. ' +
          'See "After a restore" in docs/audit-chain.md.',
  );
}

async function nextRecords(client: Client, limit: number): Promise<{ rows: RecordRow[]; more: boolean }> {
  const { rows } = await client.query<RecordRow & { found: string }>(
    `with next as materialized (
       select r.tenant_id, r.id, ${asRecordTime('r.time')} as time, r.xid, r.sequence, r.record::text,
              exists (select from audit.chain c
                       where c.tenant_id = r.tenant_id and c.record_id = r.id and c.record_time = r.time) as is_sealed
         from audit.records r
        where (r.xid, r.sequence) > (select xid, sequence from audit.sealed_until)
          and r.xid < pg_snapshot_xmin(pg_current_snapshot())
        order by r.xid, r.sequence
        limit $1
     )
     select tenant_id, id, time, xid::text, sequence, record, is_sealed, found
       from (select *, count(*) over () as found, row_number() over in_order as number,
                    sum(length(record)) over in_order as characters
               from next window in_order as (order by xid, sequence rows unbounded preceding)) as counted
      where number = 1 or characters <= ${BATCH_CHARACTERS}
      order by number`,
    [limit],
  );
  const found = Number(rows[0]?.found ?? 0);
  return { rows, more: found === limit || found > rows.length };
}

async function toLinks(client: Client, rows: readonly RecordRow[]): Promise<Link[]> {
  const contents = new Map<string, LinkContent[]>();
  for (const { tenant_id, id, time, record } of rows) {
    const content = { recordId: id, recordTime: time, recordHash: sealOfRecord(record).hash };
    const ofTenant = contents.get(tenant_id);
    if (ofTenant === undefined) contents.set(tenant_id, [content]);
    else ofTenant.push(content);
  }
  const heads = await readHeads(client, [...contents.keys()]);
  return [...contents].flatMap(([tenantId, ofTenant]) => {
    const head = heads.get(tenantId) ?? { position: 0, hash: NO_HASH };
    return linksAfter(tenantId, head, ofTenant);
  });
}

/** The last link of each of these tenants that has any. */
async function readHeads(client: Client, tenantIds: readonly string[]): Promise<Map<string, Head>> {
  const { rows } = await client.query<{ tenant_id: string; position: string; hash: string }>(
    `select t.tenant_id, c.position, encode(c.hash, 'hex') as hash
       from unnest($1::text[]) as t (tenant_id)
      cross join lateral (select position, hash from audit.chain
                           where tenant_id = t.tenant_id order by position desc limit 1) c`,
    [tenantIds],
  );
  return new Map(rows.map(({ tenant_id, position, hash }) => [tenant_id, { position: Number(position), hash }]));
}

async function insertLinks(client: Client, links: readonly Link[]): Promise<void> {
  if (links.length === 0) return;
  const columns = [
    links.map(({ tenantId }) => tenantId),
    links.map(({ position }) => position),
    links.map(({ recordId }) => recordId),
    links.map(({ recordTime }) => recordTime),
    links.map(({ recordHash }) => recordHash),
    links.map(({ previous }) => previous),
    links.map(({ hash }) => hash),
  ];
  await client.query(
    `insert into audit.chain (tenant_id, position, record_id, record_time, record_hash, previous, hash)
     select tenant_id, position, record_id, record_time,
            decode(record_hash, 'hex'), decode(previous, 'hex'), decode(hash, 'hex')
       from unnest($1::text[], $2::bigint[], $3::text[], $4::timestamptz[], $5::text[], $6::text[], $7::text[])
         as link (tenant_id, position, record_id, record_time, record_hash, previous, hash)`,
    columns,
  );
}
