import type { TestContext } from 'node:test';
import type { Client } from 'pg';
import type { Finding } from '../../audit/chain/finding.ts';
import { sealBatch } from '../../audit/chain/sealer.ts';
import { verifyTrail, type TenantVerified, type VerifyTrailOptions } from '../../audit/chain/verify-trail.ts';
import { parsePostgresUrl } from '../../audit/postgres-address.ts';
import { connectPostgres } from '../../audit/postgres-connection.ts';
import { auditRecord } from './audit-record.ts';

/** A session that ends with the test. */
export async function session(t: TestContext, url: string): Promise<Client> {
  const parsed = parsePostgresUrl(url);
  if (!parsed.ok) throw new Error(parsed.problems.map(({ message }) => message).join('; '));
  const client = await connectPostgres(parsed.address, { name: 'test' });
  t.after(() => client.end().catch(() => undefined));
  return client;
}

/** Inserts one record for each id, in one transaction. */
export async function insertRecords(client: Client, ids: readonly string[], tenantId = 'acme'): Promise<void> {
  const records = ids.map((id) => auditRecord(id, { tenantId }));
  await client.query(
    `insert into audit.records (tenant_id, id, time, record)
     select $1, record ->> 'id', (record ->> 'time')::timestamptz, record from jsonb_array_elements($2::jsonb) as record`,
    [tenantId, JSON.stringify(records)],
  );
}

/** Seals until nothing is left; answers how many were. */
export async function sealAll(client: Client, limit?: number): Promise<number> {
  let all = 0;
  for (;;) {
    const { sealed, more } = await sealBatch(client, limit);
    all += sealed;
    if (!more) return all;
  }
}

export async function verifyAll(
  client: Client,
  options: Partial<VerifyTrailOptions> = {},
): Promise<{ findings: Finding[]; tenants: TenantVerified[] }> {
  const findings: Finding[] = [];
  const tenants = await verifyTrail(client, {
    checkpoints: [],
    report: (finding) => findings.push(finding),
    ...options,
  });
  return { findings, tenants };
}
