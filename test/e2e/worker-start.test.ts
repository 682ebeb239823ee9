import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { METRICS } from '../../domain/metric-names.ts';
import { PROVISION_WORKFLOW, provisionWorkflowId } from '../../domain/workflow-id.ts';
import {
  DEMO_CLIENT_ID,
  DEMO_CLIENT_SECRET,
  DEMO_TENANT_ID,
  startSimulator,
  type Simulator,
  type SimulatorOptions,
} from '../../simulator/index.ts';
import { freePort } from '../../tools/free-port.ts';
import { connect, temporalAddress, uniqueName } from '../support/temporal.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { startWorkerProcess } from '../support/worker-process.ts';

const POLLS = 'the worker polls';

async function platformAndSettings(
  t: TestContext,
  options: SimulatorOptions = {},
): Promise<{ simulator: Simulator; env: Record<string, string> }> {
  const simulator = await startSimulator({ timeScale: 0.01, ...options });
  t.after(() => simulator.close());
  const env = {
    TEMPORAL_ADDRESS: await temporalAddress(),
    // Workers of one tenant share its pace; that of another test has gone.
    CXONE_TENANT_ID: uniqueName('tenant'),
    CXONE_CLIENT_ID: DEMO_CLIENT_ID,
    CXONE_CLIENT_SECRET: DEMO_CLIENT_SECRET,
    CXONE_BASE_URL: simulator.url,
    PROVISIONING_TASK_QUEUE: uniqueName('queue'),
    PROVISIONING_POLICY: '{"toggleGap":"10ms","verifyInterval":"50ms"}',
    AUDIT_FILE: join(temporaryFolder(t), 'audit.jsonl'),
  };
  return { simulator, env };
}

test('a worker becomes ready, works, counts what it did, and stops in order at SIGTERM', async (t) => {
  const { env } = await platformAndSettings(t);
  const [health, metrics] = [await freePort(), await freePort()];
  const worker = startWorkerProcess(t, {
    ...env,
    HEALTH_ADDRESS: `127.0.0.1:${health}`,
    METRICS_ADDRESS: `127.0.0.1:${metrics}`,
  });
  await worker.untilSaid(POLLS);
  const ready = await fetch(`http://127.0.0.1:${health}/readyz`);
  assert.deepEqual([ready.status, await ready.json()], [200, { status: 'ready' }]);

  const client = await connect();
  const request = {
    requestId: uniqueName('request'),
    tenantId: env['CXONE_TENANT_ID'] ?? '',
    agentId: 'agent-100',
    changes: [{ action: 'assign', skill: { skillId: 'sk-1001' }, level: 3.7 }],
    requestedBy: 'test',
    reason: 'a worker that works',
  };
  const workflowId = provisionWorkflowId(request.tenantId, request.agentId);
  const taskQueue = env['PROVISIONING_TASK_QUEUE'] ?? '';
  const result: unknown = await client.workflow.execute(PROVISION_WORKFLOW, { workflowId, taskQueue, args: [request] });
  assert.match(JSON.stringify(result), /"status":"provisioned"/);

  const shown = await (await fetch(`http://127.0.0.1:${metrics}/metrics`)).text();
  for (const name of [METRICS.outcomes, METRICS.toggles, METRICS.waitingForPerson]) {
    assert.match(shown, new RegExp(`^${name}(\\{.*\\})? \\d`, 'm'));
  }
  assert.match(shown, new RegExp(`^${METRICS.outOfQueue}_bucket\\{.*le="0\\.55".*\\} \\d`, 'm'));

  worker.signal('SIGTERM');
  assert.equal(await worker.ended, 0);
  assert.ok(!worker.said().includes(DEMO_CLIENT_SECRET));
  assert.doesNotMatch(worker.said(), /eyJ/);
});

test('a worker whose token lacks a scope says which, ends, and has asked the platform for nothing but the token', async (t) => {
  const tenant = { tenantId: DEMO_TENANT_ID, clientId: DEMO_CLIENT_ID, clientSecret: DEMO_CLIENT_SECRET };
  const scopes = ['agents:edit', 'agents:view', 'skills:view'];
  const { env, simulator } = await platformAndSettings(t, { tenants: [{ ...tenant, scopes }] });
  const worker = startWorkerProcess(t, env);
  assert.equal(await worker.ended, 2);
  assert.match(worker.said(), /supervisor:control/);
  assert.deepEqual([...new Set(simulator.ledger.map(({ operation }) => operation))], ['token']);
  const trail = readFileSync(String(env['AUDIT_FILE']), 'utf8');
  assert.match(trail, /"status":"scope-missing".*supervisor:control/);
});

