import assert from 'node:assert/strict';
import { appendFileSync, mkdirSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import type { AuditUnrecordableError } from '../../audit/errors.ts';
import { AuditUnavailableError } from '../../audit/errors.ts';
import { createJsonlSink } from '../../audit/jsonl-sink.ts';
import { readTrail } from '../../audit/read-trail.ts';
import { toRecordable } from '../../audit/recordable.ts';
import type { AuditSink } from '../../audit/sink.ts';
import type { AuditRecord } from '../../domain/audit-record.ts';
import { auditRecord } from '../support/audit-record.ts';
import { AGAIN, FIRST, testSinkContract } from '../support/audit-sink-contract.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

function openSink(t: TestContext, path: string): { sink: AuditSink; warnings: string[] } {
  const warnings: string[] = [];
  const sink = createJsonlSink({ path, warn: (message) => warnings.push(message) });
  t.after(() => sink.close());
  return { sink, warnings };
}

testSinkContract('the file', async (t) => {
  const folder = join(temporaryFolder(t), 'trail');
  const path = join(folder, 'audit.jsonl');
  mkdirSync(folder);
  const records: () => Promise<AuditRecord[]> = async () => {
    const read: AuditRecord[] = [];
    for await (const record of readTrail(path)) read.push(record);
    return read;
  };
  return {
    sink: () => openSink(t, path).sink,
    records,
    stored: async () => lineCount(path),
    // Under a name where the sink's open file is no longer found.
    breakOff: async () => renameSync(folder, `${folder}-gone`),
    mend: async () => renameSync(`${folder}-gone`, folder),
    env: { AUDIT_FILE: path },
  };
});

async function idsIn(path: string): Promise<string[]> {
  const ids: string[] = [];
  for await (const { id } of readTrail(path)) ids.push(id);
  return ids;
}

function lineCount(path: string): number {
  return readFileSync(path, 'utf8')
    .split('\n')
    .filter((line) => line !== '').length;
}

test('a record is one line of JSON that reads back as it was given', async (t) => {
  const path = join(temporaryFolder(t), 'audit.jsonl');
  const { sink } = openSink(t, path);
  const record = auditRecord('a', { reason: 'two\nlines, \u2028 and "quotes"', note: 'ü😀' });
  await sink.append([record], FIRST);
  const text = readFileSync(path, 'utf8');
  assert.equal(text.indexOf('\n'), text.length - 1);
  const read: AuditRecord[] = [];
  for await (const one of readTrail(path)) read.push(one);
  assert.deepEqual(read, [record]);
});

test('only the owner can read the trail', async (t) => {
  const path = join(temporaryFolder(t), 'audit.jsonl');
  const { sink } = openSink(t, path);
  await sink.append([auditRecord('a')], FIRST);
  assert.equal(statSync(path).mode & 0o777, 0o600);
});

test('the reader drops ids that are there twice', async (t) => {
  const path = join(temporaryFolder(t), 'audit.jsonl');
  const { sink } = openSink(t, path);
  await sink.append([auditRecord('a')], FIRST);
  await sink.append([auditRecord('a')], FIRST);
  assert.equal(lineCount(path), 2);
  assert.deepEqual(await idsIn(path), ['a']);
});

test('a torn last line is closed with a warning, and its record is written anew', async (t) => {
  const path = join(temporaryFolder(t), 'audit.jsonl');
  const { sink } = openSink(t, path);
  await sink.append([auditRecord('a'), auditRecord('b')], FIRST);
  await sink.close();
  const whole = readFileSync(path, 'utf8');
  // In each place where a write can break off, the last byte included.
  const lastLine = whole.lastIndexOf('\n', whole.length - 2) + 1;
  for (let end = lastLine + 1; end < whole.length; end += 7) {
    writeFileSync(path, whole.slice(0, end));
    const { sink: next, warnings } = openSink(t, path);
    await next.append([auditRecord('b')], AGAIN);
    await next.append([auditRecord('c')], FIRST);
    await next.close();
    assert.equal(warnings.length, 1);
    assert.deepEqual(await idsIn(path), ['a', 'b', 'c']);
  }
});

test('a torn last line is not taken for a record', async (t) => {
  const path = join(temporaryFolder(t), 'audit.jsonl');
  const { sink } = openSink(t, path);
  await sink.append([auditRecord('a')], FIRST);
  appendFileSync(path, JSON.stringify(auditRecord('b')).slice(0, -1));
  const broken: number[] = [];
  const ids: string[] = [];
  for await (const { id } of readTrail(path, { onBrokenLine: (line) => broken.push(line) })) ids.push(id);
  assert.deepEqual({ ids, broken }, { ids: ['a'], broken: [2] });
});

test('after a rotation records go to the new file', async (t) => {
  const path = join(temporaryFolder(t), 'audit.jsonl');
  const { sink } = openSink(t, path);
  await sink.append([auditRecord('a')], FIRST);
  renameSync(path, `${path}.1`);
  await sink.append([auditRecord('b')], FIRST);
  renameSync(path, `${path}.2`);
  writeFileSync(path, '');
  await sink.append([auditRecord('c')], FIRST);
  assert.deepEqual([await idsIn(`${path}.1`), await idsIn(`${path}.2`), await idsIn(path)], [['a'], ['b'], ['c']]);
});

test('a full disk is an outage', async (t) => {
  const { sink } = openSink(t, '/dev/full');
  await assert.rejects(sink.append([auditRecord('a')], FIRST), (error) => {
    assert.ok(error instanceof AuditUnavailableError);
    assert.match(error.message, /ENOSPC/);
    return true;
  });
  await assert.rejects(sink.check(), AuditUnavailableError);
});

test('a trail that can not be opened for writing is an outage', async (t) => {
  const folder = temporaryFolder(t);
  // A directory in the file's place can't be opened for writing by anyone, root included.
  mkdirSync(join(folder, 'audit.jsonl'));
  const { sink } = openSink(t, join(folder, 'audit.jsonl'));
  await assert.rejects(sink.append([auditRecord('a')], FIRST), AuditUnavailableError);
});

test('no record holds what PostgreSQL or canonical JSON can not: it is replaced on the way, and refused by the sink', async (t) => {
  const path = join(temporaryFolder(t), 'audit.jsonl');
  const { sink } = openSink(t, path);
  const changes = [{ action: 'assign', name: 'vo\0ice', requestedLevel: '3\udc00' as unknown as number } as const];
  const spoilt = auditRecord('a', { reason: 'on \0 call \ud83d', changes });
  await assert.rejects(sink.append([spoilt], FIRST), (error: AuditUnrecordableError) => {
    assert.match(error.message, /data\.reason: must not contain NUL or half a character/);
    return true;
  });
  await sink.append([toRecordable(spoilt)], FIRST);
  for await (const { data } of readTrail(path)) {
    assert.equal(data.reason, 'on \ufffd call \ufffd');
    assert.deepEqual(data.changes, [{ action: 'assign', name: 'vo\ufffdice', requestedLevel: '3\ufffd' }]);
  }
});
