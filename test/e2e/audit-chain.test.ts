import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import test from 'node:test';
import type { Client } from 'pg';
import { auditRecord } from '../support/audit-record.ts';
import { sealBatch, UnsealableError } from '../../audit/chain/sealer.ts';
import {
  idsOf,
  insertRecords,
  openTrail,
  sealAll,
  session,
  sharedPostgres,
  verifyAll,
} from '../support/audit-trail.ts';

const newDatabase = sharedPostgres();
/** The statements that the documentation gives to people: to check links, and after a restore. */
const [CHECK_LINKS = '', AFTER_RESTORE = ''] = [
  ...readFileSync('docs/audit-chain.md', 'utf8').matchAll(/```sql\n([^`]+)```/g),
].map(([, sql = '']) => sql);

test('what has been sealed verifies, and the rest is told as the unsealed tail with its age', async (t) => {
  const { writer, sealer, reader } = await openTrail(t, await newDatabase(t));
  await insertRecords(writer, idsOf(5));
  await insertRecords(writer, idsOf(3), 'other');
  assert.equal(await sealAll(sealer, 2), 8);
  await insertRecords(writer, idsOf(2, 's'));
  const { findings, tenants } = await verifyAll(reader);
  assert.deepEqual(findings, []);
  assert.deepEqual(
    tenants.map(({ tenantId, links, unsealed }) => [tenantId, links, unsealed.records]),
    [
      ['acme', 5, 2],
      ['other', 3, 0],
    ],
  );
  const [acme] = tenants;
  assert.equal(acme?.unsealed.oldest, '2026-11-23T08:00:00.000000Z');
  const age = (Date.now() - Date.parse('2026-11-23T08:00:00Z')) / 1000;
  assert.ok(Math.abs(acme.unsealed.ageSeconds - age) < 600);
});

test('records of megabytes are sealed and verified some at a time', async (t) => {
  const { writer, sealer, reader } = await openTrail(t, await newDatabase(t));
  for (let number = 1; number <= 6; number += 1) {
    const record = { ...auditRecord(`r-${number}`), more: 'x'.repeat(3_900_000) };
    await writer.query(`insert into audit.records (tenant_id, id, time, record) values ('acme', $1, $2, $3)`, [
      record.id,
      record.time,
      JSON.stringify(record),
    ]);
  }
  assert.deepEqual(await sealBatch(sealer), { sealed: 4, more: true });
  assert.equal(await sealAll(sealer), 2);
  const pages: number[] = [];
  const { findings } = await verifyAll(reader, { onProgress: (links) => pages.push(links) });
  assert.deepEqual(findings, []);
  assert.deepEqual(pages, [4, 6]);
});

test('a record waits for a transaction that began earlier, and comes after what that one has written', async (t) => {
  const { database, writer, sealer, reader } = await openTrail(t, await newDatabase(t));
  const early = await session(t, database.writer);
  await early.query('begin');
  await insertRecords(early, ['early']);
  await insertRecords(writer, ['late']);
  assert.deepEqual(await sealBatch(sealer), { sealed: 0, more: false });
  await early.query('commit');
  assert.equal(await sealAll(sealer), 2);
  assert.deepEqual(await recordIds(reader), ['early', 'late']);
});

test('records of a transaction that was rolled back leave no trace', async (t) => {
  const { writer, sealer, reader } = await openTrail(t, await newDatabase(t));
  await writer.query('begin');
  await insertRecords(writer, ['gone']);
  await writer.query('rollback');
  await insertRecords(writer, ['kept']);
  assert.equal(await sealAll(sealer), 1);
  assert.deepEqual(await recordIds(reader), ['kept']);
});

test('eight writers and two sealers at once leave one sound chain in order of commit', async (t) => {
  const { database, sealer, reader } = await openTrail(t, await newDatabase(t));
  const writers = await Promise.all(Array.from({ length: 8 }, () => session(t, database.writer)));
  const sealers = [sealer, await session(t, database.sealer)];
  let writing = true;
  const sealing = sealers.map(async (client) => {
    let sealed = 0;
    while (writing) sealed += (await sealBatch(client, 7)).sealed;
    return sealed + (await sealAll(client, 7));
  });
  await Promise.all(
    writers.map(async (client, number) => {
      for (let round = 0; round < 25; round += 1) await writeInTransaction(client, `w${number}-${round}`);
    }),
  );
  writing = false;
  const [one = 0, other = 0] = await Promise.all(sealing);
  assert.equal(one + other, 8 * 25 * 3);
  const { findings, tenants } = await verifyAll(reader);
  assert.deepEqual(findings, []);
  assert.deepEqual(
    tenants.map(({ links, unsealed }) => [links, unsealed.records]),
    [
      [400, 0],
      [200, 0],
    ],
  );
  const { rows } = await reader.query(
    `select from (
       select r.xid, r.sequence, lag(r.xid) over places as xid_before, lag(r.sequence) over places as sequence_before
         from audit.chain c
         join audit.records r on r.tenant_id = c.tenant_id and r.id = c.record_id and r.time = c.record_time
       window places as (partition by c.tenant_id order by c.position)
     ) link where (xid, sequence) <= (xid_before, sequence_before)`,
  );
  assert.equal(rows.length, 0);
});

test('a sealer that dies in the middle leaves nothing half-done, and another goes on', async (t) => {
  const { database, writer, sealer, reader, owner } = await openTrail(t, await newDatabase(t));
  await insertRecords(writer, idsOf(50));
  const doomed = await session(t, database.sealer);
  const { rows } = await doomed.query<{ pid: number }>('select pg_backend_pid() as pid');
  // Its insert waits for what becomes of this link, so it dies with its batch half-way.
  await owner.query(`begin; insert into audit.chain (tenant_id, position, record_id, record_time, record_hash, previous, hash)
                     values ('acme', 10, 'x', now(), sha256('x'), sha256('x'), sha256('x'))`);
  const dying = sealBatch(doomed, 20);
  const failed = assert.rejects(dying);
  await until(async () => {
    const { rows: waiting } = await reader.query(
      `select from pg_locks where pid = $1 and not granted and locktype = 'transactionid'`,
      [rows[0]?.pid],
    );
    return waiting.length === 1;
  });
  await owner.query('select pg_terminate_backend($1)', [rows[0]?.pid]);
  await failed;
  await owner.query('rollback');
  assert.deepEqual(await recordIds(reader), []);
  assert.equal(await sealAll(sealer, 20), 50);
  assert.deepEqual((await verifyAll(reader)).findings, []);
});

test('a record that moves to the partition of its month while records are sealed is sealed with them', async (t) => {
  const { writer, sealer, reader, owner } = await openTrail(t, await newDatabase(t));
  const twoMonthsAgo = new Date(Date.now() - 60 * 86_400_000).toISOString();
  await insertRecords(writer, ['moving'], 'acme', twoMonthsAgo);
  await insertRecords(writer, ['staying'], 'acme', new Date().toISOString());
  await owner.query('begin');
  const { rows: made } = await owner.query('select audit.create_partitions(1)');
  assert.equal(made.length, 1);
  const sealing = sealBatch(sealer);
  await until(async () => (await reader.query('select from pg_locks where not granted')).rows.length > 0);
  await owner.query('commit');
  assert.equal((await sealing).sealed + (await sealAll(sealer)), 2);
  assert.deepEqual((await verifyAll(reader)).findings, []);
});

test('nobody who only writes or reads can keep the sealer from its work by a lock', async (t) => {
  const { writer, sealer, reader } = await openTrail(t, await newDatabase(t));
  await insertRecords(writer, idsOf(2));
  for (const client of [writer, reader]) {
    await assert.rejects(client.query('begin; lock table audit.sealed_until in exclusive mode'), { code: '42501' });
    await client.query('rollback');
  }
  await writer.query('select pg_advisory_lock(7305218604)');
  await reader.query('begin; lock table audit.sealed_until in access share mode');
  await sealer.query(`set statement_timeout = '5s'`);
  assert.equal(await sealAll(sealer), 2);
});

test('nobody but the owner can change or remove what is sealed', async (t) => {
  const { writer, sealer, reader } = await openTrail(t, await newDatabase(t));
  await insertRecords(writer, ['r-1']);
  await sealAll(sealer);
  const attempts = [
    `update audit.chain set record_id = 'x'`,
    'delete from audit.chain',
    'truncate audit.chain',
    'delete from audit.checkpoints',
    `update audit.checkpoints set position = 1`,
    `update audit.records set record = '{}'`,
    'delete from audit.records',
    `insert into audit.records (tenant_id, id, time, record, xid) select 'acme', 'x', now(), '{}', '5'`,
  ];
  for (const client of [writer, sealer, reader]) {
    for (const sql of attempts) await assert.rejects(client.query(sql), { code: '42501' }, sql);
  }
  for (const client of [writer, reader]) {
    await assert.rejects(client.query(`insert into audit.chain select * from audit.chain`), { code: '42501' });
    await assert.rejects(client.query(`update audit.sealed_until set sequence = 1`), { code: '42501' });
  }
});

test('a database that was restored elsewhere is not sealed until somebody has seen to it', async (t) => {
  const { writer, sealer, owner, reader } = await openTrail(t, await newDatabase(t));
  await insertRecords(writer, ['r-1']);
  await sealAll(sealer);
  await owner.query(`update audit.records set xid = '9000000000'; update audit.sealed_until set xid = '9000000000'`);
  await insertRecords(writer, ['r-2']);
  await assert.rejects(sealBatch(sealer), UnsealableError);
  // Also where that server has counted further: then nothing but the cluster's identity tells.
  await owner.query(`update audit.records set xid = '3'; update audit.sealed_until set xid = '3', cluster = '42'`);
  await assert.rejects(sealBatch(sealer), UnsealableError);
  await owner.query(AFTER_RESTORE);
  assert.equal(await sealAll(sealer), 1);
  assert.deepEqual(await recordIds(reader), ['r-1', 'r-2']);
  assert.deepEqual((await verifyAll(reader)).findings, []);
});

test('the statement of the documentation finds the links that do not agree, and no others', async (t) => {
  const { writer, sealer, owner, reader } = await openTrail(t, await newDatabase(t));
  await insertRecords(writer, ['r "1"', 'r-2 \u00fc \\ \u0001 \u2028', 'r-3', 'r-4']);
  await insertRecords(writer, ['r-1'], 'other');
  await sealAll(sealer);
  assert.deepEqual((await reader.query(CHECK_LINKS)).rows, []);
  await owner.query(`update audit.chain set record_hash = sha256('x') where tenant_id = 'acme' and position = 3`);
  assert.deepEqual((await reader.query(CHECK_LINKS)).rows, [{ tenant_id: 'acme', position: '3' }]);
});

async function writeInTransaction(client: Client, name: string): Promise<void> {
  await client.query('begin');
  await insertRecords(client, [`${name}-1`]);
  await insertRecords(client, [`${name}-1`], 'other');
  await insertRecords(client, [`${name}-2`]);
  await client.query('commit');
}

async function recordIds(client: Client): Promise<string[]> {
  const { rows } = await client.query<{ record_id: string }>('select record_id from audit.chain order by position');
  return rows.map(({ record_id }) => record_id);
}

async function until(isSo: () => Promise<boolean>): Promise<void> {
  while (!(await isSo())) await new Promise(setImmediate);
}
