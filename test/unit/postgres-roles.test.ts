import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createPostgresSink } from '../../audit/postgres-sink.ts';
import { parsePostgresUrl } from '../../audit/postgres-address.ts';
import { auditRecordSchemaFor } from '../../audit/record.schema.ts';
import { toRecordLines } from '../../audit/record-line.ts';
import type { AuditRecord } from '../../domain/audit-record.ts';
import { auditDatabase, query } from '../support/audit-database.ts';
import { auditRecord } from '../support/audit-record.ts';

const RECORD = JSON.stringify({ ...auditRecord('mine'), time: '2026-11-23T08:00:00Z' });
const INSERT =
  'insert into audit.records (tenant_id, id, time, record) values ($1, $2, $3::timestamptz, $4::jsonb) on conflict do nothing';
const MINE = ['acme', 'mine', '2026-11-23T08:00:00Z', RECORD];

/** What nobody may do who only writes, by what PostgreSQL says to it. */
const FORBIDDEN: Record<string, readonly string[]> = {
  'permission denied': [
    "update audit.records set record = '{}'",
    'delete from audit.records',
    'truncate audit.records',
    'select from audit.records',
    'select record from audit.records limit 1',
    'copy audit.records to stdout',
    "insert into audit.records (tenant_id, id, time, record) values ('acme', 'x', now(), '{}') returning record",
    "insert into audit.records (tenant_id, id, time, record, xid) values ('acme', 'x', now(), '{}', '1')",
    "insert into audit.records (tenant_id, id, time, record, sequence) values ('acme', 'x', now(), '{}', 1)",
    `insert into audit.records (tenant_id, id, time, record) values ('acme', 'x', now(), '{}')
       on conflict (tenant_id, id, time) do update set record = excluded.record`,
    "merge into audit.records r using (values (1)) v on r.id = 'mine' when matched then delete",
    'delete from audit.records_default',
    'select from audit.records_default',
    "insert into audit.records_default (tenant_id, id, time, record) values ('acme', 'x', now(), '{}')",
    "select setval('audit.records_sequence', 1)",
    'select audit.create_partitions(1)',
    'select from audit.purged',
    "insert into audit.purged (tenant_id, before, records) values ('acme', now(), 1)",
    'select from audit.migrations',
    'create table audit.mine (a int)',
    'create function audit.mine() returns int language sql as $$ select 1 $$',
    'create schema mine',
  ],
  'must be owner': [
    'drop table audit.records',
    'drop table audit.records_default',
    'alter table audit.records disable trigger all',
    'alter table audit.records add column a int',
    'alter table audit.records detach partition audit.records_default',
    'create rule gone as on insert to audit.records do instead nothing',
    'create index on audit.records (id)',
    'drop schema audit cascade',
    'alter function audit.time_of rename to other',
  ],
};

test('a worker can insert, and neither change, remove nor read what is there', async (t) => {
  const { writer, sealer, reader, asOwner } = await auditDatabase(t);
  await query(writer, INSERT, MINE);
  await query(writer, INSERT, MINE);
  for (const [refusal, statements] of Object.entries(FORBIDDEN)) {
    for (const statement of statements) {
      await assert.rejects(query(writer, statement), new RegExp(refusal), statement);
    }
  }
  for (const other of [sealer, reader]) {
    for (const statement of [
      "update audit.records set record = '{}'",
      'delete from audit.records',
      'truncate audit.records',
    ]) {
      await assert.rejects(query(other, statement), /permission denied/, statement);
    }
    await assert.rejects(query(other, INSERT, MINE), /permission denied/);
    assert.equal((await query(other, 'select from audit.records')).length, 1);
  }
  assert.deepEqual(await asOwner('select id, record from audit.records'), [
    { id: 'mine', record: JSON.parse(RECORD) as unknown },
  ]);
});

test('a writer learns of a record whether it is as it says, and nothing else', async (t) => {
  const { writer } = await auditDatabase(t);
  await query(writer, INSERT, MINE);
  const ask = (record: unknown): Promise<object[]> =>
    query(writer, 'select audit.recorded_otherwise($1::jsonb)', [JSON.stringify([record])]);
  const mine = JSON.parse(RECORD) as { data: object };
  assert.deepEqual(await ask(mine), []);
  assert.deepEqual(await ask({ ...mine, data: { ...mine.data, reason: 'guess' } }), [{ recorded_otherwise: 'mine' }]);
  assert.deepEqual(await ask({ ...mine, id: 'somebody else’s' }), []);
});

test('the columns of a record are what it says itself', async (t) => {
  const { writer } = await auditDatabase(t);
  for (const [tenantId, id, time] of [
    ['other', 'mine', '2026-11-23T08:00:00Z'],
    ['acme', 'other', '2026-11-23T08:00:00Z'],
    ['acme', 'mine', '2026-11-24T08:00:00Z'],
  ]) {
    await assert.rejects(query(writer, INSERT, [tenantId, id, time, RECORD]), /key_of_record/);
  }
  const withoutId = JSON.stringify({ ...auditRecord('mine'), id: undefined });
  await assert.rejects(query(writer, INSERT, ['acme', 'mine', '2026-11-23T08:00:00Z', withoutId]), /key_of_record/);
});

