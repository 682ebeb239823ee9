import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, mkdirSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { test, type TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import { AuditUnavailableError, AuditUnrecordableError } from '../../audit/errors.ts';
import { createJsonlSink } from '../../audit/jsonl-sink.ts';
import { MAX_RECORD_BYTES } from '../../audit/record-line.ts';
import { readTrail } from '../../audit/read-trail.ts';
import { toRecordable } from '../../audit/recordable.ts';
import type { AuditSink } from '../../audit/sink.ts';
import type { AuditRecord } from '../../domain/audit-record.ts';
import { auditRecord } from '../support/audit-record.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const first = { checkExisting: false };
const again = { checkExisting: true };

function openSink(t: TestContext, path: string): { sink: AuditSink; warnings: string[] } {
  const warnings: string[] = [];
  const sink = createJsonlSink({ path, warn: (message) => warnings.push(message) });
  t.after(() => sink.close());
  return { sink, warnings };
}

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
  await sink.append([record], first);
  const text = readFileSync(path, 'utf8');
  assert.equal(text.indexOf('\n'), text.length - 1);
  const read: AuditRecord[] = [];
  for await (const one of readTrail(path)) read.push(one);
  assert.deepEqual(read, [record]);
});

test('only the owner can read the trail', async (t) => {
  const path = join(temporaryFolder(t), 'audit.jsonl');
  const { sink } = openSink(t, path);
  await sink.append([auditRecord('a')], first);
  assert.equal(statSync(path).mode & 0o777, 0o600);
});

test('many appends at once are all recorded, each once, in order', async (t) => {
  const path = join(temporaryFolder(t), 'audit.jsonl');
  const { sink } = openSink(t, path);
  const ids = Array.from({ length: 200 }, (_, index) => `id-${index}`);
  await Promise.all(ids.map((id) => sink.append([auditRecord(id)], first)));
  assert.deepEqual(await idsIn(path), ids);
  assert.equal(lineCount(path), 200);
});

test('a retried append does not write its record again, not even for another sink on the same file', async (t) => {
  const path = join(temporaryFolder(t), 'audit.jsonl');
  const { sink } = openSink(t, path);
  await sink.append([auditRecord('a'), auditRecord('b')], first);
  await sink.append([auditRecord('b'), auditRecord('c')], again);
  const { sink: other } = openSink(t, path);
  await other.append([auditRecord('a')], again);
  assert.deepEqual(await idsIn(path), ['a', 'b', 'c']);
  assert.equal(lineCount(path), 3);
});

test('an id with quotes, backslashes and non-ASCII letters is found again', async (t) => {
  const path = join(temporaryFolder(t), 'audit.jsonl');
  const { sink } = openSink(t, path);
  const record = auditRecord('r"1\\ü/1');
  await sink.append([record], first);
  await sink.append([record], again);
  assert.equal(lineCount(path), 1);
});

test('the reader drops ids that are there twice', async (t) => {
  const path = join(temporaryFolder(t), 'audit.jsonl');
  const { sink } = openSink(t, path);
  await sink.append([auditRecord('a')], first);
  await sink.append([auditRecord('a')], first);
  assert.equal(lineCount(path), 2);
  assert.deepEqual(await idsIn(path), ['a']);
});

test('a torn last line is closed with a warning, and its record is written anew', async (t) => {
  const path = join(temporaryFolder(t), 'audit.jsonl');
  const { sink } = openSink(t, path);
  await sink.append([auditRecord('a'), auditRecord('b')], first);
  await sink.close();
  const whole = readFileSync(path, 'utf8');
  // In each place where a write can break off, the last byte included.
  const lastLine = whole.lastIndexOf('\n', whole.length - 2) + 1;
  for (let end = lastLine + 1; end < whole.length; end += 7) {
    writeFileSync(path, whole.slice(0, end));
    const { sink: next, warnings } = openSink(t, path);
    await next.append([auditRecord('b')], again);
    await next.append([auditRecord('c')], first);
    await next.close();
    assert.equal(warnings.length, 1);
    assert.deepEqual(await idsIn(path), ['a', 'b', 'c']);
  }
});

test('a torn last line is not taken for a record', async (t) => {
  const path = join(temporaryFolder(t), 'audit.jsonl');
  const { sink } = openSink(t, path);
  await sink.append([auditRecord('a')], first);
  appendFileSync(path, JSON.stringify(auditRecord('b')).slice(0, -1));
  const broken: number[] = [];
  const ids: string[] = [];
  for await (const { id } of readTrail(path, { onBrokenLine: (line) => broken.push(line) })) ids.push(id);
  assert.deepEqual({ ids, broken }, { ids: ['a'], broken: [2] });
});

test('after a rotation records go to the new file', async (t) => {
  const path = join(temporaryFolder(t), 'audit.jsonl');
  const { sink } = openSink(t, path);
  await sink.append([auditRecord('a')], first);
  renameSync(path, `${path}.1`);
  await sink.append([auditRecord('b')], first);
  renameSync(path, `${path}.2`);
  writeFileSync(path, '');
  await sink.append([auditRecord('c')], first);
  assert.deepEqual([await idsIn(`${path}.1`), await idsIn(`${path}.2`), await idsIn(path)], [['a'], ['b'], ['c']]);
});

