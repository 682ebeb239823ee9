import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { type CxoneClient, type CxoneClientOptions, createCxoneClient } from '../../cxone/client.ts';
import { ConfigurationError, PlatformRefusedError, UnexpectedAnswerError } from '../../cxone/errors.ts';
import {
  DEMO_CLIENT_ID,
  DEMO_CLIENT_SECRET,
  DEMO_TENANT_ID,
  type Garbage,
  type Simulator,
  type SimulatorOptions,
  startSimulator,
} from '../../simulator/index.ts';

const AGENT = 'agent-100';

async function platform(
  t: TestContext,
  options: SimulatorOptions = {},
  overrides: Partial<CxoneClientOptions> = {},
): Promise<{ simulator: Simulator; client: CxoneClient }> {
  const simulator = await startSimulator({ timeScale: 0.01, ...options });
  t.after(() => simulator.close());
  const client = createCxoneClient({
    tenantId: DEMO_TENANT_ID,
    clientId: DEMO_CLIENT_ID,
    clientSecret: () => DEMO_CLIENT_SECRET,
    userAgent: 'skill-provisioner/test (against the simulator)',
    baseUrl: simulator.url,
    ...overrides,
  });
  t.after(() => client.close());
  return { simulator, client };
}

let keys = 0;
async function assign(client: CxoneClient, skillId: string, level: number, agentId = AGENT) {
  const { etag } = await client.getAgent(agentId);
  const idempotencyKey = `${agentId}_${skillId}_${(keys += 1)}`;
  return client.patchAgentSkills(agentId, { wishes: [{ skillId, level }], etag, idempotencyKey });
}

function levels(skills: readonly { skillId: string; level: number }[]): Record<string, number> {
  return Object.fromEntries(skills.map(({ skillId, level }) => [skillId, level]));
}

test('a PATCH merges into what the agent has, and the state goes out and back', async (t) => {
  const { simulator, client } = await platform(t);
  assert.deepEqual(levels((await assign(client, 'sk-1001', 4)).skills), { 'sk-2001': 3, 'sk-1001': 4 });
  await client.setState(AGENT, 'NOTAVAILABLE', 'ADMINISTRATIVE');
  assert.deepEqual(await client.getState(AGENT), { state: 'NOTAVAILABLE', reason: 'ADMINISTRATIVE' });
  await client.setState(AGENT, 'AVAILABLE', undefined);
  assert.deepEqual(await client.getState(AGENT), { state: 'AVAILABLE' });
  assert.deepEqual(levels(await client.getRoutingSkills(AGENT)), levels(simulator.agent(AGENT).routing));
  const requests = simulator.ledger.filter(({ actor }) => actor === 'client');
  assert.ok(requests.every(({ userAgent }) => userAgent === 'skill-provisioner/test (against the simulator)'));
  assert.ok(requests.every(({ flags = [] }) => flags.every((flag) => flag === 'short-toggle')));
});

test('level 0 removes, and a tenant that clamps it shows level 1', async (t) => {
  const usual = await platform(t);
  assert.deepEqual(levels((await assign(usual.client, 'sk-2001', 0)).skills), {});
  const clamping = await platform(t, { removalClamps: true });
  assert.deepEqual(levels((await assign(clamping.client, 'sk-2001', 0)).skills), { 'sk-2001': 1 });
});

test('a token without supervisor:control is found out before anything else is sent', async (t) => {
  for (const scopeClaim of ['string', 'array'] as const) {
    const scopes = ['agents:edit', 'agents:view', 'skills:view'];
    const tenant = { tenantId: DEMO_TENANT_ID, clientId: DEMO_CLIENT_ID, clientSecret: DEMO_CLIENT_SECRET, scopes };
    const { simulator, client } = await platform(t, { tenants: [tenant], scopeClaim });
    await assert.rejects(client.checkScopes(), (error) => {
      return error instanceof ConfigurationError && error.missingScopes.join() === 'supervisor:control';
    });
    await assert.rejects(client.getAgent(AGENT), ConfigurationError);
    assert.ok(simulator.ledger.every(({ operation }) => operation === 'token'));
  }
});

test('a wrong secret is a matter of configuration', async (t) => {
  const { client } = await platform(t, {}, { clientSecret: () => 'wrong' });
  await assert.rejects(client.checkScopes(), ConfigurationError);
});

test('a revoked token costs one refresh, and the write takes effect once', async (t) => {
  const { simulator, client } = await platform(t);
  const { etag } = await client.getAgent(AGENT);
  simulator.revokeTokens();
  const wishes = [{ skillId: 'sk-1001', level: 5 }];
  await client.patchAgentSkills(AGENT, { wishes, etag, idempotencyKey: 'agent-100_sk-1001_1' });
  assert.equal(simulator.ledger.filter(({ operation }) => operation === 'token').length, 2);
  const writes = simulator.ledger.filter(({ operation }) => operation === 'patchAgent');
  assert.deepEqual(
    writes.map(({ status, applied }) => [status, applied]),
    [
      [401, false],
      [200, true],
    ],
  );
});

test('a stale ETag is a 412, a lock a 409 and then a 422', async (t) => {
  const { simulator, client } = await platform(t);
  const { etag } = await client.getAgent(AGENT);
  simulator.editSkills(AGENT, [{ skillId: 'sk-1002', level: 2 }]);
  const wishes = [{ skillId: 'sk-1001', level: 5 }];
  const stale = client.patchAgentSkills(AGENT, { wishes, etag, idempotencyKey: 'agent-100_sk-1001_1' });
  await assert.rejects(stale, { status: 412, code: 'precondition_failed', maybeApplied: false });
  simulator.lock(AGENT, 100_000);
  await assert.rejects(assign(client, 'sk-1001', 5), { status: 409, code: 'agent_locked' });
  await assert.rejects(assign(client, 'sk-1001', 5), { status: 422, code: 'agent_locked' });
});

