import { after, before, type TestContext } from 'node:test';
import type { Client } from 'pg';
import type { Finding } from '../../audit/chain/finding.ts';
import { sealBatch } from '../../audit/chain/sealer.ts';
import { readUnsealedTail } from '../../audit/chain/unsealed.ts';
import { verifyTrail, type TenantVerified, type VerifyTrailOptions } from '../../audit/chain/verify-trail.ts';
import { parsePostgresUrl } from '../../audit/postgres-address.ts';
import { connectPostgres } from '../../audit/postgres-connection.ts';
import { startPostgres, type Postgres } from '../../tools/postgres.ts';
import { createAuditDatabase, type AuditDatabase } from './audit-database.ts';
import { auditRecord } from './audit-record.ts';

/** One PostgreSQL for all tests of a file; each takes a database of its own from it. */
export function sharedPostgres(): (t: TestContext) => Promise<AuditDatabase> {
  let postgres: Postgres | undefined;
  before(async () => {
    postgres = await startPostgres();
  });
  after(() => postgres?.stop());
  return async (t) => {
    if (postgres === undefined) throw new Error('PostgreSQL has not started');
    const database = await createAuditDatabase(postgres);
    t.after(() => database.drop());
    return database;
  };
}

/** A database with a session of each role. */
export interface Trail {
  database: AuditDatabase;
  writer: Client;
  sealer: Client;
  reader: Client;
  owner: Client;
}

export async function openTrail(t: TestContext, database: AuditDatabase): Promise<Trail> {
  const open = (url: string): Promise<Client> => session(t, url);
  const [writer, sealer] = [await open(database.writer), await open(database.sealer)];
  return { database, writer, sealer, reader: await open(database.reader), owner: await open(database.owner) };
}

/** Ten sealed records of the tenants `acme` and `other` each. */
export async function sealedTrail(t: TestContext, database: AuditDatabase, time?: string): Promise<Trail> {
  const trail = await openTrail(t, database);
  for (const tenantId of ['acme', 'other']) await insertRecords(trail.writer, idsOf(10), tenantId, time);
  await sealAll(trail.sealer);
  return trail;
}

/** A session that ends with the test. */
export async function session(t: TestContext, url: string): Promise<Client> {
  const parsed = parsePostgresUrl(url);
  if (!parsed.ok) throw new Error(parsed.problems.map(({ message }) => message).join('; '));
  const client = await connectPostgres(parsed.address, { name: 'test' });
  t.after(() => client.end().catch(() => undefined));
  return client;
}

/** `r-1`, `r-2` and so on. */
export function idsOf(count: number, prefix = 'r'): string[] {
  return Array.from({ length: count }, (_, index) => `${prefix}-${index + 1}`);
}

/** Inserts one record for each id, in one statement. */
export async function insertRecords(
  client: Client,
  ids: readonly string[],
  tenantId = 'acme',
  time?: string,
): Promise<void> {
  const records = ids.map((id) => ({ ...auditRecord(id, { tenantId }), ...(time === undefined ? {} : { time }) }));
  await client.query(
    `insert into audit.records (tenant_id, id, time, record)
     select $1, record ->> 'id', (record ->> 'time')::timestamptz, record from jsonb_array_elements($2::jsonb) as record`,
    [tenantId, JSON.stringify(records)],
  );
}

/**
 * Seals until nothing is left; answers how many were. What the server does by itself (statistics) may hold a record back
 * for a moment.
 */
export async function sealAll(client: Client, limit?: number): Promise<number> {
  let all = 0;
  do {
    all += (await sealBatch(client, limit)).sealed;
  } while ((await readUnsealedTail(client)).records > 0);
  return all;
}

export async function verifyAll(
  client: Client,
  options: Partial<VerifyTrailOptions> = {},
): Promise<{ findings: Finding[]; tenants: TenantVerified[] }> {
  const findings: Finding[] = [];
  const report = (finding: Finding): unknown => findings.push(finding);
  const tenants = await verifyTrail(client, { checkpoints: [], report, ...options });
  return { findings, tenants };
}