test('a missing directory is an outage that ends when the directory appears', async (t) => {
  const path = join(temporaryFolder(t), 'not-yet', 'audit.jsonl');
  const { sink } = openSink(t, path);
  await assert.rejects(sink.check(), AuditUnavailableError);
  await assert.rejects(sink.append([auditRecord('a')], first), AuditUnavailableError);
  mkdirSync(dirname(path));
  await sink.append([auditRecord('a')], again);
  await sink.check();
  assert.deepEqual(await idsIn(path), ['a']);
});

test('a full disk is an outage', async (t) => {
  const { sink } = openSink(t, '/dev/full');
  await assert.rejects(sink.append([auditRecord('a')], first), (error) => {
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
  await assert.rejects(sink.append([auditRecord('a')], first), AuditUnavailableError);
});

test('a record that can never be written is refused by its id, and nothing of its append is written', async (t) => {
  const path = join(temporaryFolder(t), 'audit.jsonl');
  const { sink } = openSink(t, path);
  const circular = auditRecord('circular');
  Object.assign(circular.data, { before: [circular] });
  const unrecordable = [
    auditRecord('large', { reason: 'x'.repeat(MAX_RECORD_BYTES) }),
    circular,
    { ...auditRecord('unknown field'), secret: 'hunter2' },
    { ...auditRecord('no time'), time: 'yesterday' },
    auditRecord('big number', { after: [{ skillId: 'voice', level: 1n as unknown as number }] }),
    null as unknown as AuditRecord,
  ];
  for (const record of unrecordable) {
    const appending = sink.append([auditRecord('innocent'), record], first);
    await assert.rejects(appending, (error) => {
      assert.ok(error instanceof AuditUnrecordableError);
      assert.deepEqual(error.recordIds, (record as unknown) === null ? [] : [record.id]);
      assert.doesNotMatch(error.message, /hunter2/);
      return true;
    });
  }
  await sink.append([auditRecord('good')], first);
  assert.deepEqual(await idsIn(path), ['good']);
});

test('a refused level is recorded as it was given, also when it was no number', async (t) => {
  const path = join(temporaryFolder(t), 'audit.jsonl');
  const { sink } = openSink(t, path);
  const given = [0.6, 5.4, '4', null] as number[];
  const changes = given.map((requestedLevel) => ({ action: 'assign' as const, name: 'Voice', requestedLevel }));
  await sink.append([auditRecord('a', { changes })], first);
  for await (const { data } of readTrail(path)) {
    assert.deepEqual(
      data.changes?.map(({ requestedLevel }) => requestedLevel),
      given,
    );
  }
});

test('a closed sink has written what it took and takes nothing more', async (t) => {
  const path = join(temporaryFolder(t), 'audit.jsonl');
  const { sink } = openSink(t, path);
  const appending = sink.append([auditRecord('a')], first);
  await sink.close();
  await appending;
  assert.deepEqual(await idsIn(path), ['a']);
  await assert.rejects(sink.append([auditRecord('b')], first), AuditUnavailableError);
});

test('no acknowledged record is lost when writers are killed, though two of them share the file', async (t) => {
  const path = join(temporaryFolder(t), 'audit.jsonl');
  for (const [round, acknowledgements] of [1, 7, 60].entries()) {
    const acknowledged = await Promise.all(
      ['left', 'right'].map((side) => killAfter(path, `${side}-${round}`, acknowledgements)),
    );
    const recorded = new Set(await idsIn(path));
    assert.deepEqual(
      acknowledged.flat().filter((id) => !recorded.has(id)),
      [],
    );
  }
});

/** The ids a writer had acknowledged by the time it was killed. */
async function killAfter(path: string, prefix: string, acknowledgements: number): Promise<string[]> {
  const writer = fileURLToPath(new URL('../support/audit-writer.ts', import.meta.url));
  const child = spawn(process.execPath, ['--import', 'tsx', writer, path, prefix], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = once(child, 'exit');
  const acknowledged: string[] = [];
  for await (const id of createInterface({ input: child.stdout })) {
    acknowledged.push(id);
    if (acknowledged.length === acknowledgements) child.kill('SIGKILL');
  }
  await ended;
  return acknowledged;
}

test('no record holds what PostgreSQL or canonical JSON can not: it is replaced on the way, and refused by the sink', async (t) => {
  const path = join(temporaryFolder(t), 'audit.jsonl');
  const { sink } = openSink(t, path);
  const changes = [{ action: 'assign', name: 'vo\0ice', requestedLevel: '3\udc00' as unknown as number } as const];
  const spoilt = auditRecord('a', { reason: 'on \0 call \ud83d', changes });
  await assert.rejects(sink.append([spoilt], first), (error: AuditUnrecordableError) => {
    assert.match(error.message, /data\.reason: must not contain NUL or half a character/);
    return true;
  });
  await sink.append([toRecordable(spoilt)], first);
  for await (const { data } of readTrail(path)) {
    assert.equal(data.reason, 'on \ufffd call \ufffd');
    assert.deepEqual(data.changes, [{ action: 'assign', name: 'vo\ufffdice', requestedLevel: '3\ufffd' }]);
  }
});
