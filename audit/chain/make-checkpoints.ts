import type { Client } from 'pg';
import { parseCheckpoint, signCheckpoint, type Checkpoint, type SigningKey } from './checkpoint.ts';
import { appendCheckpoints } from './checkpoint-place.ts';
import { UnsealableError } from './sealer.ts';

interface HeadRow {
  tenant_id: string;
  position: string;
  hash: string;
  /** The latest checkpoint of the tenant, and what the chain has at its position now. */
  checkpoint: string | null;
  hash_there: string | null;
}

// Steps from tenant to tenant: their number is small, that of their links is not.
const HEADS = `
  with recursive tenant (tenant_id) as (
    select min(tenant_id) from audit.chain
    union all
    select (select min(tenant_id) from audit.chain where tenant_id > tenant.tenant_id)
      from tenant where tenant.tenant_id is not null
  )
  select t.tenant_id, head.position, encode(head.hash, 'hex') as hash, latest.checkpoint::text,
         (select encode(c.hash, 'hex') from audit.chain c
           where c.tenant_id = t.tenant_id and c.position = latest.position) as hash_there
    from tenant t
   cross join lateral (select position, hash from audit.chain
                        where tenant_id = t.tenant_id order by position desc limit 1) head
    left join lateral (select position, checkpoint from audit.checkpoints
                        where tenant_id = t.tenant_id order by position desc, made_at desc limit 1) latest on true
   order by t.tenant_id`;

/**
 * Signs the head of every chain that has grown since its latest checkpoint. They go to the second place first: what the
 * database knows of has been written there. Throws the file system's errors and what `pg` throws; `UnsealableError` if
 * chains no longer have what their latest checkpoints say. Those are not signed, which would cover it up, but the others are.
 */
export async function makeCheckpoints(client: Client, place: string, key: SigningKey): Promise<Checkpoint[]> {
  const { rows } = await client.query<HeadRow>(HEADS);
  const time = new Date().toISOString();
  const checkpoints = rows.filter(hasGrown).map(({ tenant_id, position, hash }) => {
    return signCheckpoint(tenant_id, { position: Number(position), hash }, time, key);
  });
  await appendCheckpoints(place, checkpoints);
  for (const checkpoint of checkpoints) {
    await client.query(
      'insert into audit.checkpoints (tenant_id, position, made_at, checkpoint) values ($1, $2, $3, $4)',
      [checkpoint.tenantId, checkpoint.position, checkpoint.time, JSON.stringify(checkpoint)],
    );
  }
  const contradicted = rows.filter((row) => latestOf(row) === 'contradicted').map(({ tenant_id }) => tenant_id);
  if (contradicted.length === 0) return checkpoints;
  throw new UnsealableError(
    `The chain of tenant ${contradicted.join(', ')} does not have what its latest checkpoint says; run "cxone-skills audit verify".`,
  );
}

function hasGrown(row: HeadRow): boolean {
  const latest = latestOf(row);
  return latest !== 'contradicted' && latest !== Number(row.position);
}

/** The position of the latest checkpoint, which the chain must still have; 0 where there is none. */
function latestOf({ checkpoint, hash_there }: HeadRow): number | 'contradicted' {
  if (checkpoint === null) return 0;
  const parsed = parseCheckpoint(checkpoint);
  const isThere = 'checkpoint' in parsed && parsed.checkpoint.hash === hash_there;
  return isThere ? parsed.checkpoint.position : 'contradicted';
}

/** When the latest checkpoint of any tenant was made, in milliseconds since 1970; undefined where there is none. */
export async function latestCheckpointAt(client: Client): Promise<number | undefined> {
  const { rows } = await client.query<{ at: number | null }>(
    'select extract(epoch from max(made_at))::float8 * 1000 as at from audit.checkpoints',
  );
  return rows[0]?.at ?? undefined;
}
