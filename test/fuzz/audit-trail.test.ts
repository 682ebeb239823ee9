import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import { AuditUnrecordableError } from '../../audit/errors.ts';
import { createJsonlSink } from '../../audit/jsonl-sink.ts';
import { readTrail } from '../../audit/read-trail.ts';
import { idOfLine, parseRecordLine, toRecordLines } from '../../audit/record-line.ts';
import type { AuditRecord } from '../../domain/audit-record.ts';
import { auditRecord, workerRecord } from '../support/audit-record.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { anyDocument, nearValid } from './near-valid.ts';
import { hasOnly, isFields } from './oracle.ts';

const GOOD = auditRecord('one', {
  stage: 'outcome',
  ticket: 'T-1',
  before: [{ skillId: 'voice', level: 2 }],
  after: [],
  operator: 'kim',
  note: 'n',
  problem: { code: 'c', message: 'm' },
});
const EVENT = auditRecord('four', { stage: 'event', status: 'reconciled', closes: 'x', outcome: 'failure' });
const record = fc.oneof(
  { weight: 8, arbitrary: nearValid([GOOD, auditRecord('two'), workerRecord('three'), EVENT]) },
  anyDocument,
);
const line = fc.oneof(
  record.map(writable),
  fc.constantFrom('', '{"specversion":"1.0","id":"one"', '{"specversion":"1.0","id":', 'null', '\u2028', '\r'),
  fc.string({ unit: 'binary' }).map((words) => words.replaceAll('\n', '')),
  fc.tuple(fc.nat(), record.map(writable)).map(([at, words]) => words.slice(0, at % words.length)),
);

test('a line is a record exactly if it is one by the rules, and is written only then', () => {
  let accepted = 0;
  fc.assert(
    fc.property(record, (value) => {
      const json = writable(value);
      const found = parseRecordLine(json);
      const given = JSON.parse(json) as AuditRecord;
      assert.equal(found !== undefined, isRecord(given), json.slice(0, 500));
      if (found === undefined) {
        assert.throws(() => toRecordLines([given]), AuditUnrecordableError);
        return;
      }
      accepted += 1;
      assert.deepEqual(found, given);
      const [written] = toRecordLines([found]);
      const text = written?.bytes.toString('utf8') ?? '';
      assert.match(text, /^[^\n]*\n$/);
      assert.equal(idOfLine(text), given.id);
      assert.deepEqual(parseRecordLine(text), given);
    }),
    { numRuns: 500 },
  );
  assert.ok(accepted > 15, `only ${accepted} were near enough`);
});

test('whatever is in a trail, each record is read once and each other line is named', async (t) => {
  const path = join(temporaryFolder(t), 'audit.jsonl');
  await fc.assert(
    fc.asyncProperty(fc.array(line, { maxLength: 6 }), fc.boolean(), async (lines, isTorn) => {
      writeFileSync(path, lines.join('\n') + (isTorn ? '' : '\n'));
      const broken: number[] = [];
      const ids: string[] = [];
      for await (const { id } of readTrail(path, { onBrokenLine: (number) => broken.push(number) })) ids.push(id);
      const expected = lines.map((text, index) => (isTorn && index === lines.length - 1 ? undefined : idIn(text)));
      assert.deepEqual(ids, [...new Set(expected.filter((id) => id !== undefined))]);
      const bad = lines.flatMap((text, index) => (text !== '' && expected[index] === undefined ? [index + 1] : []));
      assert.deepEqual(broken, bad);
    }),
  );
});

test('whatever a crash or somebody else has left in a trail, what is appended can be read, once', async (t) => {
  const path = join(temporaryFolder(t), 'audit.jsonl');
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 40 }), fc.array(line, { maxLength: 4 }), async (bytes, lines) => {
      writeFileSync(path, Buffer.concat([Buffer.from(lines.map((text) => `${text}\n`).join('')), bytes]));
      const sink = createJsonlSink({ path, warn: () => undefined });
      await sink.append([auditRecord('three'), auditRecord('one')], { checkExisting: true });
      await sink.append([auditRecord('three')], { checkExisting: true });
      await sink.close();
      const ids: string[] = [];
      for await (const { id } of readTrail(path)) ids.push(id);
      assert.equal(ids.filter((id) => id === 'three').length, 1);
      assert.equal(ids.filter((id) => id === 'one').length, 1);
    }),
    { numRuns: 60 },
  );
});

test('a line without end, of somebody else, does not keep records from being written', async (t) => {
  const path = join(temporaryFolder(t), 'audit.jsonl');
  writeFileSync(path, `{"specversion":"1.0","id":"${'x'.repeat(12 * 1024 * 1024)}\n`);
  const sink = createJsonlSink({ path, warn: () => undefined });
  await sink.append([auditRecord('three')], { checkExisting: true });
  await sink.close();
  const ids: string[] = [];
  for await (const { id } of readTrail(path)) ids.push(id);
  assert.deepEqual(ids, ['three']);
});

function idIn(text: string): string | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isRecord(value) ? (value as AuditRecord).id : undefined;
  } catch {
    return undefined;
  }
}

