import type { Client } from 'pg';
import { migrate } from '../../audit/migrate.ts';
import { describeAddress, type PostgresAddress } from '../../audit/postgres-address.ts';
import { connectPostgres } from '../../audit/postgres-connection.ts';
import { purge, UnsealedRecordsError, type Purge } from '../../audit/purge.ts';
import type { Retention } from '../../audit/retention.ts';
import type { StoreConfig } from '../../audit/store-config.ts';
import { AuditCommandError } from './audit-command-error.ts';
import type { CommandResult } from './documents.ts';
import type { AuditCommand } from './execute-audit.ts';
import { PROGRAM } from './commands.ts';
import { EXIT } from './exit-codes.ts';

/** PostgreSQL's code for a lock that was waited for too long. */
const LOCK_NOT_AVAILABLE = '55P03';

/** Partitions are made for so many months after this one. */
const MONTHS_AHEAD = 3;

/** Carries out what looks after the database of the audit trail. */
export async function executeAuditStore({ name, switches, config }: AuditCommand): Promise<CommandResult> {
  return withDatabase(config.store, async (client) => {
    switch (name) {
      case 'audit migrate':
        return ofMigration(await migrate(client, { monthsAhead: MONTHS_AHEAD }));
      case 'audit purge':
        return executePurge(client, config.retention, switches.has('dry-run'));
      default:
        throw new Error(`no way to carry out ${name}`);
    }
  });
}

/** Where the database is. Throws an `AuditCommandError` where the audit trail is a file. */
export function addressOfDatabase(store: StoreConfig): PostgresAddress {
  if (store.kind === 'postgres') return store.address;
  throw new AuditCommandError('no-database', 'The audit trail is a file here; AUDIT_URL must name its PostgreSQL.');
}

/** Opens the database for one command. Throws an `AuditCommandError` in the caller's terms. */
export async function withDatabase<Result>(
  store: StoreConfig,
  work: (client: Client) => Promise<Result>,
): Promise<Result> {
  const address = addressOfDatabase(store);
  const where = describeAddress(address);
  let client: Client;
  try {
    client = await connectPostgres(address, { name: 'audit' });
  } catch (error) {
    throw new AuditCommandError('store-unreachable', `PostgreSQL (${where}) can't be reached: ${reasonOf(error)}.`);
  }
  try {
    return await work(client);
  } catch (error) {
    if (error instanceof AuditCommandError || !isOfPostgres(error)) throw error;
    throw new AuditCommandError('store-refused', `PostgreSQL (${where}) refuses: ${reasonOf(error)}.`);
  } finally {
    await client.end().catch(() => undefined);
  }
}

function ofMigration({ applied, partitions }: Awaited<ReturnType<typeof migrate>>): CommandResult {
  const lines = [
    applied.length === 0 ? 'the schema is up to date' : `applied ${applied.join(', ')}`,
    partitions.length === 0 ? 'the partitions are there' : `made the partitions ${partitions.join(', ')}`,
  ];
  return { document: { applied, partitions }, text: lines.join('\n'), exitCode: EXIT.done };
}

async function executePurge(client: Client, retention: Retention | undefined, dryRun: boolean): Promise<CommandResult> {
  if (retention === undefined) throw new Error('a purge without a retention');
  try {
    return ofPurge(await purge(client, { retention, monthsAhead: MONTHS_AHEAD, dryRun }), dryRun);
  } catch (error) {
    if (!(error instanceof UnsealedRecordsError)) throw error;
    const message = `${error.message} Nothing was removed; run "${PROGRAM} audit seal" first.`;
    throw new AuditCommandError('unsealed-records', message, { records: error.records });
  }
}

function ofPurge(done: Purge, dryRun: boolean): CommandResult {
  const { before, partitions, tenants } = done;
  const [removed, went] = dryRun ? ['would remove', 'would go'] : ['removed', 'are gone'];
  const text =
    partitions.length === 0 && tenants.length === 0
      ? `nothing is older than ${before}`
      : [
          `${removed} ${partitions.join(', ') || 'single records'}: records before ${before} ${went}`,
          ...tenants.map(({ tenantId, records }) => `  ${tenantId}  ${records}`),
        ].join('\n');
  return { document: { dryRun, ...done }, text, exitCode: EXIT.done };
}

function isOfPostgres(error: unknown): error is Error & { code: string } {
  return error instanceof Error && 'code' in error && typeof error.code === 'string';
}

function reasonOf(error: unknown): string {
  if (isOfPostgres(error) && error.code === LOCK_NOT_AVAILABLE) {
    return 'somebody has been reading or writing what would change for longer than three seconds; run it again';
  }
  return error instanceof Error && error.message !== '' ? error.message : 'no answer';
}
