import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parse } from 'csv-parse/sync';
import { CSV_HEADER, toCsvRows } from '../../client/audit/csv.ts';
import { OCSF_VERSION, toOcsf } from '../../client/audit/ocsf.ts';
import { auditMonth } from '../support/audit-month.ts';
import { auditRecord, workerRecord } from '../support/audit-record.ts';

type Cells = Record<string, string>;

function rowsOf(...args: Parameters<typeof auditRecord>): Cells[] {
  return parse(CSV_HEADER + toCsvRows(auditRecord(...args)), { columns: true });
}

test('a table has a row for each change, with the levels asked for, before and after', () => {
  const rows = rowsOf('a', {
    stage: 'outcome',
    changes: [
      { action: 'assign', skillId: 'voice', name: 'Voice', requestedLevel: 3.7, targetLevel: 4 },
      { action: 'remove', skillId: 'chat', requestedLevel: 0, targetLevel: 0 },
    ],
    before: [{ skillId: 'chat', level: 2 }],
    after: [{ skillId: 'voice', level: 4 }],
  });
  assert.deepEqual(
    rows.map((row) => [
      row['skill_id'],
      row['level_asked'],
      row['level_target'],
      row['level_before'],
      row['level_after'],
    ]),
    [
      ['voice', '3.7', '4', '0', '4'],
      ['chat', '0', '0', '2', '0'],
    ],
  );
});

test('a record without a change is a row too, and a level that nobody has read is empty', () => {
  const [worker] = parse<Cells>(CSV_HEADER + toCsvRows(workerRecord('w')), { columns: true });
  assert.equal(worker?.['status'], 'login-failed');
  assert.equal(worker['instance'], 'host-a-1-0a0b0c0d');
  const [row] = rowsOf('a', { stage: 'outcome', after: [] });
  assert.equal(rowsOf('a')[0]?.['level_after'], '');
  assert.equal(row?.['level_after'], '0');
});

test('no cell is taken for a formula, and none breaks its row', () => {
  for (const text of ['=1+1', '+cmd|x', '-2+3', '@SUM(A1)', '＝1', '\t=1', "'=1"]) {
    const [row] = rowsOf('a', { reason: text, ticket: text });
    assert.match(row?.['reason'] ?? '', /^\s*'/, text);
    assert.match(row?.['ticket'] ?? '', /^\s*'/, text);
  }
  const rows = rowsOf('a', { reason: 'two\nlines, "quotes"; and\rmore' });
  assert.equal(rows.length, 1);
  assert.equal(rows[0]?.['reason'], 'two lines, "quotes"; and more');
});

/** What OCSF 1.8.0 requires of every event, and of these two classes, with the values it allows. */
const REQUIRED: Record<number, { activities: number[]; attributes: string[] }> = {
  3004: { activities: [3], attributes: ['entity'] },
  3002: { activities: [1], attributes: ['user', 'service'] },
};
const OF_EVERY_EVENT = ['activity_id', 'category_uid', 'class_uid', 'metadata', 'severity_id', 'time', 'type_uid'];

test('each record is an OCSF event that has what its class requires', () => {
  const classes = new Set<unknown>();
  for (const record of auditMonth()) {
    const event = toOcsf(record);
    const kind = REQUIRED[Number(event['class_uid'])];
    assert.ok(kind !== undefined);
    classes.add(event['class_uid']);
    for (const name of [...OF_EVERY_EVENT, ...kind.attributes]) assert.notEqual(event[name], undefined, name);
    assert.equal(event['category_uid'], 3);
    assert.ok(kind.activities.includes(Number(event['activity_id'])));
    assert.equal(event['type_uid'], Number(event['class_uid']) * 100 + Number(event['activity_id']));
    assert.equal(event['time'], Date.parse(record.time));
    const { version, product, original_event_uid: id } = event['metadata'] as Record<string, unknown>;
    assert.equal(version, OCSF_VERSION);
    assert.ok(product !== undefined);
    assert.equal(id, record.id);
    assert.equal((event['actor'] as { user: { name: string } }).user.name, record.data.actor);
  }
  assert.deepEqual([...classes].sort(), [3002, 3004]);
});

test('an outcome is a success or a failure in OCSF only where it is one', () => {
  const statuses = (['success', 'failure', 'noop', 'unknown'] as const).map((outcome) => {
    const event = toOcsf(auditRecord('a', { stage: 'outcome', outcome }));
    return [event['status_id'], event['status']];
  });
  assert.deepEqual(statuses, [
    [1, 'Success'],
    [2, 'Failure'],
    [99, 'noop'],
    [0, 'Unknown'],
  ]);
});

test('the agent before and after, and why, are where OCSF has them', () => {
  const event = toOcsf(
    auditRecord('a', { stage: 'outcome', before: [], after: [{ skillId: 'voice', level: 4 }], reason: 'peak' }),
  );
  assert.deepEqual(event['entity'], { type_id: 99, type: 'Agent', uid: 'agent-1', data: { skills: [] } });
  assert.deepEqual((event['entity_result'] as { data: unknown }).data, { skills: [{ skillId: 'voice', level: 4 }] });
  assert.equal(event['comment'], 'peak');
});