test('a busy agent refuses a change of state', async (t) => {
  const { client } = await platform(t);
  await assert.rejects(client.setState('agent-102', 'NOTAVAILABLE', 'ADMINISTRATIVE'), { status: 409 });
  assert.deepEqual(await client.getState('agent-103'), { state: 'NOTAVAILABLE', reason: 'BREAK' });
});

test('an unknown agent is a 404', async (t) => {
  const { client } = await platform(t);
  await assert.rejects(
    client.getAgent('nobody'),
    (error) => error instanceof PlatformRefusedError && error.status === 404,
  );
});

test('a lost answer is told apart from a lost request by reading only', async (t) => {
  const { simulator, client } = await platform(t);
  const { etag } = await client.getAgent(AGENT);
  for (const [when, skillId] of [
    ['before', 'sk-1001'],
    ['after', 'sk-1002'],
  ] as const) {
    simulator.addFault({ on: 'patchAgent', nth: 1, do: { kind: 'drop', when } });
    const wishes = [{ skillId, level: 5 }];
    const lost = client.patchAgentSkills(AGENT, { wishes, etag, idempotencyKey: `agent-100_${skillId}_1` });
    await assert.rejects(lost, { name: 'PlatformUnreachableError', maybeApplied: true });
    simulator.clearFaults();
  }
  assert.deepEqual(levels((await client.getAgent(AGENT)).skills), { 'sk-2001': 3, 'sk-1002': 5 });
});

test('no garbage is taken for an answer', async (t) => {
  const { simulator, client } = await platform(t);
  const { etag } = await client.getAgent(AGENT);
  const garbage: Garbage[] = ['html', 'broken-json', 'wrong-shape', 'truncated', 'too-large', 'endless', 'slow'];
  for (const as of garbage) {
    simulator.addFault({ do: { kind: 'garble', as } });
    const call = { timeoutMs: as === 'slow' ? 100 : 10_000 };
    const wishes = [{ skillId: 'sk-1001', level: 5 }];
    const patch = { wishes, etag, idempotencyKey: `agent-100_${as}_1` };
    for (const [operation, maybeApplied] of [
      [() => client.getAgent(AGENT, call), false],
      [() => client.getState(AGENT, call), false],
      [() => client.getRoutingSkills(AGENT, call), false],
      [() => client.listSkills(call), false],
      [() => client.getSkill('sk-1001', call), false],
      [() => client.patchAgentSkills(AGENT, patch, call), true],
      [() => client.setState(AGENT, 'AVAILABLE', undefined, call), true],
    ] as const) {
      await assert.rejects(operation, { maybeApplied }, as);
    }
    simulator.clearFaults();
  }
  assert.deepEqual(levels((await client.getAgent(AGENT)).skills), { 'sk-2001': 3 });
});

test('a redirect is not followed', async (t) => {
  const { simulator, client } = await platform(t);
  simulator.addFault({ on: 'getAgent', do: { kind: 'redirect', location: '/api/v2/agents/agent-101' } });
  await assert.rejects(client.getAgent(AGENT), UnexpectedAnswerError);
  assert.ok(simulator.ledger.every(({ agentId }) => agentId !== 'agent-101'));
});

test('a Retry-After keeps everything of the tenant back', async (t) => {
  for (const answer of [{ retryAfter: 60 }, { retryAfterDateMs: 60_000 }]) {
    const { simulator, client } = await platform(t);
    simulator.addFault({ on: 'getAgent', do: { kind: 'answer', status: 429, ...answer } });
    await assert.rejects(client.getAgent(AGENT), (error) => {
      assert.ok(error instanceof PlatformRefusedError && error.sent);
      return error.retryAfterMs !== undefined && error.retryAfterMs > 30_000;
    });
    await assert.rejects(client.getState(AGENT), { status: 429, sent: false });
    assert.equal(simulator.ledger.length, 2);
  }
});

test('skills are resolved as the catalogue has them', async (t) => {
  const { client } = await platform(t);
  const code = async (...args: Parameters<CxoneClient['resolveSkill']>) => {
    const resolution = await client.resolveSkill(...args);
    return resolution.ok
      ? [resolution.skillId, resolution.retired ?? false, resolution.allowedLevels]
      : resolution.problem.code;
  };
  const all = [1, 2, 3, 4, 5];
  assert.deepEqual(await code({ name: 'Spanish' }, 'assign'), ['sk-1001', false, all]);
  assert.deepEqual(await code({ name: 'Billing', skillGroup: 'Chat' }, 'assign'), ['sk-2002', false, all]);
  assert.deepEqual(await code({ name: 'Payment Card Compliance' }, 'assign'), ['sk-4001', false, [1, 5]]);
  assert.deepEqual(await code({ name: 'Fax' }, 'remove'), ['sk-3001', true, all]);
  assert.equal(await code({ name: 'Fax' }, 'assign'), 'skill-inactive');
  assert.equal(await code({ name: 'Billing' }, 'assign'), 'ambiguous-skill');
  assert.equal(await code({ name: 'Klingon' }, 'assign'), 'unknown-skill');
  assert.equal(await code({ skillId: 'sk-1001', name: 'French' }, 'assign'), 'skill-mismatch');
});

test('many agents at once cost one token request', async (t) => {
  const { simulator, client } = await platform(t, { latencyMs: 5 });
  const agents = ['agent-100', 'agent-101', 'agent-102', 'agent-103', 'agent-104'];
  await Promise.all(Array.from({ length: 100 }, (_, n) => client.getAgent(agents[n % 5] ?? AGENT)));
  assert.equal(simulator.ledger.filter(({ operation }) => operation === 'token').length, 1);
});
