import { randomBytes } from 'node:crypto';
import { createPostgresStore, dropPostgresStore } from './postgres-store.ts';
import { startProductionServer, type ProductionServer, type ProductionServerOptions } from './production-server.ts';

export interface PostgresServerOptions extends Omit<ProductionServerOptions, 'store'> {
  /** `postgresql://user:password@host:port/database` of a user who may create databases. */
  postgresUrl: string;
}

/** A server whose data survives it. */
export interface PostgresServer extends ProductionServer {
  /** Removes its databases; it must have been stopped. */
  removeData(): Promise<void>;
}

/**
 * Starts Temporal as it runs in production, on databases of its own in a PostgreSQL.
 *
 * @throws Error with what the database or the server's log says.
 */
export async function startPostgresServer(options: PostgresServerOptions): Promise<PostgresServer> {
  const { postgresUrl, ...rest } = options;
  const name = `temporal_${randomBytes(4).toString('hex')}`;
  const store = await createPostgresStore(postgresUrl, name, options.report);
  const server = await startProductionServer({ ...rest, store });
  return { ...server, removeData: () => dropPostgresStore(store, options.report) };
}
