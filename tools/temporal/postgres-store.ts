import { spawnSync } from 'node:child_process';
import { POSTGRES_PLUGIN, type PostgresStore } from './server-config.ts';
import { findSqlTool } from './server-programs.ts';

/**
 * The store of a server in the PostgreSQL at `url`: two databases, `name` and `name_visibility`. Both are created, or
 * brought up to date if they are there.
 *
 * @param url `postgresql://user:password@host:port/database` of a user who may create databases.
 * @param report receives lines of progress, while the program that does it is built.
 * @throws Error with what the database said.
 */
export async function createPostgresStore(
  url: string,
  name: string,
  report: (line: string) => void,
): Promise<PostgresStore> {
  const { hostname, port, username, password } = new URL(url);
  const store: PostgresStore = {
    kind: 'postgres',
    host: hostname,
    port: port === '' ? 5432 : Number(port),
    user: decodeURIComponent(username),
    password: decodeURIComponent(password),
    databases: { default: name, visibility: `${name}_visibility` },
  };
  const tool = await findSqlTool(report);
  setUp(tool, store, store.databases.default, 'temporal');
  setUp(tool, store, store.databases.visibility, 'visibility');
  return store;
}

/** Removes the databases of a store and everything in them. No server may be using it. */
export async function dropPostgresStore(store: PostgresStore, report: (line: string) => void): Promise<void> {
  const tool = await findSqlTool(report);
  for (const database of [store.databases.default, store.databases.visibility]) {
    run(tool, store, database, ['drop', '--force']);
  }
}

function setUp(tool: string, store: PostgresStore, database: string, schema: 'temporal' | 'visibility'): void {
  run(tool, store, database, ['create']);
  run(tool, store, database, ['setup-schema', '--version', '0.0']);
  run(tool, store, database, ['update-schema', '--schema-name', `postgresql/v12/${schema}`]);
}

function run(tool: string, store: PostgresStore, database: string, args: readonly string[]): void {
  const env = {
    ...process.env,
    SQL_PLUGIN: POSTGRES_PLUGIN,
    SQL_HOST: store.host,
    SQL_PORT: String(store.port),
    SQL_USER: store.user,
    SQL_PASSWORD: store.password,
    SQL_DATABASE: database,
  };
  const { status, stdout, stderr } = spawnSync(tool, args, { env, encoding: 'utf8' });
  if (status === 0) return;
  throw new Error(`\`temporal-sql-tool ${args.join(' ')}\` failed for ${database}:\n${stdout}${stderr}`);
}
