import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { test, type TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import { AuditUnavailableError, AuditUnrecordableError } from '../../audit/errors.ts';
import { MAX_RECORD_BYTES } from '../../audit/record-line.ts';
import type { AuditSink } from '../../audit/sink.ts';
import type { AuditRecord } from '../../domain/audit-record.ts';
import { auditRecord, workerRecord } from './audit-record.ts';

/** A trail of a test's own, as its sinks and its readers have it. */
export interface TestTrail {
  /** Another sink of the same trail, as another worker has one. It is closed when the test ends. */
  sink(): AuditSink;
  /** What a reader finds, in order. */
  records(): Promise<AuditRecord[]>;
  /** Records as they are stored, those included that are there twice. */
  stored(): Promise<number>;
  /** From now on nothing can be written, until it is mended. */
  breakOff(): Promise<void>;
  mend(): Promise<void>;
  /** Variables that name it to a worker. */
  env: Record<string, string>;
}

export const FIRST = { checkExisting: false };
export const AGAIN = { checkExisting: true };

const WRITER = fileURLToPath(new URL('audit-writer.ts', import.meta.url));

/** What every sink promises, tested with one of them. */
export function testSinkContract(name: string, open: (t: TestContext) => Promise<TestTrail>): void {
  const idsOf = async (trail: TestTrail): Promise<string[]> => (await trail.records()).map(({ id }) => id);

  test(`${name}: a record reads back as it was given`, async (t) => {
    const trail = await open(t);
    const records = [
      auditRecord('a', { reason: 'two\nlines, \u2028 and "quotes" \\u0000', note: 'ü😀' }),
      auditRecord('r"1\\ü/1', { stage: 'outcome', after: [{ skillId: 'voice', level: 4 }] }),
      workerRecord('w'),
    ];
    await trail.sink().append(records, FIRST);
    assert.deepEqual(byId(await trail.records()), byId(records));
  });

  test(`${name}: many appends at once are all recorded, each once`, async (t) => {
    const trail = await open(t);
    const sink = trail.sink();
    const ids = Array.from({ length: 200 }, (_, index) => `id-${String(index).padStart(3, '0')}`);
    await Promise.all(ids.map((id) => sink.append([auditRecord(id)], FIRST)));
    assert.deepEqual((await idsOf(trail)).sort(), ids);
    assert.equal(await trail.stored(), 200);
  });

  test(`${name}: a repeated append does not write its record again, whoever repeats it`, async (t) => {
    const trail = await open(t);
    const sink = trail.sink();
    await sink.append([auditRecord('a'), auditRecord('r"1\\ü/1')], FIRST);
    await sink.append([auditRecord('r"1\\ü/1'), auditRecord('c')], AGAIN);
    const onAnotherHost = auditRecord('a');
    onAnotherHost.data.origin.host = 'host-b';
    await trail.sink().append([onAnotherHost], AGAIN);
    assert.deepEqual((await idsOf(trail)).sort(), ['a', 'c', 'r"1\\ü/1']);
    assert.equal(await trail.stored(), 3);
  });

  test(`${name}: while nothing can be written appends and checks fail, and go on when it can again`, async (t) => {
    const trail = await open(t);
    const sink = trail.sink();
    await sink.append([auditRecord('a')], FIRST);
    await trail.breakOff();
    await assert.rejects(sink.check(), AuditUnavailableError);
    await assert.rejects(sink.append([auditRecord('b')], FIRST), AuditUnavailableError);
    await trail.mend();
    await sink.append([auditRecord('b')], AGAIN);
    await sink.check();
    assert.deepEqual(await idsOf(trail), ['a', 'b']);
  });

  test(`${name}: a check leaves nothing behind`, async (t) => {
    const trail = await open(t);
    const sink = trail.sink();
    await Promise.all([sink.check(), sink.append([auditRecord('a')], FIRST), sink.check()]);
    await sink.check();
    assert.deepEqual([await trail.stored(), await idsOf(trail)], [1, ['a']]);
  });

  test(`${name}: a record that can never be written is refused by its id, and nothing of its append is written`, async (t) => {
    const trail = await open(t);
    const sink = trail.sink();
    const circular = auditRecord('circular');
    Object.assign(circular.data, { before: [circular] });
    const unrecordable = [
      auditRecord('large', { reason: 'x'.repeat(MAX_RECORD_BYTES) }),
      circular,
      { ...auditRecord('unknown field'), secret: 'hunter2' },
      { ...auditRecord('no time'), time: 'yesterday' },
      auditRecord('big number', { after: [{ skillId: 'voice', level: 1n as unknown as number }] }),
      auditRecord('nul', { reason: 'nul\0' }),
      auditRecord('half', { reason: 'half \ud83d of one' }),
      null as unknown as AuditRecord,
    ];
    for (const record of unrecordable) {
      const appending = sink.append([auditRecord('innocent'), record], FIRST);
      await assert.rejects(appending, (error) => {
        assert.ok(error instanceof AuditUnrecordableError);
        assert.deepEqual(error.recordIds, (record as unknown) === null ? [] : [record.id]);
        assert.doesNotMatch(error.message, /hunter2/);
        return true;
      });
    }
    await sink.append([auditRecord('good')], FIRST);
    assert.deepEqual(await idsOf(trail), ['good']);
  });

  test(`${name}: a refused level is recorded as it was given, also when it was no number`, async (t) => {
    const trail = await open(t);
    const given = [0.6, 5.4, '4', null] as number[];
    const changes = given.map((requestedLevel) => ({ action: 'assign' as const, name: 'Voice', requestedLevel }));
    const record = auditRecord('a', { changes });
    await trail.sink().append([record], FIRST);
    assert.deepEqual(await trail.records(), [record]);
  });

  test(`${name}: a closed sink has written what it took and takes nothing more`, async (t) => {
    const trail = await open(t);
    const sink = trail.sink();
    const appending = sink.append([auditRecord('a')], FIRST);
    await sink.close();
    await appending;
    assert.deepEqual(await idsOf(trail), ['a']);
    await assert.rejects(sink.append([auditRecord('b')], FIRST), AuditUnavailableError);
    await assert.rejects(sink.check(), AuditUnavailableError);
  });

  test(`${name}: no acknowledged record is lost when writers are killed, though two of them share the trail`, async (t) => {
    const trail = await open(t);
    for (const [round, acknowledgements] of [1, 7, 60].entries()) {
      const acknowledged = await Promise.all(
        ['left', 'right'].map((side) => killAfter(trail.env, `${side}-${round}`, acknowledgements)),
      );
      const recorded = new Set(await idsOf(trail));
      assert.deepEqual(
        acknowledged.flat().filter((id) => !recorded.has(id)),
        [],
      );
    }
  });
}

function byId(records: readonly AuditRecord[]): Map<string, AuditRecord> {
  return new Map(records.map((record) => [record.id, record]));
}

/** The ids a writer had acknowledged by the time it was killed. */
async function killAfter(env: Record<string, string>, prefix: string, acknowledgements: number): Promise<string[]> {
  const child = spawn(process.execPath, ['--import', 'tsx', WRITER, prefix], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, ...env },
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