function isRecord(value: unknown): boolean {
  if (!isFields(value) || !hasOnly(value, ENVELOPE, [])) return false;
  const { specversion, id, source, type, subject, time, datacontenttype, dataschema, data } = value;
  return (
    specversion === '1.0' &&
    datacontenttype === 'application/json' &&
    dataschema === 'urn:skill-provisioner:audit-record:1' &&
    [id, source, subject].every(isFilled) &&
    (id as string).length <= 500 &&
    typeof time === 'string' &&
    /^(?!0000)\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,6})?Z$/.test(time) &&
    isFields(data) &&
    type === `skill-provisioner.${String(data['stage'])}.v1` &&
    ('changes' in data ? isAboutRequest(data) : isAboutNone(data))
  );
}

const ENVELOPE = ['specversion', 'id', 'source', 'type', 'subject', 'time', 'datacontenttype', 'dataschema', 'data'];
const FACTS = ['stage', 'outcome', 'actor', 'tenantId', 'origin'];
const REMARKS = ['operator', 'note', 'problem'];
const REQUEST = ['requestId', 'requestedBy', 'reason', 'agentId', 'changes'];
const OUTCOMES: unknown[] = ['success', 'failure', 'noop', 'unknown'];
const ENDS: unknown[] = ['provisioned', 'unchanged', 'rejected', 'failed', 'accepted', 'rolled-back', 'abandoned'];
const ORDERS = ['retry', 'accept', 'rollback', 'abandon'].map((action) => `reconcile-${action}`);
const TEMPORARY = ['extend', 'end', 'cancel', 'overstayed'].map((event) => `temporary-${event}`);
const OTHERS = ['reconcile', 'cancel', 'parked', 'reconciled', 'refused', 'drift', 'login-failed', 'scope-missing'];
const EVENTS: unknown[] = [...ORDERS, ...TEMPORARY, ...OTHERS];

function isAboutRequest(data: Record<string, unknown>): boolean {
  const { stage, outcome, status, changes, before = [], after = [], origin, requestId, requestedBy, agentId } = data;
  const { reason, ticket = '', closes = 'x' } = data;
  const optional = [...REMARKS, 'ticket', 'before', 'after'];
  const [more, isRight] =
    stage === 'intent'
      ? [[], outcome === 'unknown']
      : stage === 'outcome'
        ? [['status'], [...ENDS, 'cancelled'].includes(status)]
        : [['status'], stage === 'event' && EVENTS.includes(status)];
  return (
    isRight &&
    hasOnly(data, [...FACTS, ...REQUEST, ...more], stage === 'event' ? [...optional, 'closes'] : optional) &&
    hasFacts(data) &&
    [requestId, requestedBy, agentId, closes].every(isFilled) &&
    [reason, ticket].every(isText) &&
    isListOf(changes, isChange) &&
    [before, after].every((list) => isListOf(list, isLevel)) &&
    isWorkflowOrigin(origin)
  );
}

function isAboutNone(data: Record<string, unknown>): boolean {
  const { stage, status, origin, agentId = '', requestId = '' } = data;
  return (
    hasOnly(data, [...FACTS, 'status'], [...REMARKS, 'agentId', 'requestId']) &&
    stage === 'event' &&
    EVENTS.includes(status) &&
    hasFacts(data) &&
    [agentId, requestId].every(isText) &&
    (isWorkflowOrigin(origin) || isWorkerOrigin(origin))
  );
}

function hasFacts({ outcome, actor, tenantId, operator = '', note = '', problem }: Record<string, unknown>): boolean {
  return (
    OUTCOMES.includes(outcome) &&
    isFilled(actor) &&
    isFilled(tenantId) &&
    [operator, note].every(isText) &&
    (problem === undefined ||
      (isFields(problem) && hasOnly(problem, ['code', 'message'], []) && Object.values(problem).every(isText)))
  );
}

function isText(value: unknown): boolean {
  return typeof value === 'string' && Buffer.from(value).toString() === value && !value.includes('\0');
}

function isFilled(value: unknown): boolean {
  return isText(value) && value !== '';
}

function isChange(value: unknown): boolean {
  if (!isFields(value) || !hasOnly(value, ['action', 'requestedLevel'], ['skillId', 'name', 'targetLevel']))
    return false;
  const { action, requestedLevel, skillId = '', name = '', targetLevel = 0 } = value;
  const isScalar = ['number', 'boolean'].includes(typeof requestedLevel) || requestedLevel === null;
  return (
    (action === 'assign' || action === 'remove') &&
    (isScalar || isText(requestedLevel)) &&
    isText(skillId) &&
    isText(name) &&
    typeof targetLevel === 'number'
  );
}

function isLevel(value: unknown): boolean {
  return (
    isFields(value) &&
    hasOnly(value, ['skillId', 'level'], []) &&
    isText(value['skillId']) &&
    typeof value['level'] === 'number'
  );
}

function isWorkflowOrigin(value: unknown): boolean {
  if (!isFields(value) || !hasOnly(value, ['workflowId', 'runId', 'attempt', 'host'], [])) return false;
  const { workflowId, runId, attempt, host } = value;
  return [workflowId, runId, host].every(isFilled) && Number.isSafeInteger(attempt) && (attempt as number) >= 0;
}

function isWorkerOrigin(value: unknown): boolean {
  return isFields(value) && hasOnly(value, ['host', 'instance'], []) && Object.values(value).every(isFilled);
}

function isListOf(value: unknown, isItem: (item: unknown) => boolean): boolean {
  return Array.isArray(value) && value.every(isItem);
}

function writable(value: unknown): string {
  try {
    return JSON.stringify(value);
  } catch {
    return '['.repeat(20_000) + ']'.repeat(20_000);
  }
}
