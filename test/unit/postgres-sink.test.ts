import assert from 'node:assert/strict';
import { before, after, test, type TestContext } from 'node:test';
import { AuditUnavailableError, AuditUnreachableError, AuditUnrecordableError } from '../../audit/errors.ts';
import { parsePostgresUrl, type PostgresAddress } from '../../audit/postgres-address.ts';
import { RECORD_CHECKS } from '../../audit/postgres-errors.ts';
import { createPostgresSink } from '../../audit/postgres-sink.ts';
import type { AuditSink } from '../../audit/sink.ts';
import type { AuditRecord } from '../../domain/audit-record.ts';
import { startPostgres, type Postgres } from '../../tools/postgres.ts';
import { createAuditDatabase, openSession, type AuditDatabase } from '../support/audit-database.ts';
import { auditRecord } from '../support/audit-record.ts';
import { AGAIN, FIRST, testSinkContract } from '../support/audit-sink-contract.ts';

let postgres: Postgres;
before(async () => {
  postgres = await startPostgres();
});
after(() => postgres.stop());

/** A trail of the test's own. */
async function openDatabase(t: TestContext): Promise<AuditDatabase> {
  const database = await createAuditDatabase(postgres);
  t.after(() => database.drop());
  return database;
}

function openSink(t: TestContext, url: string): AuditSink {
  const sink = createPostgresSink({ address: addressOf(url) });
  t.after(() => sink.close());
  return sink;
}

function addressOf(url: string): PostgresAddress {
  const parsed = parsePostgresUrl(url);
  assert.ok(parsed.ok);
  return parsed.address;
}

async function recordsIn({ asOwner }: AuditDatabase): Promise<AuditRecord[]> {
  const rows = await asOwner<{ record: AuditRecord }>('select record from audit.records order by sequence');
  return rows.map(({ record }) => record);
}

testSinkContract('PostgreSQL', async (t) => {
  const database = await openDatabase(t);
  return {
    sink: () => openSink(t, database.writer),
    records: () => recordsIn(database),
    stored: async () => (await recordsIn(database)).length,
    async breakOff() {
      await database.asOwner('alter table audit.records rename to hidden');
    },
    async mend() {
      await database.asOwner('alter table audit.hidden rename to records');
    },
    env: { AUDIT_URL: database.writer },
  };
});

test('a record that is there with other content is refused, and nothing of its append is written', async (t) => {
  const database = await openDatabase(t);
  const sink = openSink(t, database.writer);
  await sink.append([auditRecord('a', { reason: 'as it was' })], FIRST);
  const [changed, innocent] = await Promise.allSettled([
    sink.append([auditRecord('b'), auditRecord('a', { reason: 'as somebody wishes' })], AGAIN),
    sink.append([auditRecord('c')], FIRST),
  ]);
  assert.ok(changed.status === 'rejected' && changed.reason instanceof AuditUnrecordableError);
  assert.deepEqual(changed.reason.recordIds, ['a']);
  assert.equal(innocent.status, 'fulfilled');
  const kept = (await recordsIn(database)).map(({ id, data }) => [id, 'reason' in data && data.reason]);
  assert.deepEqual(kept, [
    ['a', 'as it was'],
    ['c', 'on call'],
  ]);
});

test('one record that the database refuses does not keep those from being written that came with it', async (t) => {
  const database = await openDatabase(t);
  const sink = openSink(t, database.writer);
  // Too long for an index, which only the database can know.
  const tooLong = auditRecord('b', { tenantId: randomText(30_000) });
  const results = await Promise.allSettled(
    [auditRecord('a'), tooLong, auditRecord('c')].map((record) => sink.append([record], FIRST)),
  );
  assert.deepEqual(
    results.map(({ status }) => status),
    ['fulfilled', 'rejected', 'fulfilled'],
  );
  assert.ok(results[1]?.status === 'rejected' && results[1].reason instanceof AuditUnrecordableError);
  assert.deepEqual(
    (await recordsIn(database)).map(({ id }) => id),
    ['a', 'c'],
  );
});

test('fields of any length and any month are recorded, and repeated next month they are the same event', async (t) => {
  const database = await openDatabase(t);
  const sink = openSink(t, database.writer);
  const long = { requestedBy: 'x'.repeat(20_000), agentId: randomText(20_000), requestId: randomText(20_000) };
  const times = [
    '1999-12-31T23:59:59.999Z',
    '2026-11-30T23:59:59.999Z',
    '2026-12-01T00:00:00.000Z',
    '2101-02-03T04:05:06Z',
  ];
  const records = times.map((time, index) => ({ ...auditRecord(`id-${index}`, long), time }));
  await sink.append(records, FIRST);
  await database.asOwner('select audit.create_partitions(24)');
  await sink.append(records, AGAIN);
  assert.deepEqual((await recordsIn(database)).map(({ time }) => time).sort(), times);
});

test('records that had no partition move to that of their month with all that they are', async (t) => {
  const database = await openDatabase(t);
  const sink = openSink(t, database.writer);
  const time = new Date(Date.now() - 60 * 86_400_000).toISOString();
  await sink.append([{ ...auditRecord('old'), time }], FIRST);
  const columns =
    'select tableoid::regclass::text as part, sequence, xid::text, record, agent_id, skill_ids from audit.records';
  const [was] = await database.asOwner<{ part: string }>(columns);
  assert.equal(was?.part, 'audit.records_default');
  const made = await database.asOwner<{ name: string }>('select audit.create_partitions(1) as name');
  const partition = `records_y${time.slice(0, 4)}m${time.slice(5, 7)}`;
  assert.deepEqual(made, [{ name: partition }]);
  const [is] = await database.asOwner<{ part: string }>(columns);
  assert.deepEqual(is, { ...was, part: `audit.${partition}` });
});

