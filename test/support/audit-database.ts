import { randomBytes } from 'node:crypto';
import type { TestContext } from 'node:test';
import type { Client } from 'pg';
import { migrate } from '../../audit/migrate.ts';
import { connectPostgres } from '../../audit/postgres-connection.ts';
import { parsePostgresUrl } from '../../audit/postgres-address.ts';
import { startPostgres, type Postgres } from '../../tools/postgres.ts';

/** A migrated database of an audit trail, with one login user for each role. */
export interface AuditDatabase {
  /** The server; its own unless `POSTGRES_URL` gives one. */
  postgres: Postgres;
  /** URLs by role. */
  owner: string;
  writer: string;
  sealer: string;
  reader: string;
  /** Runs one statement as the owner. */
  asOwner: <Row extends object>(sql: string, values?: unknown[]) => Promise<Row[]>;
}

export interface DatabaseOptions {
  /** Whether it has its tables and roles already. Default true. */
  migrated?: boolean;
}

/** Makes a database of the test's own in a PostgreSQL that ends with the test. */
export async function auditDatabase(t: TestContext, options: DatabaseOptions = {}): Promise<AuditDatabase> {
  const postgres = await startPostgres();
  const made: DroppableDatabase[] = [];
  t.after(async () => {
    for (const database of made) await database.drop();
    await postgres.stop();
  });
  const database = await createAuditDatabase(postgres, options);
  made.push(database);
  return database;
}

/** One whose maker has to see to its end. */
export type DroppableDatabase = AuditDatabase & {
  /** Removes it and its users. */
  drop(): Promise<void>;
};

/** Makes a database of its own in a PostgreSQL that is there. */
export async function createAuditDatabase(
  postgres: Postgres,
  { migrated = true }: DatabaseOptions = {},
): Promise<DroppableDatabase> {
  const suffix = randomBytes(6).toString('hex');
  const name = `audit_${suffix}`;
  await query(postgres.url, `create database ${name}`);
  const owner = withDatabase(postgres.url, name);
  if (migrated) await migrateTo(owner);
  const password = `password-${suffix}`;
  const users = (migrated ? ['writer', 'sealer', 'reader'] : []).map((role) => ({
    role,
    user: `audit_${role}_${suffix}`,
  }));
  for (const { role, user } of users) {
    await query(owner, `create role ${user} login password '${password}' in role audit_${role}`);
  }
  const [writer = '', sealer = '', reader = ''] = users.map(({ user }) => withUser(owner, user, password));
  return {
    postgres,
    owner,
    writer,
    sealer,
    reader,
    asOwner: (sql, values) => query(owner, sql, values),
    async drop() {
      await query(postgres.url, `drop database if exists ${name} with (force)`);
      for (const { user } of users) await query(postgres.url, `drop role if exists ${user}`);
    },
  };
}

async function migrateTo(owner: string): Promise<void> {
  const client = await openSession(owner);
  try {
    await migrate(client, { monthsAhead: 1 });
  } finally {
    await client.end();
  }
}

/** Runs a statement in a session of its own; without values it may be several, of which the last one's rows are returned. */
export async function query<Row extends object>(url: string, sql: string, values?: unknown[]): Promise<Row[]> {
  const client = await openSession(url);
  try {
    const result: unknown = await client.query(sql, values);
    const last = (Array.isArray(result) ? result.at(-1) : result) as { rows: Row[] };
    return last.rows;
  } finally {
    await client.end();
  }
}

/** A session; the caller ends it. */
export async function openSession(url: string): Promise<Client> {
  const parsed = parsePostgresUrl(url);
  if (!parsed.ok) throw new Error(parsed.problems.map(({ message }) => message).join('; '));
  return connectPostgres(parsed.address, { name: 'test' });
}

function withDatabase(url: string, name: string): string {
  const changed = new URL(url);
  changed.pathname = `/${name}`;
  return changed.href;
}

function withUser(url: string, user: string, password: string): string {
  const changed = new URL(url);
  changed.username = user;
  changed.password = password;
  return changed.href;
}
