import type { Client } from 'pg';
import type { LinkWithRecord, RecordState } from './verify-links.ts';
import { asRecordTime } from './record-time.ts';
import { differingKey, sealOfRecord } from './stored-record.ts';

/** Links are read in such portions; the next one is under way while one is judged. */
const PAGE = 1_000;
/** Their records in characters, unless one alone is more. */
const PAGE_CHARACTERS = 16_000_000;

interface LinkRow {
  position: string;
  record_id: string;
  record_time: string;
  record_hash: string;
  previous: string;
  hash: string;
  is_purged: boolean;
  /** Null where there is no such record. */
  record: string | null;
  differing: string[];
}

/** The columns that PostgreSQL makes from the record, as `name` and what it is made of. */
const DERIVED = [
  ...['agent_id', 'request_id', 'requested_by', 'actor', 'stage'].map((name) => ({
    name,
    from: `left(r.record #>> '{data,${name.replace(/_(.)/, (_, letter: string) => letter.toUpperCase())}}', 200)`,
  })),
  { name: 'type', from: `left(r.record ->> 'type', 200)` },
  { name: 'skill_ids', from: `audit.of_changes(r.record, 'skillId')` },
  { name: 'skill_names', from: `audit.of_changes(r.record, 'name')` },
];

const differing = `array_remove(array[${DERIVED.map(
  ({ name, from }) => `case when r.${name} is distinct from ${from} then '${name}' end`,
).join(', ')}], null)`;

// Each record is looked up by its key: a plan that joins whole tables would read everything anew for each page.
const QUERY = `
  with page as materialized (
    select c.position, c.record_id, ${asRecordTime('c.record_time')} as record_time,
           encode(c.record_hash, 'hex') as record_hash, encode(c.previous, 'hex') as previous,
           encode(c.hash, 'hex') as hash,
           c.record_time < coalesce($4, '-infinity'::timestamptz) as is_purged, r.record, r.differing
      from (select * from audit.chain where tenant_id = $1 and position > $2 order by position limit $3) c
      left join lateral (
        select r.record::text, ${differing} as differing
          from audit.records r
         where r.tenant_id = $1 and r.id = c.record_id and r.time = c.record_time
         limit 1
      ) r on true
  )
  select * from (
    select *, sum(length(record)) over in_order as characters, row_number() over in_order as number
      from page window in_order as (order by position rows unbounded preceding)
  ) as counted
   where number = 1 or coalesce(characters, 0) <= ${PAGE_CHARACTERS}
   order by position`;

/** The links of a tenant by their position, each with what has become of its record. `purgedBefore` is PostgreSQL's text. */
export async function* readLinks(
  client: Client,
  tenantId: string,
  purgedBefore: string | null,
): AsyncGenerator<LinkWithRecord[]> {
  const read = async (after: string): Promise<LinkRow[]> =>
    (await client.query<LinkRow>({ name: 'audit-links', text: QUERY, values: [tenantId, after, PAGE, purgedBefore] }))
      .rows;
  for (let rows = await read('0'); ;) {
    const last = rows.at(-1);
    if (last === undefined) return;
    const next = read(last.position);
    // Judged by whoever waits for it; an error of it must not end the process before.
    next.catch(() => undefined);
    yield rows.map((row) => toLink(tenantId, row));
    rows = await next;
  }
}

function toLink(tenantId: string, row: LinkRow): LinkWithRecord {
  return {
    tenantId,
    position: Number(row.position),
    previous: row.previous,
    recordId: row.record_id,
    recordTime: row.record_time,
    recordHash: row.record_hash,
    hash: row.hash,
    record: toRecordState(tenantId, row),
  };
}

function toRecordState(tenantId: string, row: LinkRow): RecordState {
  if (row.record === null) return { state: row.is_purged ? 'purged' : 'gone' };
  const record: unknown = JSON.parse(row.record);
  const key = { tenantId, id: row.record_id, time: row.record_time };
  return {
    state: 'present',
    ...sealOfRecord(row.record, record),
    differing: [...differingKey(record, key), ...row.differing],
  };
}
