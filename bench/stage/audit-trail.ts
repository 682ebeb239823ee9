import type { Client } from 'pg';
import { sealBatch } from '../../audit/chain/sealer.ts';
import { readUnsealedTail } from '../../audit/chain/unsealed.ts';
import { parsePostgresUrl } from '../../audit/postgres-address.ts';
import { connectPostgres } from '../../audit/postgres-connection.ts';
import { auditRecord } from '../../test/support/audit-record.ts';
import { createAuditDatabase, type AuditDatabase } from '../../test/support/audit-database.ts';
import { startPostgres } from '../../tools/postgres.ts';

/** An empty audit trail in PostgreSQL. */
export interface AuditStage {
  database: AuditDatabase;
  /** A session that ends with the stage. */
  open: (url: string) => Promise<Client>;
}

/** Work with an audit trail in a PostgreSQL of its own (or that of `POSTGRES_URL`), which is removed in the end. */
export async function onAuditTrail<Result>(work: (stage: AuditStage) => Promise<Result>): Promise<Result> {
  const postgres = await startPostgres();
  const sessions: Client[] = [];
  try {
    const database = await createAuditDatabase(postgres);
    const open = async (url: string): Promise<Client> => {
      const parsed = parsePostgresUrl(url);
      if (!parsed.ok) throw new Error('not a URL of PostgreSQL');
      const client = await connectPostgres(parsed.address, { name: 'bench' });
      sessions.push(client);
      return client;
    };
    try {
      return await work({ database, open });
    } finally {
      await Promise.all(sessions.map((session) => session.end().catch(() => undefined)));
      await database.drop();
    }
  } finally {
    await postgres.stop();
  }
}

const SKILLS = Array.from({ length: 8 }, (_, index) => ({ skillId: `skill-${index + 1}`, level: (index % 5) + 1 }));

/** A record as large as one of an agent with eight skills, about 1 kB. */
const TEMPLATE = JSON.stringify(auditRecord('template', { before: SKILLS, after: SKILLS, ticket: 'OPS-4711' }));

/** Inserts records with these numbers, each with an id, an agent and a request of its own, in one transaction. */
export async function insertNumbered(client: Client, from: number, to: number, tenantId = 'acme'): Promise<void> {
  await client.query(
    `insert into audit.records (tenant_id, id, time, record)
     select record #>> '{data,tenantId}', record ->> 'id', (record ->> 'time')::timestamptz, record
       from (select jsonb_set(
               ($1::jsonb || jsonb_build_object('id', 'record-' || n)),
               '{data}',
               ($1::jsonb -> 'data') || jsonb_build_object(
                 'tenantId', $4::text, 'agentId', 'agent-' || n % 5000, 'requestId', 'request-' || n
               )
             ) as record from generate_series($2::int, $3::int) as n) numbered`,
    [TEMPLATE, from, to, tenantId],
  );
}

/** Seals until nothing is left; answers how many records were. */
export async function sealEverything(sealer: Client): Promise<number> {
  let sealed = 0;
  do {
    sealed += (await sealBatch(sealer)).sealed;
  } while ((await readUnsealedTail(sealer)).records > 0);
  return sealed;
}
