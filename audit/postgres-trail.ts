import type { Client } from 'pg';
import type { AuditRecord } from '../domain/audit-record.ts';
import { AuditUnreadableError } from './errors.ts';
import { describeAddress, type PostgresAddress } from './postgres-address.ts';
import { connectPostgres, type ConnectOptions } from './postgres-connection.ts';
import { auditRecordSchemaFor } from './record.schema.ts';
import { selectOpen, selectRecords, type Statement } from './trail-sql.ts';
import { isWanted, type AuditTrail, type TrailQuery } from './trail.ts';

/** Rows that are fetched at once: some hundred kilobytes. */
const FETCHED = 500;

/**
 * The trail in PostgreSQL, for a user with the role `audit_reader`. Each reading has a connection and a snapshot of its
 * own: what is written meanwhile is not in it.
 */
export function createPostgresTrail(
  address: PostgresAddress,
  timeouts: Pick<ConnectOptions, 'statementTimeoutMs'> = {},
): AuditTrail {
  const where = describeAddress(address);
  let broken = 0;

  async function* read(query: TrailQuery): AsyncGenerator<AuditRecord> {
    // The columns are cut for the index, so the record itself has the last word.
    for await (const record of records(selectRecords(query))) if (isWanted(record, query)) yield record;
  }

  async function* records(statement: Statement): AsyncGenerator<AuditRecord> {
    broken = 0;
    for await (const row of rows(statement)) {
      const { data } = auditRecordSchemaFor(row).safeParse(row);
      if (data === undefined) broken += 1;
      else yield data;
    }
  }

  async function* rows(statement: Statement): AsyncGenerator {
    const client = await orUnreadable(connectPostgres(address, { name: 'reading', ...timeouts }));
    try {
      await orUnreadable(openCursor(client, statement));
      for (;;) {
        const some = await orUnreadable(fetchSome(client));
        for (const { record } of some) yield record;
        if (some.length < FETCHED) return;
      }
    } finally {
      await client.end().catch(() => undefined);
    }
  }

  async function orUnreadable<Result>(work: Promise<Result>): Promise<Result> {
    try {
      return await work;
    } catch (error) {
      const why = error instanceof Error && error.message !== '' ? error.message : 'no answer';
      throw new AuditUnreadableError(`The audit trail in PostgreSQL (${where}) can't be read: ${why}`, {
        cause: error,
      });
    }
  }

  return {
    source: `PostgreSQL (${where})`,
    get broken() {
      return broken;
    },
    read,
    readOpen: (query) => records(selectOpen(query)),
  };
}

async function fetchSome(client: Client): Promise<{ record: unknown }[]> {
  return (await client.query<{ record: unknown }>(`fetch ${FETCHED} from trail`)).rows;
}

async function openCursor(client: Client, { text, values }: Statement): Promise<void> {
  await client.query('begin transaction isolation level repeatable read read only');
  // All of it will be read: a plan that has only its first rows soon is a bad one.
  await client.query('set local cursor_tuple_fraction = 1');
  await client.query(`declare trail no scroll cursor for ${text}`, values);
}
