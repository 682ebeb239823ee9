import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startWithCaller } from '../support/simulator-caller.ts';

const tenant = { tenantId: 't1', clientId: 'c1', clientSecret: 'a-secret' };

function claims(token: unknown): Record<string, unknown> {
  const payload = String(token).split('.')[1] ?? '';
  return JSON.parse(Buffer.from(payload, 'base64url').toString()) as Record<string, unknown>;
}

test('a token is a JWT that says its scopes and lives for an hour', async (t) => {
  const { token } = await startWithCaller(t);
  const { status, body } = await token();
  assert.equal(status, 200);
  assert.deepEqual([body['token_type'], body['expires_in']], ['Bearer', 3600]);
  const { scope, exp, iat } = claims(body['access_token']);
  assert.equal(scope, 'agents:edit agents:view skills:view supervisor:control');
  assert.equal(Number(exp) - Number(iat), 3600);
});

test('a token holds no more than was asked and the client may have', async (t) => {
  const { token } = await startWithCaller(t, { tenants: [{ ...tenant, scopes: ['agents:view', 'skills:view'] }] });
  const { body } = await token({ scope: 'agents:edit agents:view' });
  assert.equal(claims(body['access_token'])['scope'], 'agents:view');
});

test('a token can carry its scopes as an array', async (t) => {
  const { token } = await startWithCaller(t, { scopeClaim: 'array' });
  assert.ok(Array.isArray(claims((await token()).body['access_token'])['scope']));
});

test('bad credentials answer 401 invalid_client', async (t) => {
  const { token } = await startWithCaller(t);
  const { status, body } = await token({ client_secret: 'wrong' });
  assert.deepEqual([status, body], [401, { error: 'invalid_client' }]);
});

test('another grant is refused', async (t) => {
  const { token } = await startWithCaller(t);
  assert.equal((await token({ grant_type: 'password' })).status, 400);
});

test('an unknown, an expired and a revoked token answer 401 on every call', async (t) => {
  const expired = await startWithCaller(t, { tokenLifetimeS: 0 });
  const fresh = await startWithCaller(t);
  const calls = [
    '/api/v2/agents/agent-100',
    '/api/v2/skills',
    '/api/v2/skills/sk-1001',
    '/api/v2/supervisor/agents/agent-100/state',
    '/api/v2/supervisor/agents/agent-100/skills',
  ];
  for (const path of calls) {
    assert.equal((await expired.get(path)).status, 401);
    assert.equal((await fresh.get(path, { authorization: 'Bearer x.y.z' })).status, 401);
    assert.equal((await fresh.get(path)).status, 200);
  }
  fresh.simulator.revokeTokens();
  for (const path of calls) assert.equal((await fresh.get(path)).status, 401);
});

test('a token without agents:edit reads with 200 and can not write', async (t) => {
  const { get, patch } = await startWithCaller(t, {
    tenants: [{ ...tenant, scopes: ['agents:view', 'skills:view', 'supervisor:control'] }],
  });
  assert.equal((await get('/api/v2/agents/agent-100')).status, 200);
  assert.equal((await patch('/api/v2/agents/agent-100', { skills: [] })).status, 403);
});

test('with a token without supervisor:control nothing is refused and routing never refreshes', async (t) => {
  const { patch, simulator } = await startWithCaller(t, {
    timeScale: 0.0001,
    tenants: [{ ...tenant, scopes: ['agents:edit', 'agents:view', 'skills:view'] }],
    agents: [{ agentId: 'a1' }, { agentId: 'a2' }],
  });
  assert.equal((await patch('/api/v2/agents/a1', { skills: [{ skillId: 'sk-1001', level: 2 }] })).status, 200);
  const state = '/api/v2/supervisor/agents/a1/state';
  assert.equal((await patch(state, { state: 'NOTAVAILABLE', reason: 'ADMINISTRATIVE' })).status, 200);
  assert.equal((await patch(state, { state: 'AVAILABLE' })).status, 200);
  simulator.editSkills('a2', [{ skillId: 'sk-1001', level: 2 }]);
  while (simulator.agent('a2').routing.length === 0) await patch(state, { state: 'AVAILABLE' });
  assert.deepEqual(simulator.agent('a1').routing, [], 'the later edit of another agent got through, this one did not');
});

test('tenants see their own agents only', async (t) => {
  const { get, simulator, token } = await startWithCaller(t, {
    tenants: [tenant, { tenantId: 't2', clientId: 'c2', clientSecret: 's2' }],
    agents: [
      { agentId: 'a1', tenantId: 't1' },
      { agentId: 'a2', tenantId: 't2' },
    ],
  });
  assert.equal((await get('/api/v2/agents/a2')).status, 404);
  const other = String((await token({ client_id: 'c2', client_secret: 's2' })).body['access_token']);
  assert.equal((await get('/api/v2/agents/a2', { authorization: `Bearer ${other}` })).status, 200);
  assert.equal(simulator.ledger.at(-1)?.tenantId, 't2');
});
