import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test, type TestContext } from 'node:test';
import { createJsonlTrail } from '../../audit/jsonl-trail.ts';
import { openIntents } from '../../audit/open-intents.ts';
import { createPostgresTrail } from '../../audit/postgres-trail.ts';
import { parsePostgresUrl, type PostgresAddress } from '../../audit/postgres-address.ts';
import { isWanted, type AuditTrail, type TrailQuery } from '../../audit/trail.ts';
import type { AuditRecord } from '../../domain/audit-record.ts';
import { startPostgres, type Postgres } from '../../tools/postgres.ts';
import { createAuditDatabase, type DroppableDatabase } from '../support/audit-database.ts';
import { auditMonth, requestRecords, waitingCase } from '../support/audit-month.ts';
import { auditRecord } from '../support/audit-record.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

let postgres: Postgres;

before(async () => {
  postgres = await startPostgres();
});
after(() => postgres.stop());

/** A trail that holds these records, recorded in this order. */
type Make = (t: TestContext, records: readonly AuditRecord[]) => Promise<AuditTrail>;

const KINDS: Record<string, Make> = {
  'one file': async (t, records) => createJsonlTrail([fileOf(t, records)]),
  'files of two hosts, some records in both': async (t, records) => {
    const halves = [0, 1].map((half) => records.filter((_record, index) => index % 2 === half || index % 10 === 0));
    return createJsonlTrail(halves.map((half) => fileOf(t, half)));
  },
  PostgreSQL: async (t, records) => {
    const database = await createAuditDatabase(postgres);
    t.after(() => database.drop());
    await insert(database, records);
    return createPostgresTrail(addressOf(database.reader));
  },
};

const MONTH = [
  ...auditMonth(),
  auditRecord('globex/a/1', { tenantId: 'globex', agentId: 'agent-104', requestedBy: 'j.doe', requestId: 'req-205' }),
];
const [LONG] = requestRecords({ index: 31, time: '2026-11-30T10:00:00.000Z', status: 'unchanged' });

const QUERIES: Record<string, TrailQuery> = {
  everything: {},
  'a tenant': { tenantId: 'globex' },
  'an agent': { agentId: 'agent-104' },
  'an agent of a tenant': { tenantId: 'acme', agentId: 'agent-104' },
  'a skill by its id': { tenantId: 'acme', skill: 'sk-2002' },
  'a skill by its name': { skill: 'Video chat' },
  'a request': { requestId: 'req-205' },
  'a requester': { by: 'j.doe' },
  'an operator, also of a cancelled request': { tenantId: 'acme', by: 'k.lindqvist' },
  'a person who decided about cases': { by: 'm.okafor' },
  'a worker': { by: 'host-b-4121-77ab01c9' },
  'a time, with its first moment and without its last': {
    since: '2026-11-02T07:01:22.412Z',
    until: '2026-11-05T11:02:40.003Z',
  },
  'a time with another offset': { since: '2026-11-12T06:00:01.000+01:00', until: '2026-11-12T06:20:44.001+01:00' },
  'all of it together': { tenantId: 'acme', skill: 'sk-1001', by: 'wfm-batch', since: '2026-11-10T00:00:00Z' },
  'nothing that is there': { agentId: 'nobody' },
};

