import { randomUUID } from 'node:crypto';
import type { Client } from 'pg';
import { createAppendQueue, type PendingAppend } from './append-queue.ts';
import { AuditUnavailableError, AuditUnrecordableError } from './errors.ts';
import { describeAddress, type PostgresAddress } from './postgres-address.ts';
import { connectPostgres } from './postgres-connection.ts';
import { isNeverWritable, isSessionLost, reasonOf, toUnavailable } from './postgres-errors.ts';
import { toRecordLines, type RecordLine } from './record-line.ts';
import type { AuditSink } from './sink.ts';

/** Together less than the ten seconds that an append may take as an activity. */
const CONNECT_TIMEOUT_MS = 3_000;
const STATEMENT_TIMEOUT_MS = 6_000;

/** A transaction is of a few statements at once. A host that vanishes within one would hold up sealing and its own repeat. */
const IDLE_IN_TRANSACTION_TIMEOUT_MS = 10_000;

/** Whoever waits for a commit is told only of what is on the disk. A server that waits for a standby too may do so. */
const SYNCHRONOUS = `
  select set_config('synchronous_commit', 'on', false)
    where current_setting('synchronous_commit') in ('off', 'local', 'remote_write')`;
/** The server notices a host that has vanished within a minute, and not after the two hours of most systems. */
const NOTICE_LOSS = `
  select set_config('tcp_keepalives_idle', '30', false), set_config('tcp_keepalives_interval', '10', false),
         set_config('tcp_keepalives_count', '3', false), set_config('tcp_user_timeout', '30000', false)`;
/** In the order of the key, so that two who repeat the same records don't wait for each other. */
const INSERT = `
  insert into audit.records (tenant_id, id, time, record)
  select record #>> '{data,tenantId}', record ->> 'id', audit.time_of(record), record
    from jsonb_array_elements($1::jsonb) as given (record)
    order by 1, 2, 3
  on conflict do nothing`;
const RECORDED_OTHERWISE = 'select id from audit.recorded_otherwise($1::jsonb) as id';
/** Inserted, then taken back: it meets all that a record would, but no other process that does the same. */
const PROBE = `[{"id":"readiness/${randomUUID()}","time":"2000-01-01T00:00:00Z","data":{"tenantId":"-"}}]`;

/**
 * A sink of one table (`audit.records`), to which its user may only add. An append is resolved when its transaction is
 * committed to the disk; appends that come in meanwhile share the next one. A record that is there already is not
 * written again, whatever the options say; one that is there with other content is unrecordable. It opens its connection
 * with the first use, and again when it was lost.
 */
export function createPostgresSink({ address }: { address: PostgresAddress }): AuditSink {
  const where = describeAddress(address);
  const queue = createAppendQueue(write);
  let session: Client | undefined;
  let closed = false;

  async function connected(): Promise<Client> {
    if (session !== undefined) return session;
    const timeouts = {
      connectTimeoutMs: CONNECT_TIMEOUT_MS,
      statementTimeoutMs: STATEMENT_TIMEOUT_MS,
      idleInTransactionTimeoutMs: IDLE_IN_TRANSACTION_TIMEOUT_MS,
    };
    const client = await connectPostgres(address, { name: 'worker', ...timeouts });
    client.on('end', () => {
      if (session === client) session = undefined;
    });
    session = client;
    try {
      await client.query(SYNCHRONOUS);
      await client.query(NOTICE_LOSS);
    } catch (error) {
      await disconnect();
      throw error;
    }
    return client;
  }

  async function disconnect(): Promise<void> {
    const ending = session;
    session = undefined;
    await ending?.end().catch(() => undefined);
  }

  /** Settles every append of the batch. */
  async function write(batch: readonly PendingAppend[]): Promise<void> {
    const lines = batch.flatMap((append) => append.lines);
    try {
      const others = await inTransaction((client) => (lines.length === 0 ? probe(client) : insert(client, lines)));
      if (others.length === 0) for (const { resolve } of batch) resolve();
      else await writeWithout(others, batch);
    } catch (error) {
      if (!isNeverWritable(error)) for (const { reject } of batch) reject(toUnavailable(error, where));
      else if (batch.length > 1) for (const append of batch) await write([append]);
      else batch[0]?.reject(unrecordable(lines, reasonOf(error)));
    }
  }

  /** Nothing of the batch is there yet. */
  async function writeWithout(others: readonly string[], batch: readonly PendingAppend[]): Promise<void> {
    const isOther = ({ id }: RecordLine): boolean => others.includes(id);
    for (const { reject } of batch.filter(({ lines }) => lines.some(isOther))) {
      reject(new AuditUnrecordableError(`The audit trail has ${others.join(', ')} with other content.`, [...others]));
    }
    const rest = batch.filter(({ lines }) => !lines.some(isOther));
    if (rest.length > 0) await write(rest);
  }

  /** Commits if nothing is returned, else rolls back. Once more in a new session if the one that was there is lost. */
  async function inTransaction(work: (client: Client) => Promise<string[]>): Promise<string[]> {
    const wasThere = session !== undefined;
    try {
      return await attempt(work);
    } catch (error) {
      if (!isSessionLost(error)) throw error;
      const isLate = error instanceof Error && /timeout/i.test(error.message);
      if (!wasThere || isLate) throw error;
      return attempt(work);
    }
  }

  async function attempt(work: (client: Client) => Promise<string[]>): Promise<string[]> {
    try {
      const client = await connected();
      await client.query('begin');
      const found = await work(client);
      const { command } = await client.query(found.length === 0 ? 'commit' : 'rollback');
      // A transaction that failed unnoticed is rolled back by its commit, without an error.
      if (found.length === 0 && command !== 'COMMIT') throw new Error('the transaction was rolled back');
      return found;
    } catch (error) {
      if (isSessionLost(error)) await disconnect();
      else await session?.query('rollback').catch(disconnect);
      throw error;
    }
  }

  return {
    async append(records) {
      const lines = toRecordLines(records);
      if (closed) throw new AuditUnavailableError(`The audit trail (${where}) is closed.`);
      if (lines.length > 0) await queue.add(lines);
    },
    async check() {
      if (closed) throw new AuditUnavailableError(`The audit trail (${where}) is closed.`);
      await queue.add([]);
    },
    async close() {
      closed = true;
      await queue.idle();
      await disconnect();
    },
  };
}

/** Returns the ids of those that are there with other content. */
async function insert(client: Client, lines: readonly RecordLine[]): Promise<string[]> {
  const records = [`[${lines.map(({ bytes }) => bytes.toString()).join(',')}]`];
  const { rowCount } = await client.query(INSERT, records);
  if (rowCount === lines.length) return [];
  const { rows } = await client.query<{ id: string }>(RECORDED_OTHERWISE, records);
  return rows.map(({ id }) => id);
}

async function probe(client: Client): Promise<string[]> {
  await client.query('savepoint before_probe');
  await client.query(INSERT, [PROBE]);
  await client.query('rollback to before_probe');
  return [];
}

function unrecordable(lines: readonly RecordLine[], why: string): AuditUnrecordableError {
  const ids = lines.map(({ id }) => id);
  return new AuditUnrecordableError(`The audit trail can't take ${ids.join(', ')} (${why}).`, ids);
}
