import { checkServerIdentity } from 'node:tls';
import { Client, type ClientConfig } from 'pg';
import type { PostgresAddress, PostgresTls } from './postgres-address.ts';

export interface ConnectOptions {
  /** How the sessions are called in the server's own views. */
  name: string;
  /** How long a connection may take to be made, in milliseconds. Default 5 s. */
  connectTimeoutMs?: number;
  /** How long one statement may take, on both sides, in milliseconds. By default as long as it likes. */
  statementTimeoutMs?: number;
  /** After how long the server ends a session that has a transaction open and says nothing, in milliseconds. By default never. */
  idleInTransactionTimeoutMs?: number;
}

const CONNECT_TIMEOUT_MS = 5_000;
/** The server gives up first, so that nothing goes on that nobody waits for. */
const SERVER_GIVES_UP_EARLIER_MS = 500;

/** A session of one PostgreSQL connection. Throws what `pg` throws; to be ended by the caller. */
export async function connectPostgres(address: PostgresAddress, options: ConnectOptions): Promise<Client> {
  const client = new Client(toClientConfig(address, options));
  // A connection that breaks while nothing is under way is noticed by the next statement.
  client.on('error', () => undefined);
  try {
    await client.connect();
  } catch (error) {
    await client.end().catch(() => undefined);
    throw error;
  }
  return client;
}

function toClientConfig(address: PostgresAddress, options: ConnectOptions): ClientConfig {
  const { host, port, database, user, tls } = address;
  const password = address.password();
  const { name, connectTimeoutMs = CONNECT_TIMEOUT_MS, statementTimeoutMs, idleInTransactionTimeoutMs } = options;
  return {
    host,
    port,
    database,
    user,
    ...(password !== undefined && { password }),
    ssl: tls === false ? false : toTlsOptions(host, tls),
    application_name: `cxone-skills ${name}`,
    connectionTimeoutMillis: connectTimeoutMs,
    keepAlive: true,
    ...(statementTimeoutMs !== undefined && {
      query_timeout: statementTimeoutMs,
      statement_timeout: Math.max(1, statementTimeoutMs - SERVER_GIVES_UP_EARLIER_MS),
    }),
    ...(idleInTransactionTimeoutMs !== undefined && {
      idle_in_transaction_session_timeout: idleInTransactionTimeoutMs,
    }),
  };
}

function toTlsOptions(host: string, { mode, ca, cert, ...tls }: PostgresTls): NonNullable<ClientConfig['ssl']> {
  const key = tls.key();
  return {
    rejectUnauthorized: mode !== 'require',
    // By the URL's host: for an address Node would look for localhost in the certificate.
    checkServerIdentity: (_, certificate) =>
      mode === 'verify-full' ? checkServerIdentity(host, certificate) : undefined,
    ...(ca !== undefined && { ca }),
    ...(cert !== undefined && { cert }),
    ...(key !== undefined && { key }),
  };
}
