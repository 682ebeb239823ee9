import assert from 'node:assert/strict';
import { test } from 'node:test';
import { migrate } from '../../audit/migrate.ts';
import { purge, UnsealedRecordsError, type Purge } from '../../audit/purge.ts';
import type { AuditRecord } from '../../domain/audit-record.ts';
import { auditRecord } from '../support/audit-record.ts';
import { openTrail, sealAll, sharedPostgres, verifyAll, type Trail } from '../support/audit-trail.ts';

const createDatabase = sharedPostgres();

/** So many years and days before now. */
function ago(years: number, days = 0): string {
  const time = new Date();
  time.setUTCFullYear(time.getUTCFullYear() - years);
  time.setUTCDate(time.getUTCDate() - days);
  return time.toISOString();
}

async function insert({ writer }: Trail, records: readonly AuditRecord[]): Promise<void> {
  await writer.query(
    `insert into audit.records (tenant_id, id, time, record)
     select record #>> '{data,tenantId}', record ->> 'id', audit.time_of(record), record
       from jsonb_array_elements($1::jsonb) as record`,
    [JSON.stringify(records)],
  );
}

async function idsIn({ owner }: Trail): Promise<string[]> {
  const { rows } = await owner.query<{ id: string }>('select id from audit.records order by id');
  return rows.map(({ id }) => id);
}

function purgeNow({ owner }: Trail, dryRun = false): Promise<Purge> {
  return purge(owner, { retention: { years: 6, days: 0 }, monthsAhead: 1, dryRun });
}

test('what is older than its retention goes by whole months, and what is left verifies', async (t) => {
  const trail = await openTrail(t, await createDatabase(t));
  // The last two are younger than six years, one of them by the rest of its month only.
  const times = { ancient: ago(20), old: ago(7), older: ago(6, 40), kept: ago(6), new: ago(0) };
  // Of one month as it was made when it was current; the others have never had a partition.
  const month = times.old.slice(0, 7);
  const name = `records_y${month.replace('-', 'm')}`;
  await trail.owner.query(
    `create table audit.${name} partition of audit.records for values
       from ('${month}-01Z') to ('${new Date(Date.UTC(Number(month.slice(0, 4)), Number(month.slice(5)), 1)).toISOString()}')`,
  );
  const records = Object.entries(times).map(([id, time]) => ({ ...auditRecord(id), time }));
  await insert(trail, [...records, { ...auditRecord('theirs', { tenantId: 'other' }), time: ago(8) }]);
  await sealAll(trail.sealer);

  // Months are those of UTC, wherever the owner sits.
  await trail.owner.query("set time zone 'America/Los_Angeles'");
  const wouldBe = await purgeNow(trail, true);
  assert.equal((await idsIn(trail)).length, 6);
  assert.deepEqual(wouldBe.partitions, [name]);
  const done = await purgeNow(trail);
  assert.deepEqual(done, wouldBe);
  assert.deepEqual(done.tenants, [
    { tenantId: 'acme', records: 3 },
    { tenantId: 'other', records: 1 },
  ]);
  assert.deepEqual(await idsIn(trail), ['kept', 'new']);
  const left = await trail.owner.query('select from pg_class where relname = any($1)', [done.partitions]);
  assert.equal(left.rows.length, 0);
  assert.deepEqual((await verifyAll(trail.reader)).findings, []);
  const { rows } = await trail.reader.query(
    `select p.tenant_id, records::int, last_hash = encode(c.hash, 'hex') as of_chain
       from audit.purged as p join audit.chain as c on c.tenant_id = p.tenant_id and c.position = p.last_position
       order by 1`,
  );
  assert.deepEqual(rows, [
    { tenant_id: 'acme', records: 3, of_chain: true },
    { tenant_id: 'other', records: 1, of_chain: true },
  ]);
});

