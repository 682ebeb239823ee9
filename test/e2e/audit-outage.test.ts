import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import type { AuditRecord } from '../../domain/audit-record.ts';
import { freePort } from '../../tools/free-port.ts';
import { auditDatabase, type AuditDatabase } from '../support/audit-database.ts';
import { assertProvisioned, PATIENCE, startRequest } from '../support/interrupted-run.ts';
import { storeHistory } from '../support/branch.ts';
import { startStack, type Stack } from '../support/stack.ts';
import { startWorkerProcess, type WorkerProcess } from '../support/worker-process.ts';

/** Somebody else's PostgreSQL is not ours to stop. */
const isOurs = (process.env['POSTGRES_URL'] ?? '') === '';

interface Setting {
  database: AuditDatabase;
  stack: Stack;
  worker: WorkerProcess;
  /** The parts that `/readyz` calls failed; none: it is ready. */
  failing: () => Promise<string[]>;
}

async function setUp(t: TestContext, { withDatabase = true } = {}): Promise<Setting> {
  const database = await auditDatabase(t);
  const read = async (): Promise<AuditRecord[]> => {
    const rows = await database.asOwner<{ record: AuditRecord }>(
      'select record from audit.records order by xid, sequence',
    );
    return rows.map(({ record }) => record);
  };
  const trail = { env: { AUDIT_URL: database.writer }, read };
  const stack = await startStack(t, { worker: 'none', policy: PATIENCE, trail });
  if (!withDatabase) await database.postgres.halt();
  const health = `127.0.0.1:${await freePort()}`;
  const worker = startWorkerProcess(t, { ...stack.env, LOG_LEVEL: 'info', HEALTH_ADDRESS: health });
  await worker.untilSaid('the worker polls');
  const failing = async (): Promise<string[]> => {
    const answer = await fetch(`http://${health}/readyz`);
    const { failed = {} } = (await answer.json()) as { failed?: Record<string, string> };
    assert.equal(answer.status, Object.keys(failed).length === 0 ? 200 : 503);
    return Object.keys(failed);
  };
  return { database, stack, worker, failing };
}

async function untilFailing({ failing }: Setting, ...expected: string[]): Promise<void> {
  while ((await failing()).join() !== expected.join());
}

function assertSilent({ worker, database }: Setting): void {
  assert.ok(!worker.said().includes(new URL(database.writer).password));
}

async function stagesOf({ stack }: Setting): Promise<string[]> {
  return (await stack.audit()).map(({ data }) => data.stage);
}

if (isOurs) {
  test('while PostgreSQL is down nothing is written and readiness says so; when it is back the request goes on', async (t) => {
    const setting = await setUp(t);
    const { stack, database } = setting;
    await untilFailing(setting);
    await database.postgres.halt();
    await untilFailing(setting, 'audit');
    const settlement = await startRequest(stack);
    await stack.until(({ waitingFor }) => waitingFor === 'audit');
    assert.deepEqual(stack.writes(), []);
    await database.postgres.resume();
    await assertProvisioned(stack, await settlement());
    await untilFailing(setting);
    assert.deepEqual(await stagesOf(setting), ['intent', 'outcome']);
    assertSilent(setting);
  });

  test('a request whose PATCH was sent when PostgreSQL went down ends when its outcome is recorded', async (t) => {
    const setting = await setUp(t);
    const { stack, database } = setting;
    const patch = stack.simulator.hold({ on: 'patchAgent', when: 'before' });
    const settlement = await startRequest(stack);
    await patch.arrived;
    await database.postgres.halt();
    patch.release();
    await stack.until(({ waitingFor }) => waitingFor === 'audit');
    await database.postgres.resume();
    await assertProvisioned(stack, await settlement());
    assert.deepEqual(await stagesOf(setting), ['intent', 'outcome']);
    assertSilent(setting);
  });

  test('a worker that starts without its PostgreSQL works when that comes', async (t) => {
    const setting = await setUp(t, { withDatabase: false });
    const { stack, database } = setting;
    await untilFailing(setting, 'audit');
    const settlement = await startRequest(stack);
    await stack.until(({ waitingFor }) => waitingFor === 'audit');
    await database.postgres.resume();
    await assertProvisioned(stack, await settlement());
    assertSilent(setting);
  });
}

test('an order that the audit trail can never accept is not carried out', async (t) => {
  const database = await auditDatabase(t);
  const read = async (): Promise<AuditRecord[]> =>
    (await database.asOwner<{ record: AuditRecord }>('select record from audit.records order by xid, sequence')).map(
      ({ record }) => record,
    );
  const s = await startStack(t, { trail: { env: { AUDIT_URL: database.writer }, read } });
  s.simulator.disturbRouting(s.agentId, { never: true });
  const parked = await s.client.provision(s.request());
  assert.ok(parked.kind === 'parked');
  await database.asOwner(`
    create function public.refuse() returns trigger language plpgsql as
      $$ begin raise check_violation using constraint = 'key_of_record'; end $$;
    create trigger refuse before insert on audit.records for each row
      when (new.record #>> '{data,status}' like 'reconcile-%') execute function public.refuse()`);
  const writes = s.writes().length;
  s.simulator.disturbRouting(s.agentId, { never: false });
  const order = { agentId: s.agentId, operator: 'kim', note: 'fixed' } as const;
  const again = await s.client.reconcile({ ...order, action: 'retry' });
  assert.ok(again.kind === 'parked');
  assert.equal(again.reason, 'audit-unrecordable');
  assert.equal(s.writes().length, writes);
  await database.asOwner('drop trigger refuse on audit.records');
  const after = await s.client.reconcile({ ...order, action: 'retry' });
  assert.ok(after.kind === 'ended');
  assert.equal(after.outcome.status, 'provisioned');
  await storeHistory('order-unrecordable', s);
});

test('a worker that may not write its audit trail ends and says what is missing', async (t) => {
  const database = await auditDatabase(t);
  const stack = await startStack(t, {
    worker: 'none',
    trail: { env: { AUDIT_URL: database.reader }, read: () => Promise.resolve([]) },
  });
  const worker = startWorkerProcess(t, stack.env);
  assert.equal(await worker.ended, 2);
  assert.match(worker.said(), /audit_writer.*AUDIT_URL/);
  assert.ok(!worker.said().includes(new URL(database.reader).password));
});