for (const [kind, make] of Object.entries(KINDS)) {
  test(`${kind}: each query gets what applies, oldest first, each record once`, async (t) => {
    const trail = await make(t, MONTH);
    for (const [name, query] of Object.entries(QUERIES)) {
      const expected = MONTH.filter((record) => isWanted(record, query));
      if (name !== 'nothing that is there') assert.ok(expected.length > 0, name);
      assert.deepEqual(sorted(await all(trail.read(query))), sorted(expected), name);
      const times = (await all(trail.read(query))).map(({ time }) => Date.parse(time));
      assert.deepEqual(
        times,
        times.toSorted((a, b) => a - b),
        name,
      );
    }
    assert.equal(trail.broken, 0);
  });

  test(`${kind}: a record comes back as it was recorded`, async (t) => {
    const record = auditRecord('acme/ü😀/1', {
      stage: 'outcome',
      reason: 'two "lines"\u2028, <b>ü😀</b>',
      changes: [{ action: 'assign', name: 'Billing', requestedLevel: 3.7, targetLevel: 4 }],
      before: [{ skillId: 'a', level: 1.5 }],
      after: [],
      problem: { code: 'c', message: 'm' },
    });
    const trail = await make(t, [record]);
    const [read] = await all(trail.read({}));
    assert.deepEqual(read, record);
  });

  test(`${kind}: values longer than an index takes are told apart`, async (t) => {
    const long = 'x'.repeat(300);
    const records = ['a', 'b'].map((end) => auditRecord(end, { requestedBy: long + end, actor: long + end }));
    const trail = await make(t, records);
    assert.deepEqual(
      (await all(trail.read({ by: `${long}b` }))).map(({ id }) => id),
      ['b'],
    );
  });

  test(`${kind}: a value with quotes and placeholders is a value`, async (t) => {
    const odd = `o'brien "$1" %s \\`;
    const trail = await make(t, [auditRecord('a', { requestedBy: odd, actor: odd }), auditRecord('b')]);
    assert.deepEqual(
      (await all(trail.read({ by: odd }))).map(({ id }) => id),
      ['a'],
    );
  });

  test(`${kind}: records of one moment come in the order in which they were recorded`, async (t) => {
    const ids = ['z', 'a', 'm'];
    const trail = await make(
      t,
      ids.map((id) => auditRecord(id)),
    );
    const read = (await all(trail.read({}))).map(({ id }) => id);
    // What two hosts recorded in one moment has no order.
    if (kind.startsWith('files')) assert.deepEqual(read.toSorted(), ids.toSorted());
    else assert.deepEqual(read, ids);
  });

  test(`${kind}: a reader who stops early leaves nothing open`, async (t) => {
    const trail = await make(t, MONTH);
    for await (const record of trail.read({})) {
      assert.equal(record.specversion, '1.0');
      break;
    }
    assert.ok((await all(trail.read({}))).length === MONTH.length);
  });

  test(`${kind}: an intent is open until an outcome of its request comes`, async (t) => {
    const now = Date.parse('2026-11-30T12:00:00.000Z');
    const [intent, outcome] = requestRecords({ index: 30, time: '2026-11-30T11:00:00.000Z', status: 'provisioned' });
    assert.ok(intent !== undefined && outcome !== undefined && LONG !== undefined);
    const parked = waitingCase({
      index: 50,
      since: '2026-11-30T09:00:00.000Z',
      problem: { code: 'lock-timeout', message: 'm' },
    });
    const withOutcome = await make(t, [intent, outcome, LONG]);
    assert.deepEqual(await openIntents(withOutcome, 0, { now }), []);
    // As it was before the outcome came.
    const earlier = Date.parse(outcome.time) - 1;
    assert.equal((await openIntents(withOutcome, 0, { now: earlier })).length, 1);

    const without = await make(t, [intent, LONG, ...parked]);
    const found = await openIntents(without, 15 * 60_000, { now });
    assert.deepEqual(
      found.map(({ requestId, intents, parked: reason }) => ({ requestId, intents, reason })),
      [
        { requestId: 'req-50', intents: 1, reason: 'lock-timeout' },
        { requestId: 'req-30', intents: 1, reason: undefined },
      ],
    );
    assert.equal((await openIntents(without, 90 * 60_000, { now })).length, 1);
    assert.deepEqual(await openIntents(without, 0, { now, tenantId: 'globex' }), []);
  });

  test(`${kind}: an outcome from before the intent does not close it`, async (t) => {
    const [, former] = requestRecords({ index: 30, time: '2026-11-28T11:00:00.000Z', status: 'provisioned' });
    const [intent] = requestRecords({ index: 30, time: '2026-11-30T11:00:00.000Z', status: 'provisioned' });
    assert.ok(former !== undefined && intent !== undefined);
    const trail = await make(t, [{ ...former, id: 'of an earlier request with the same id' }, intent]);
    assert.equal((await openIntents(trail, 0, { now: Date.parse('2026-12-01T00:00:00Z') })).length, 1);
  });
}

test('a trail that is not there is named in a clear error', async () => {
  const gone = addressOf('postgresql://nobody:secret-word@127.0.0.1:1/none');
  for (const trail of [createJsonlTrail(['/nowhere/audit.jsonl']), createPostgresTrail(gone)]) {
    await assert.rejects(all(trail.read({})), (error: Error) => {
      assert.equal(error.name, 'AuditUnreadableError');
      assert.match(error.message, /can't be read/);
      assert.doesNotMatch(error.message + trail.source, /secret-word/);
      return true;
    });
  }
});

test('lines that are no records are left out and counted', async (t) => {
  const path = fileOf(t, [auditRecord('a')], '{"specversion":"1.0","id":"torn\nnot json\n');
  const trail = createJsonlTrail([path]);
  assert.equal((await all(trail.read({}))).length, 1);
  assert.equal(trail.broken, 2);
});

function fileOf(t: TestContext, records: readonly AuditRecord[], rest = ''): string {
  const path = join(temporaryFolder(t), 'audit.jsonl');
  writeFileSync(path, records.map((record) => `${JSON.stringify(record)}\n`).join('') + rest);
  return path;
}

/** One after the other, as a worker's sink would. */
async function insert(database: DroppableDatabase, records: readonly AuditRecord[]): Promise<void> {
  await database.asOwner(
    `insert into audit.records (tenant_id, id, time, record)
       select record #>> '{data,tenantId}', record ->> 'id', (record ->> 'time')::timestamptz, record
         from jsonb_array_elements($1::jsonb) with ordinality as given (record, position) order by position`,
    [JSON.stringify(records)],
  );
}

function addressOf(url: string): PostgresAddress {
  const parsed = parsePostgresUrl(url);
  assert.ok(parsed.ok);
  return parsed.address;
}

async function all(records: AsyncIterable<AuditRecord>): Promise<AuditRecord[]> {
  const list: AuditRecord[] = [];
  for await (const record of records) list.push(record);
  return list;
}

function sorted(records: readonly AuditRecord[]): AuditRecord[] {
  return records.toSorted((a, b) => (a.id < b.id ? -1 : 1));
}