test('what came late for a month that is gone goes with the next purge, and still all verifies', async (t) => {
  const trail = await openTrail(t, await createDatabase(t));
  await insert(trail, [{ ...auditRecord('old'), time: ago(7) }]);
  await sealAll(trail.sealer);
  await purgeNow(trail);
  await insert(trail, [{ ...auditRecord('late'), time: ago(7) }, auditRecord('new')]);
  await sealAll(trail.sealer);
  assert.deepEqual((await purgeNow(trail)).tenants, [{ tenantId: 'acme', records: 1 }]);
  assert.deepEqual((await purgeNow(trail)).tenants, []);
  assert.deepEqual(await idsIn(trail), ['new']);
  assert.deepEqual((await verifyAll(trail.reader)).findings, []);
});

test('a record that was removed beside a purge is still found', async (t) => {
  const trail = await openTrail(t, await createDatabase(t));
  await insert(trail, [{ ...auditRecord('old'), time: ago(7) }, auditRecord('new'), auditRecord('hidden')]);
  await sealAll(trail.sealer);
  await purgeNow(trail);
  await trail.owner.query("delete from audit.records where id = 'hidden'");
  assert.deepEqual(
    (await verifyAll(trail.reader)).findings.map(({ kind }) => kind),
    ['record-removed'],
  );
});

test('what is not sealed is not removed', async (t) => {
  const trail = await openTrail(t, await createDatabase(t));
  await insert(trail, [{ ...auditRecord('sealed'), time: ago(7) }]);
  await sealAll(trail.sealer);
  await insert(trail, [{ ...auditRecord('unsealed'), time: ago(7) }]);
  await assert.rejects(purgeNow(trail), (error) => error instanceof UnsealedRecordsError && error.records === 1);
  assert.deepEqual(await idsIn(trail), ['sealed', 'unsealed']);
  // The session is of use afterwards.
  assert.deepEqual((await migrate(trail.owner, { monthsAhead: 1 })).applied, []);
});

test('records of hundreds of months do not make hundreds of partitions, nor keep the old ones from being purged', async (t) => {
  const trail = await openTrail(t, await createDatabase(t));
  const months = Array.from({ length: 700 }, (_, index) => new Date(Date.UTC(1990, index, 15)).toISOString());
  await insert(
    trail,
    months.map((time, index) => ({ ...auditRecord(`r-${index}`), time })),
  );
  await sealAll(trail.sealer);
  const { partitions } = await migrate(trail.owner, { monthsAhead: 3 });
  // Two ahead, as this month and the next are there from the beginning, and those of the last year.
  assert.equal(partitions.length, 14);
  assert.deepEqual((await migrate(trail.owner, { monthsAhead: 3 })).partitions, []);
  const { before, tenants } = await purgeNow(trail);
  assert.deepEqual(tenants, [{ tenantId: 'acme', records: months.filter((time) => time < before).length }]);
  assert.equal((await idsIn(trail)).length, months.filter((time) => time >= before).length);
  assert.deepEqual((await verifyAll(trail.reader)).findings, []);
});

test('partitions are looked after without a wait for those who write, and only for a moment where one is missing', async (t) => {
  const trail = await openTrail(t, await createDatabase(t));
  await trail.writer.query('begin');
  await insert(trail, [{ ...auditRecord('old'), time: ago(7) }]);
  await trail.owner.query(`set statement_timeout = '10s'`);
  assert.deepEqual((await migrate(trail.owner, { monthsAhead: 1 })).partitions, []);
  await assert.rejects(migrate(trail.owner, { monthsAhead: 2 }), { code: '55P03' });
  await trail.writer.query('commit');
  assert.equal((await migrate(trail.owner, { monthsAhead: 2 })).partitions.length, 1);
});

test('nobody but the owner purges', async (t) => {
  const trail = await openTrail(t, await createDatabase(t));
  for (const client of [trail.writer, trail.sealer, trail.reader]) {
    const retention = { years: 6, days: 0 };
    await assert.rejects(purge(client, { retention, monthsAhead: 1, dryRun: false }), /permission denied/);
  }
});
