import assert from 'node:assert/strict';
import { test } from 'node:test';
import { auditDatabase } from '../support/audit-database.ts';
import { runCommand } from '../support/command-line.ts';

test('audit migrate makes the tables and the months ahead, and once more changes nothing', async (t) => {
  const { owner, asOwner } = await auditDatabase(t, { migrated: false });
  const first = await runCommand(['audit', 'migrate'], { AUDIT_URL: owner });
  assert.equal(first.code, 0, first.stderr);
  assert.equal((first.json['applied'] as string[])[0], '0001_records');
  assert.equal((first.json['partitions'] as string[]).length, 4);
  const again = await runCommand(['audit', 'migrate'], { AUDIT_URL: owner });
  assert.deepEqual(again.json, { applied: [], partitions: [] });
  const tables = await asOwner("select from pg_class where oid = 'audit.records'::regclass and relkind = 'p'");
  assert.equal(tables.length, 1);
});

test('two who migrate at once do it once', async (t) => {
  const { owner } = await auditDatabase(t, { migrated: false });
  const both = await Promise.all([1, 2].map(() => runCommand(['audit', 'migrate'], { AUDIT_URL: owner })));
  assert.deepEqual(
    both.map(({ code }) => code),
    [0, 0],
  );
  assert.equal(both.flatMap(({ json }) => json['partitions'] as string[]).length, 4);
});
