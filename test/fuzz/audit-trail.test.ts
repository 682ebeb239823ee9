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
import { auditRecord } from '../support/audit-record.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { anyDocument, nearValid } from './near-valid.ts';
import { hasOnly, isFields } from './oracle.ts';

const GOOD = auditRecord('one', {
  outcome: 'provisioned',
  ticket: 'T-1',
  before: [{ skillId: 'voice', level: 2 }],
  after: [],
  operator: 'kim',
  note: 'n',
  problem: { code: 'c', message: 'm' },
});
const record = fc.oneof({ weight: 8, arbitrary: nearValid([GOOD, auditRecord('two')]) }, anyDocument);
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
  const { specversion, id, source, type, subject, time, datacontenttype, data } = value;
  return (
    specversion === '1.0' &&
    datacontenttype === 'application/json' &&
    [id, source, type].every((text) => typeof text === 'string' && text !== '') &&
    (id as string).length <= 500 &&
    typeof subject === 'string' &&
    typeof time === 'string' &&
    /^\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d+)?)?Z$/.test(time) &&
    isData(data)
  );
}

const ENVELOPE = ['specversion', 'id', 'source', 'type', 'subject', 'time', 'datacontenttype', 'data'];
const TEXTS = ['requestId', 'requestedBy', 'reason', 'tenantId', 'agentId'];
const OPTIONAL_TEXTS = ['outcome', 'ticket', 'operator', 'note'];

function isData(value: unknown): boolean {
  if (!isFields(value)) return false;
  if (!hasOnly(value, [...TEXTS, 'stage', 'changes', 'origin'], [...OPTIONAL_TEXTS, 'before', 'after', 'problem']))
    return false;
  const { stage, changes, before = [], after = [], origin, outcome, problem = { code: '', message: '' } } = value;
  return (
    ['intent', 'outcome', 'event'].includes(stage as string) &&
    typeof stage === 'string' &&
    TEXTS.every((name) => typeof value[name] === 'string') &&
    OPTIONAL_TEXTS.every((name) => !(name in value) || typeof value[name] === 'string') &&
    outcome !== '' &&
    isListOf(changes, isChange) &&
    [before, after].every((list) => isListOf(list, isLevel)) &&
    isOrigin(origin) &&
    isFields(problem) &&
    hasOnly(problem, ['code', 'message'], []) &&
    Object.values(problem).every((text) => typeof text === 'string')
  );
}

function isChange(value: unknown): boolean {
  if (!isFields(value) || !hasOnly(value, ['action', 'requestedLevel'], ['skillId', 'name', 'targetLevel']))
    return false;
  const { action, requestedLevel, skillId = '', name = '', targetLevel = 0 } = value;
  const isScalar = typeof requestedLevel !== 'object' || requestedLevel === null;
  return (
    (action === 'assign' || action === 'remove') &&
    isScalar &&
    typeof skillId === 'string' &&
    typeof name === 'string' &&
    typeof targetLevel === 'number'
  );
}

function isLevel(value: unknown): boolean {
  return (
    isFields(value) &&
    hasOnly(value, ['skillId', 'level'], []) &&
    typeof value['skillId'] === 'string' &&
    typeof value['level'] === 'number'
  );
}

function isOrigin(value: unknown): boolean {
  if (!isFields(value) || !hasOnly(value, ['workflowId', 'runId', 'attempt'], ['host'])) return false;
  const { workflowId, runId, attempt, host = '' } = value;
  const isFilled = [workflowId, runId].every((text) => typeof text === 'string' && text !== '');
  return isFilled && typeof host === 'string' && Number.isSafeInteger(attempt) && (attempt as number) >= 0;
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