test('a lost connection is made anew without the caller noticing', async (t) => {
  const database = await openDatabase(t);
  const sink = openSink(t, database.writer);
  await sink.append([auditRecord('a')], FIRST);
  for (let round = 0; round < 3; round += 1) {
    await database.asOwner(
      "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'cxone-skills worker' and datname = current_database()",
    );
    await sink.append([auditRecord(`b-${round}`)], FIRST);
  }
  assert.equal((await recordsIn(database)).length, 4);
});

test('a sink without a database, right or password says why, without the password', async (t) => {
  const database = await openDatabase(t);
  const changed = (change: (url: URL) => void): string => {
    const url = new URL(database.writer);
    change(url);
    return url.href;
  };
  const refused = async (url: string, kind: new (...args: never[]) => Error, why: RegExp): Promise<void> => {
    const sink = openSink(t, url);
    for (const attempt of [sink.check(), sink.append([auditRecord('a')], FIRST)]) {
      await assert.rejects(attempt, (error) => {
        assert.ok(error instanceof Error && error.constructor === kind, String(error));
        assert.match(error.message, why);
        assert.ok(!`${error.message} ${String(error.cause)}`.includes(new URL(url).password));
        return true;
      });
    }
  };
  const wrongPassword = (url: URL): void => void (url.password = 'not-the-password');
  await refused(changed(wrongPassword), AuditUnavailableError, /password authentication failed/);
  await refused(database.reader, AuditUnavailableError, /grant its user the role audit_writer/);
  await refused(
    changed((url) => void (url.pathname = '/nowhere')),
    AuditUnavailableError,
    /"nowhere" does not exist/,
  );
  await refused(
    changed((url) => void (url.port = '1')),
    AuditUnreachableError,
    /ECONNREFUSED/,
  );
  await refused(
    changed((url) => void (url.search = '?sslmode=require')),
    AuditUnavailableError,
    /SSL/,
  );
  await database.asOwner('drop schema audit cascade');
  await refused(database.writer, AuditUnavailableError, /audit migrate/);
});

test('a database that only reads for the time being is an outage', async (t) => {
  const database = await openDatabase(t);
  const { database: name } = addressOf(database.owner);
  await database.asOwner(`alter database ${name} set default_transaction_read_only = on`);
  await assert.rejects(openSink(t, database.writer).check(), AuditUnreachableError);
});

test('a commit waits for the disk, also where the database is set to be hasty', async (t) => {
  const database = await openDatabase(t);
  const { database: name } = addressOf(database.owner);
  await database.asOwner(`alter database ${name} set synchronous_commit = off`);
  await database.asOwner(`
    create table seen (setting text);
    create function note_setting() returns trigger language plpgsql security definer as
      $$ begin insert into public.seen values (current_setting('synchronous_commit')); return new; end $$;
    create trigger note_setting before insert on audit.records for each row execute function note_setting()`);
  await openSink(t, database.writer).append([auditRecord('a')], FIRST);
  assert.deepEqual(await database.asOwner('select setting from seen'), [{ setting: 'on' }]);
});

test('a worker that vanishes within a transaction holds nothing up for longer than ten seconds', async (t) => {
  const database = await openDatabase(t);
  const sink = openSink(t, database.writer);
  await sink.append([auditRecord('a')], FIRST);
  await database.asOwner(`
    create table seen (name text, setting text);
    create function note_settings() returns trigger language plpgsql security definer as $$ begin
      insert into public.seen select s.name, current_setting(s.name) from unnest(array[
        'idle_in_transaction_session_timeout', 'tcp_keepalives_idle', 'tcp_user_timeout']) as s (name);
      return new; end $$;
    create trigger note_settings before insert on audit.records for each row execute function note_settings()`);
  await sink.append([auditRecord('b')], FIRST);
  assert.deepEqual(await database.asOwner('select * from seen'), [
    { name: 'idle_in_transaction_session_timeout', setting: '10s' },
    { name: 'tcp_keepalives_idle', setting: '30' },
    { name: 'tcp_user_timeout', setting: '30000' },
  ]);
});

test('two processes that ask at once whether a record could be written do not wait for each other', async (t) => {
  const database = await openDatabase(t);
  const other = await openSession(database.writer);
  t.after(() => other.end());
  await other.query(`begin; insert into audit.records (tenant_id, id, time, record) values
    ('-', 'readiness', '2000-01-01Z', '{"id":"readiness","time":"2000-01-01T00:00:00Z","data":{"tenantId":"-"}}')`);
  await openSink(t, database.writer).check();
});

test('an append that meets a partition which is being made can be repeated, and is not refused for ever', async (t) => {
  const database = await openDatabase(t);
  const sink = openSink(t, database.writer);
  const old = { ...auditRecord('old'), time: '2020-02-29T12:00:00Z' };
  await database.asOwner(`
    create function public.meet() returns trigger language plpgsql as
      $$ begin raise check_violation using message = 'new row for relation "records_default" violates partition constraint'; end $$;
    create trigger meet before insert on audit.records_default for each row execute function public.meet()`);
  await assert.rejects(sink.append([old], FIRST), AuditUnreachableError);
  await database.asOwner('drop trigger meet on audit.records_default');
  await sink.append([old], AGAIN);
  const checks = await database.asOwner<{ name: string }>(
    `select conname as name from pg_constraint where conrelid = 'audit.records'::regclass and contype = 'c' order by 1`,
  );
  assert.deepEqual(
    checks.map(({ name }) => name),
    RECORD_CHECKS,
  );
});

function randomText(length: number): string {
  return Array.from({ length }, () => Math.floor(Math.random() * 36).toString(36)).join('');
}
