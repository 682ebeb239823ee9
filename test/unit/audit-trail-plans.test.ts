import assert from 'node:assert/strict';
import { before, after, test } from 'node:test';
import { selectOpen, selectRecords, type Statement } from '../../audit/trail-sql.ts';
import { startPostgres, type Postgres } from '../../tools/postgres.ts';
import { createAuditDatabase, type DroppableDatabase } from '../support/audit-database.ts';
import { auditRecord } from '../support/audit-record.ts';

/** Enough for reading all of it to be the worse plan. */
const RECORDS = 60_000;

let postgres: Postgres;
let database: DroppableDatabase;

before(async () => {
  postgres = await startPostgres();
  database = await createAuditDatabase(postgres);
  await fill();
});
after(async () => {
  await database.drop();
  await postgres.stop();
});

const TENANT = { tenantId: 'acme' };
const INDEXED: Record<string, { statement: Statement; column: string }> = {
  'by agent': { statement: selectRecords({ ...TENANT, agentId: 'agent-77' }), column: 'agent_id' },
  'by agent, of any tenant': { statement: selectRecords({ agentId: 'agent-77' }), column: 'agent_id' },
  'by skill': { statement: selectRecords({ ...TENANT, skill: 'sk-77' }), column: 'skill_ids' },
  'by skill, of any tenant': { statement: selectRecords({ skill: 'sk-77' }), column: 'skill_ids' },
  'by request': { statement: selectRecords({ ...TENANT, requestId: 'req-777' }), column: 'request_id' },
  'by request, of any tenant': { statement: selectRecords({ requestId: 'req-777' }), column: 'request_id' },
  'by requester, actor or operator': {
    statement: selectRecords({ ...TENANT, by: 'person-77' }),
    column: 'requested_by',
  },
  'by requester, of any tenant': { statement: selectRecords({ by: 'person-77' }), column: 'requested_by' },
  'by time': {
    statement: selectRecords({ ...TENANT, since: '2026-11-03T10:00:00Z', until: '2026-11-03T11:00:00Z' }),
    column: 'time',
  },
};

for (const [name, { statement, column }] of Object.entries(INDEXED)) {
  test(`reading ${name} uses its index in every partition that has records`, async () => {
    const nodes = await plan(statement);
    const whole = nodes.filter((node) => node['Node Type'] === 'Seq Scan' && isFull(node));
    assert.deepEqual(whole, [], 'no partition is read as a whole');
    const conditions = nodes.flatMap((node) => node['Index Cond'] ?? []);
    assert.ok(
      conditions.some((condition) => condition.includes(column)),
      `${column} is looked up: ${conditions.join(', ')}`,
    );
  });
}

test('reading by time leaves out the partitions of other months', async () => {
  const nodes = await plan(selectRecords({ ...TENANT, since: '2026-11-03T00:00:00Z', until: '2026-11-04T00:00:00Z' }));
  const read = new Set(nodes.flatMap((node) => node['Relation Name'] ?? []));
  assert.ok(!read.has('records_y2026m10'), [...read].join(', '));
});

test('open intents are found by one pass, not by a look for each', async () => {
  const nodes = await plan(selectOpen({ before: '2026-12-01T00:00:00Z', asOf: '2026-12-01T00:00:00Z' }));
  assert.ok(
    nodes.some((node) => /Anti/.test(node['Join Type'] ?? '')),
    JSON.stringify(nodes.map((n) => n['Node Type'])),
  );
});

interface Node {
  'Node Type': string;
  'Relation Name'?: string;
  'Index Cond'?: string;
  'Join Type'?: string;
  Plans?: Node[];
}

/** The default partition is empty, and so is what was made for the months ahead. */
function isFull(node: Node): boolean {
  return ['records_y2026m10', 'records_y2026m11'].includes(node['Relation Name'] ?? '');
}

async function plan({ text, values }: Statement): Promise<Node[]> {
  const [row] = await database.asOwner<{ 'QUERY PLAN': { Plan: Node }[] }>(`explain (format json) ${text}`, values);
  const root = row?.['QUERY PLAN'][0]?.Plan;
  assert.ok(root !== undefined);
  return flatten(root);
}

function flatten(node: Node): Node[] {
  return [node, ...(node.Plans ?? []).flatMap(flatten)];
}

/** Two months of two tenants, with as many of each agent, skill, request and person as a busy centre has. */
async function fill(): Promise<void> {
  for (const [month, next] of [
    ['2026-10', '2026-11'],
    ['2026-11', '2026-12'],
  ] as const) {
    await database.asOwner(`create table if not exists audit.records_y${month.replace('-', 'm')} partition of audit.records
                              for values from ('${month}-01Z') to ('${next}-01Z')`);
  }
  const sample = JSON.stringify(auditRecord('sample', { operator: 'person-1' }));
  await database.asOwner(
    `
    insert into audit.records (tenant_id, id, time, record)
      select tenant, id, time,
             $1::jsonb || jsonb_build_object('id', id, 'time', to_char(time at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'),
               'data', ($1::jsonb -> 'data') || jsonb_build_object(
                 'tenantId', tenant, 'agentId', 'agent-' || n % 1000, 'requestId', 'req-' || n / 2,
                 'requestedBy', 'person-' || n % 300, 'actor', 'person-' || n % 301, 'operator', 'person-' || n % 299,
                 'stage', case n % 2 when 0 then 'intent' else 'outcome' end,
                 'changes', jsonb_build_array(jsonb_build_object('action', 'assign', 'skillId', 'sk-' || n % 400, 'requestedLevel', 3))))
        from (select n, case n % 5 when 0 then 'globex' else 'acme' end as tenant, 'id-' || n as id,
                     timestamptz '2026-10-05 00:00:00+00' + n * interval '80 seconds' as time
                from generate_series(1, ${RECORDS}) as n) as made`,
    [sample],
  );
  await database.asOwner('analyze audit.records');
}
