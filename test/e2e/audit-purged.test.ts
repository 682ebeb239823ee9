import assert from 'node:assert/strict';
import test from 'node:test';
import { purge } from '../../audit/purge.ts';
import { auditRecord } from '../support/audit-record.ts';
import { insertRecords, openTrail, sealAll, sealedTrail, sharedPostgres, verifyAll } from '../support/audit-trail.ts';
import { places } from '../support/chain.ts';

const newDatabase = sharedPostgres();
const SIX_YEARS = { years: 6, days: 0 };
/** As a purge of two records of 2018 leaves it. */
const PURGE_NOTE = `
  insert into audit.purged (tenant_id, before, records, first_position, last_position, last_hash, purged_at)
  select tenant_id, '2018-04-01Z', 2, 1, 2, encode(hash, 'hex'), '2025-01-01Z'
    from audit.chain where tenant_id = 'acme' and position = 2`;

test('records that were purged verify, and one more that is gone does not', async (t) => {
  const { owner, reader } = await sealedTrail(t, await newDatabase(t), '2018-03-04T05:06:07.000Z');
  await owner.query(`delete from audit.records where id in ('r-1', 'r-2') and tenant_id = 'acme'; ${PURGE_NOTE}`);
  const { findings, tenants } = await verifyAll(reader, { retention: SIX_YEARS });
  assert.deepEqual(places(findings), []);
  assert.equal(tenants[0]?.purged, 2);
  await owner.query(`delete from audit.records where id = 'r-3' and tenant_id = 'acme'`);
  assert.deepEqual(places((await verifyAll(reader, { retention: SIX_YEARS })).findings), ['record-removed']);
});

test('the note of a purge that never was covers up no deletion', async (t) => {
  const { owner, reader } = await sealedTrail(t, await newDatabase(t));
  await owner.query(`delete from audit.records where id in ('r-1', 'r-2') and tenant_id = 'acme'; ${PURGE_NOTE}`);
  const found = async (): Promise<string[]> => places((await verifyAll(reader, { retention: SIX_YEARS })).findings);
  await owner.query(`update audit.purged set before = '2026-12-01Z', purged_at = '2099-01-01Z'`);
  assert.deepEqual(await found(), ['purged-early', 'purge-forged']);
  await owner.query(`update audit.purged set purged_at = '2026-12-01Z'`);
  assert.ok((await found()).includes('purged-early'));
  await owner.query(`update audit.purged set before = '2018-04-01Z', purged_at = '2025-01-01Z'`);
  assert.deepEqual(await found(), ['record-removed 1 r-1', 'record-removed 2 r-2', 'purge-forged']);
  await owner.query(`update audit.purged set last_position = null, last_hash = null`);
  assert.ok((await found()).includes('purge-forged'));
});

test('a chain verifies after `audit purge` has taken its oldest months, and goes on', async (t) => {
  const { owner, writer, sealer, reader } = await openTrail(t, await newDatabase(t));
  const old = { ...auditRecord('old'), time: '2018-03-04T05:06:07.000Z' };
  await writer.query('insert into audit.records (tenant_id, id, time, record) values ($1, $2, $3, $4)', [
    'acme',
    old.id,
    old.time,
    JSON.stringify(old),
  ]);
  await insertRecords(writer, ['r-1']);
  await sealAll(sealer);
  const retention = { years: 6, days: 0 };
  const { tenants: purged } = await purge(owner, { retention, monthsAhead: 1, dryRun: false });
  assert.deepEqual(purged, [{ tenantId: 'acme', records: 1 }]);
  await insertRecords(writer, ['r-2']);
  await sealAll(sealer);
  const { findings, tenants } = await verifyAll(reader, { retention });
  assert.deepEqual(places(findings), []);
  assert.deepEqual([tenants[0]?.links, tenants[0]?.purged], [3, 1]);
});

test('a purge that ends while a trail is verified is not taken for tampering', async (t) => {
  const { owner, sealer, writer, reader } = await openTrail(t, await newDatabase(t));
  await owner.query(`create table audit.records_y2018m03 partition of audit.records
                       for values from ('2018-03-01Z') to ('2018-04-01Z')`);
  await insertRecords(writer, ['old'], 'acme', '2018-03-04T05:06:07.000Z');
  await sealAll(sealer);
  await owner.query(`begin; ${PURGE_NOTE.replaceAll('2, 1, 2,', '1, 1, 1,').replace('= 2', '= 1')};
                     drop table audit.records_y2018m03`);
  const verifying = verifyAll(reader, { retention: SIX_YEARS });
  await until(async () => (await sealer.query('select from pg_locks where not granted')).rows.length > 0);
  await owner.query('commit');
  assert.deepEqual(places((await verifying).findings), []);
});

test('a purge that took more than retention allows is found', async (t) => {
  const { owner, reader } = await sealedTrail(t, await newDatabase(t));
  await owner.query(
    `insert into audit.purged (tenant_id, before, records) values ('acme', now() - interval '9 days', 0)`,
  );
  assert.deepEqual(places((await verifyAll(reader, { retention: { years: 0, days: 8 } })).findings), []);
  assert.deepEqual(places((await verifyAll(reader, { retention: { years: 0, days: 10 } })).findings), ['purged-early']);
});

async function until(isSo: () => Promise<boolean>): Promise<void> {
  while (!(await isSo())) await new Promise(setImmediate);
}