test('a worker with refused credentials ends and names the variables', async (t) => {
  const { env } = await platformAndSettings(t);
  const worker = startWorkerProcess(t, { ...env, CXONE_CLIENT_SECRET: 'not-the-secret' });
  assert.equal(await worker.ended, 2);
  assert.match(worker.said(), /CXONE_CLIENT_ID/);
  assert.doesNotMatch(worker.said(), /not-the-secret/);
  const trail = readFileSync(String(env['AUDIT_FILE']), 'utf8');
  assert.match(trail, /"status":"login-failed"/);
  assert.doesNotMatch(trail, /not-the-secret/);
});

test('a worker whose platform is out of reach works on, says that it is not ready, and is once the platform answers', async (t) => {
  const { env, simulator } = await platformAndSettings(t);
  const { port } = new URL(simulator.url);
  await simulator.close();
  const health = await freePort();
  const worker = startWorkerProcess(t, { ...env, HEALTH_ADDRESS: `127.0.0.1:${health}` });
  await worker.untilSaid(POLLS);
  const url = `http://127.0.0.1:${health}/readyz`;
  const failed = { scopes: `no token yet for ${env['CXONE_TENANT_ID']}` };
  assert.deepEqual(await (await fetch(url)).json(), { status: 'not-ready', failed });
  const back = await startSimulator({ timeScale: 0.01, port: Number(port) });
  t.after(() => back.close());
  while ((await fetch(url)).status !== 200);
});

test('a worker whose platform comes back with a token that lacks a scope ends all the same', async (t) => {
  const { env, simulator } = await platformAndSettings(t);
  const { port } = new URL(simulator.url);
  await simulator.close();
  const worker = startWorkerProcess(t, env);
  await worker.untilSaid(POLLS);
  const tenant = { tenantId: DEMO_TENANT_ID, clientId: DEMO_CLIENT_ID, clientSecret: DEMO_CLIENT_SECRET };
  const back = await startSimulator({ port: Number(port), tenants: [{ ...tenant, scopes: ['agents:view'] }] });
  t.after(() => back.close());
  assert.equal(await worker.ended, 2);
  assert.match(worker.said(), /agents:edit/);
});

test('a worker without its settings ends with the names of all that are missing', async (t) => {
  const worker = startWorkerProcess(t, { LOG_LEVEL: 'loud' });
  assert.equal(await worker.ended, 2);
  for (const name of ['CXONE_TENANT_ID', 'CXONE_CLIENT_ID', 'CXONE_CLIENT_SECRET', 'LOG_LEVEL']) {
    assert.match(worker.said(), new RegExp(`${name}: `));
  }
});

test('a worker that can not reach Temporal ends with a code of its own', async (t) => {
  const { env } = await platformAndSettings(t);
  const worker = startWorkerProcess(t, { ...env, TEMPORAL_ADDRESS: `127.0.0.1:${await freePort()}` });
  assert.equal(await worker.ended, 6);
  assert.match(worker.said(), /TEMPORAL_ADDRESS/);
});

test('a server that accepts connections and says nothing counts as a Temporal that can not be reached', async (t) => {
  const { env } = await platformAndSettings(t);
  const silent = createServer().listen(0, '127.0.0.1');
  t.after(() => {
    silent.closeAllConnections();
    silent.close();
  });
  await new Promise((resolve) => silent.once('listening', resolve));
  const { port } = silent.address() as AddressInfo;
  const worker = startWorkerProcess(t, { ...env, TEMPORAL_ADDRESS: `127.0.0.1:${port}` });
  assert.equal(await worker.ended, 6);
});

test('a worker for a namespace that is not there says so', async (t) => {
  const { env } = await platformAndSettings(t);
  const worker = startWorkerProcess(t, { ...env, TEMPORAL_NAMESPACE: 'nowhere' });
  assert.equal(await worker.ended, 2);
  assert.match(worker.said(), /TEMPORAL_NAMESPACE/);
});

test('a worker that can not write its audit trail does not start', async (t) => {
  const { env, simulator } = await platformAndSettings(t);
  const worker = startWorkerProcess(t, { ...env, AUDIT_FILE: join(temporaryFolder(t), 'missing', 'audit.jsonl') });
  assert.equal(await worker.ended, 2);
  assert.match(worker.said(), /AUDIT_FILE/);
  assert.equal(simulator.ledger.length, 0);
});
