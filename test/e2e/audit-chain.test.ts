import assert from 'node:assert/strict';
import test from 'node:test';
import { auditDatabase } from '../support/audit-database.ts';
import { insertRecords, sealAll, session, verifyAll } from '../support/audit-trail.ts';
import { places } from '../support/chain.ts';

const ids = (count: number, prefix = 'r') => Array.from({ length: count }, (_, index) => `${prefix}-${index + 1}`);

test('what the sealer has sealed verifies', async (t) => {
  const database = await auditDatabase(t);
  const [writer, sealer, reader] = await Promise.all(
    [database.writer, database.sealer, database.reader].map((url) => session(t, url)),
  );
  assert.ok(writer && sealer && reader);
  await insertRecords(writer, ids(5));
  await insertRecords(writer, ids(3, 's'), 'other');
  assert.equal(await sealAll(sealer, 2), 8);
  await insertRecords(writer, ids(2, 't'));
  const { findings, tenants } = await verifyAll(reader);
  assert.deepEqual(places(findings), []);
  console.log(tenants);
  const plan =
    await sealer.query(`explain analyze select r.tenant_id from audit.records r where (r.xid, r.sequence) > (select xid, sequence from audit.sealed_until)
        and r.xid < pg_snapshot_xmin(pg_current_snapshot())
      order by r.xid, r.sequence
      limit 2000`);
  console.log(plan.rows.map((row) => Object.values(row)[0]).join('\n'));
});