test('what the sealer could not seal is refused, and what the schema of records takes is not', async (t) => {
  const { writer, asOwner } = await auditDatabase(t);
  const insert = (record: object, time: string): Promise<object[]> =>
    query(writer, INSERT, ['acme', 'mine', time, JSON.stringify(record)]);
  const at = (time: string): AuditRecord => ({ ...auditRecord('mine'), time });
  const refused = {
    '2026-11-23T08:00:00': '2026-11-23T08:00:00Z',
    '2026-11-23T08:00Z': '2026-11-23T08:00:00Z',
    '2026-11-23T08:00:00.1234567Z': '2026-11-23T08:00:00.123457Z',
    '0044-03-15 12:00:00 BC Z': '0044-03-15 12:00:00 BC Z',
    '294276-01-01T00:00:00Z': '294276-01-01T00:00:00Z',
    '0000-01-01T00:00:00Z': '0001-01-01 00:00:00 BC Z',
    infinityZ: 'infinity',
  };
  for (const [time, column] of Object.entries(refused)) {
    await assert.rejects(insert(at(time), column), /key_of_record|out of range/, time);
    assert.equal(auditRecordSchemaFor(at(time)).safeParse(at(time)).success, false, time);
  }
  const nameless = { ...auditRecord('mine'), data: { ...auditRecord('mine').data, tenantId: '' } };
  await assert.rejects(
    query(writer, INSERT, ['', 'mine', nameless.time, JSON.stringify(nameless)]),
    /tenant_of_record/,
  );
  const huge = { ...at('2026-11-23T08:00:00Z'), more: 'x'.repeat(4_000_000) };
  await assert.rejects(insert(huge, huge.time), /size_of_record/);
  // As long as a record can be, of what PostgreSQL writes at most length.
  const before = Array.from({ length: 8_700 }, () => ({ skillId: '', level: 1e308 }));
  for (const time of ['0001-01-01T00:00:00Z', '9999-12-31T23:59:59.999999Z', '2026-11-23T08:00:00.1Z']) {
    const record = { ...auditRecord('mine', { before }), time };
    assert.equal(toRecordLines([record]).length, 1);
    await insert(record, time);
  }
  const longest = await asOwner<{ bytes: number }>(
    'select max(octet_length(record::text)) as bytes from audit.records',
  );
  assert.ok((longest[0]?.bytes ?? 0) > 2_800_000);
});

test('records are found by agent, request, requester, who acted and skill, by an index each', async (t) => {
  const { writer, reader, asOwner } = await auditDatabase(t);
  const parsed = parsePostgresUrl(writer);
  assert.ok(parsed.ok);
  const sink = createPostgresSink(parsed);
  t.after(() => sink.close());
  const changes = [
    { action: 'assign' as const, skillId: 'sk-1', name: 'Billing', requestedLevel: 3 },
    { action: 'remove' as const, skillId: 'sk-2', requestedLevel: 0 },
  ];
  await sink.append(
    [auditRecord('wanted', { agentId: 'agent-7', requestId: 'r-7', requestedBy: 'kim', actor: 'lee', changes })],
    {
      checkExisting: false,
    },
  );
  const others = Array.from({ length: 1_000 }, (_, index) =>
    auditRecord(`other-${index}`, {
      agentId: `agent-a${index}`,
      requestId: `r-a${index}`,
      requestedBy: `by-${index}`,
      actor: `by-${index}`,
      changes: [{ action: 'assign', skillId: `sk-a${index}`, name: `Skill ${index}`, requestedLevel: 1 }],
    }),
  );
  await sink.append(others, { checkExisting: false });
  await asOwner('analyze audit.records');
  for (const [condition, index] of [
    ["tenant_id = 'acme' and agent_id = 'agent-7'", 'agent_id'],
    ["tenant_id = 'acme' and request_id = 'r-7'", 'request_id'],
    ["tenant_id = 'acme' and requested_by = 'kim'", 'requested_by'],
    ["tenant_id = 'acme' and actor = 'lee'", 'actor'],
    ["skill_ids @> array['sk-2']", 'skill_ids'],
    ["skill_names @> array['Billing']", 'skill_names'],
  ] as const) {
    const found = await query(reader, `select id from audit.records where ${condition}`);
    assert.deepEqual(found, [{ id: 'wanted' }], condition);
    const plan = await asOwner<Record<string, string>>(
      `explain select id from audit.records where ${condition} and time >= '2026-11-01' and time < '2026-12-01'`,
    );
    assert.match(JSON.stringify(plan), new RegExp(`records_y2026m11_\\w*${index}`), condition);
  }
});
