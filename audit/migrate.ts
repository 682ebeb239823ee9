import { fileURLToPath } from 'node:url';
import { runner } from 'node-pg-migrate';
import type { Client } from 'pg';

/** What a migration did. */
export interface Migrated {
  /** Names of the migrations that were applied now, in their order. */
  applied: string[];
  /** Partitions that were made now. */
  partitions: string[];
}

/** The name of the schema that holds the audit trail and nothing else. */
const SCHEMA = 'audit';

/**
 * Brings the audit trail's schema up to date, in one transaction, and makes the partitions of the months ahead. Others who
 * migrate at the same time wait. The user of this connection becomes or is the owner of the tables; it must be allowed to
 * make the roles, unless they are there.
 */
export async function migrate(client: Client, { monthsAhead }: { monthsAhead: number }): Promise<Migrated> {
  const applied = await runner({
    dbClient: client,
    dir: fileURLToPath(new URL('migrations', import.meta.url)),
    direction: 'up',
    migrationsSchema: SCHEMA,
    migrationsTable: 'migrations',
    createMigrationsSchema: true,
    singleTransaction: true,
    advisoryLockMode: 'wait',
    log: () => undefined,
  });
  return { applied: applied.map(({ name }) => name), partitions: await createPartitions(client, monthsAhead) };
}

/** Makes the partitions of this month and of those ahead, as far as they are missing; returns the names of the new ones. */
export async function createPartitions(client: Client, monthsAhead: number): Promise<string[]> {
  const { rows } = await client.query<{ name: string }>('select audit.create_partitions($1) as name', [monthsAhead]);
  return rows.map(({ name }) => name);
}
