import type { Client } from 'pg';
import type { Retention } from '../retention.ts';
import type { Checkpoint, VerifyingKeys } from './checkpoint.ts';
import type { Finding } from './finding.ts';
import { judgeCheckpoints, type CheckpointLine } from './judge-checkpoints.ts';
import { readLinks } from './read-links.ts';
import { readPurged, type Purged } from './read-purged.ts';
import { isSealedUntilKnown, readUnlinked, type UnsealedTail } from './unsealed.ts';
import { createCheckpointVerifier } from './verify-checkpoints.ts';
import { createLinkVerifier, type Verified } from './verify-links.ts';

export interface VerifyTrailOptions {
  /** One tenant only. */
  tenantId?: string | undefined;
  /** Of the second place. Those of the database are taken too. */
  checkpoints: readonly CheckpointLine[];
  /** Without them no signature is judged. */
  keys?: VerifyingKeys | undefined;
  /** How long records are kept before they may be purged. */
  retention?: Retention | undefined;
  /** Ends the work; the error is the signal's reason. */
  signal?: AbortSignal | undefined;
  report: (finding: Finding) => void;
  /** Told where lines lie that are only the beginning of a checkpoint: a crash or a full disk ended them. */
  onTornCheckpoint?: (where: string) => void;
  /** Told now and then how many links have been verified. */
  onProgress?: (links: number) => void;
}

/** What was verified of a tenant. What is wrong with it is told by findings. */
export interface TenantVerified extends Verified {
  tenantId: string;
  /** The last position that a checkpoint has confirmed; 0 for none. */
  confirmed: number;
  /** What the sealer has not come to yet. */
  unsealed: UnsealedTail;
}

/** So many records that no link has are named; more are no more use to anybody. */
const MOST_UNLINKED = 10_000;

/**
 * Verifies the chains of all tenants, or of one, against their records and checkpoints, as they all were at one moment.
 * Neither writers nor the sealer are held up. Throws what `pg` throws.
 */
export async function verifyTrail(client: Client, options: VerifyTrailOptions): Promise<TenantVerified[]> {
  await client.query('begin isolation level repeatable read read only');
  try {
    // Before anything is seen: a purge or a move that ends meanwhile would take away what the snapshot still has to have.
    await client.query('lock table audit.records in access share mode');
    return await verifyAll(client, options);
  } finally {
    await client.query('rollback').catch(() => undefined);
  }
}

async function verifyAll(client: Client, options: VerifyTrailOptions): Promise<TenantVerified[]> {
  const lines = [...options.checkpoints, ...(await storedCheckpoints(client))];
  const isAsked = ({ tenantId }: { tenantId?: string }): boolean =>
    options.tenantId === undefined || tenantId === undefined || tenantId === options.tenantId;
  const checkpoints = byTenant(
    judgeCheckpoints(lines, options.keys, {
      report: (finding) => {
        if (isAsked(finding)) options.report(finding);
      },
      onTorn: options.onTornCheckpoint,
    }),
  );
  const tenantIds =
    options.tenantId === undefined ? await tenantsOf(client, [...checkpoints.keys()]) : [options.tenantId];
  if (!(await isSealedUntilKnown(client))) {
    const message =
      'audit.sealed_until has lost its row: the sealer seals nothing, and what it has passed is not known';
    options.report({ kind: 'sealing-stopped', message });
  }
  const verified: TenantVerified[] = [];
  let links = 0;
  for (const tenantId of tenantIds) {
    const onLinks = (count: number): void => options.onProgress?.((links += count));
    verified.push(await verifyTenant(client, tenantId, checkpoints.get(tenantId) ?? [], options, onLinks));
  }
  return verified;
}

function byTenant(checkpoints: readonly Checkpoint[]): Map<string, Checkpoint[]> {
  const grouped = new Map<string, Checkpoint[]>();
  for (const checkpoint of checkpoints) {
    const own = grouped.get(checkpoint.tenantId);
    if (own === undefined) grouped.set(checkpoint.tenantId, [checkpoint]);
    else own.push(checkpoint);
  }
  return grouped;
}

async function verifyTenant(
  client: Client,
  tenantId: string,
  checkpoints: readonly Checkpoint[],
  { report, retention, signal }: VerifyTrailOptions,
  onLinks: (count: number) => void,
): Promise<TenantVerified> {
  const purged = await readPurged(client, tenantId, retention);
  const ofLinks = createLinkVerifier(tenantId, report);
  const ofCheckpoints = createCheckpointVerifier(tenantId, checkpoints, report);
  for await (const page of readLinks(client, tenantId, purged.before)) {
    for (const link of page) {
      ofLinks.next(link);
      ofCheckpoints.next(link);
    }
    onLinks(page.length);
    signal?.throwIfAborted();
  }
  const verified = ofLinks.end();
  const confirmed = ofCheckpoints.end(verified.head);
  judgePurged(tenantId, purged, verified, report);
  const { tail, passed } = await readUnlinked(client, tenantId, MOST_UNLINKED);
  for (const { recordId, recordTime, isToCome } of passed) {
    const why = isToCome ? 'its transaction number has not come yet: it never will' : 'although later ones were sealed';
    const message = `the record of ${recordTime} has no link, ${why}`;
    report({ kind: 'record-unsealed', tenantId, recordId, message });
  }
  return { tenantId, ...verified, confirmed, unsealed: tail };
}

function judgePurged(tenantId: string, purged: Purged, verified: Verified, report: (finding: Finding) => void): void {
  for (const before of purged.early) {
    const message = `records before ${before} were purged while retention still kept them`;
    report({ kind: 'purged-early', tenantId, message });
  }
  for (const { before, why } of purged.forged) {
    report({ kind: 'purge-forged', tenantId, message: `the note of a purge of records before ${before}: ${why}` });
  }
  const more = verified.purged - purged.records;
  if (more <= 0) return;
  const message = `${more} more records before ${purged.before ?? ''} are gone than purges have removed`;
  report({ kind: 'record-removed', tenantId, message });
}

async function storedCheckpoints(client: Client): Promise<CheckpointLine[]> {
  const { rows } = await client.query<{ checkpoint: string }>(
    'select checkpoint::text from audit.checkpoints order by tenant_id, position, made_at',
  );
  return rows.map(({ checkpoint }) => ({ text: checkpoint, where: 'audit.checkpoints' }));
}

/** Every tenant that has records, links or checkpoints, in order. Steps through the keys instead of reading all rows. */
async function tenantsOf(client: Client, named: readonly string[]): Promise<string[]> {
  const stepped = (table: string): string =>
    `select tenant_id from (
       with recursive step (tenant_id) as (
         select min(tenant_id) from ${table}
         union all
         select (select min(tenant_id) from ${table} where tenant_id > step.tenant_id)
           from step where step.tenant_id is not null
       ) select tenant_id from step
     ) of_table where tenant_id is not null`;
  const { rows } = await client.query<{ tenant_id: string }>(
    `${stepped('audit.records')} union ${stepped('audit.chain')} union select unnest($1::text[])`,
    [named],
  );
  return rows.map(({ tenant_id }) => tenant_id).sort();
}
