import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startWithCaller } from '../support/simulator-caller.ts';

const AGENT = '/api/v2/agents/a1';
const ROUTING = '/api/v2/supervisor/agents/a1/skills';
const options = {
  skills: [
    { skillId: 's1', name: 'One' },
    { skillId: 's2', name: 'Two' },
    { skillId: 's15', name: 'One or five', allowedLevels: [1, 5] },
  ],
  agents: [{ agentId: 'a1', skills: [{ skillId: 's1', level: 3 }] }],
};
const wish = (skillId: string, level: unknown): unknown => ({ skills: [{ skillId, level }] });

test('a read shows the skills by name and an ETag', async (t) => {
  const { get } = await startWithCaller(t, options);
  const { status, headers, body } = await get(AGENT);
  assert.equal(status, 200);
  assert.match(headers.get('etag') ?? '', /^".+"$/);
  assert.deepEqual(body, { agentId: 'a1', skills: [{ skillId: 's1', level: 3, name: 'One' }] });
});

test('a PATCH merges and changes the ETag', async (t) => {
  const { get, patch, simulator } = await startWithCaller(t, options);
  const before = (await get(AGENT)).headers.get('etag');
  const { status, headers } = await patch(AGENT, wish('s2', 4));
  assert.equal(status, 200);
  assert.notEqual(headers.get('etag'), before);
  assert.deepEqual(simulator.agent('a1').skills, [
    { skillId: 's1', level: 3 },
    { skillId: 's2', level: 4 },
  ]);
});

test('a PATCH that changes nothing leaves the ETag', async (t) => {
  const { get, patch } = await startWithCaller(t, options);
  const before = (await get(AGENT)).headers.get('etag');
  assert.equal((await patch(AGENT, wish('s1', 3))).headers.get('etag'), before);
});

test('level 0 removes a skill', async (t) => {
  const { patch, simulator } = await startWithCaller(t, options);
  await patch(AGENT, wish('s1', 0));
  assert.deepEqual(simulator.agent('a1').skills, []);
});

test('a tenant can clamp level 0 to 1', async (t) => {
  const { patch, simulator } = await startWithCaller(t, { ...options, removalClamps: true });
  await patch(AGENT, wish('s1', 0));
  assert.deepEqual(simulator.agent('a1').skills, [{ skillId: 's1', level: 1 }]);
});

test('a level outside 1 to 5 is clamped to 1 without a word, but flagged', async (t) => {
  const { patch, simulator } = await startWithCaller(t, options);
  for (const level of [6, -2]) {
    assert.equal((await patch(AGENT, wish('s1', level))).status, 200);
    assert.deepEqual(simulator.agent('a1').skills, [{ skillId: 's1', level: 1 }]);
    assert.deepEqual(simulator.ledger.at(-1)?.flags?.includes('level-clamped'), true);
  }
});

test('a level the skill does not allow is accepted but flagged', async (t) => {
  const { patch, simulator } = await startWithCaller(t, options);
  assert.equal((await patch(AGENT, wish('s15', 3))).status, 200);
  assert.ok(simulator.ledger.at(-1)?.flags?.includes('level-not-allowed'));
});

test('an unknown skill gets into the directory and never into routing', async (t) => {
  const { get, patch, simulator } = await startWithCaller(t, options);
  assert.equal((await patch(AGENT, wish('ghost', 2))).status, 200);
  assert.equal(simulator.agent('a1').skills.length, 2);
  await patch(AGENT, wish('s2', 2));
  await routingShows(get, 's2');
  assert.deepEqual((await get(ROUTING)).body['skills'], [
    { skillId: 's1', level: 3 },
    { skillId: 's2', level: 2 },
  ]);
});

test('a stale ETag answers 412 and changes nothing', async (t) => {
  const { get, patch, simulator } = await startWithCaller(t, options);
  const etag = (await get(AGENT)).headers.get('etag') ?? '';
  simulator.editSkills('a1', [{ skillId: 's2', level: 1 }]);
  assert.equal((await patch(AGENT, wish('s1', 5), { 'if-match': etag })).status, 412);
  assert.deepEqual(simulator.agent('a1').skills, [{ skillId: 's2', level: 1 }]);
});

test('a repeated idempotency key gets the first answer, whatever the body says and however old the ETag', async (t) => {
  const { get, patch, simulator } = await startWithCaller(t, options);
  const etag = (await get(AGENT)).headers.get('etag') ?? '';
  const headers = { 'if-match': etag, 'x-idempotency-key': 'k1' };
  const first = await patch(AGENT, wish('s2', 4), headers);
  const again = await patch(AGENT, wish('s2', 5), headers);
  assert.deepEqual([again.status, again.body], [200, first.body]);
  assert.equal(simulator.agent('a1').skills[1]?.level, 4);
  const [one, two] = simulator.ledger.filter(({ operation }) => operation === 'patchAgent');
  assert.deepEqual([one?.applied, one?.replayed, two?.applied, two?.replayed], [true, false, false, true]);
});

test('a refusal is remembered for its key as well', async (t) => {
  const { patch, simulator } = await startWithCaller(t, options);
  const stale = { 'if-match': '"old"', 'x-idempotency-key': 'k412' };
  assert.equal((await patch(AGENT, wish('s2', 4), stale)).status, 412);
  const fresh = { 'if-match': simulator.agent('a1').etag, 'x-idempotency-key': 'k412' };
  assert.equal((await patch(AGENT, wish('s2', 4), fresh)).status, 412);
  const invalid = { 'x-idempotency-key': 'k422' };
  assert.equal((await patch(AGENT, 'no json', invalid)).status, 422);
  assert.equal((await patch(AGENT, wish('s2', 4), invalid)).status, 422);
});

test('a tenant need not honour idempotency keys', async (t) => {
  const { patch, simulator } = await startWithCaller(t, { ...options, honoursIdempotencyKeys: false });
  await patch(AGENT, wish('s2', 4), { 'x-idempotency-key': 'k1' });
  await patch(AGENT, wish('s2', 5), { 'x-idempotency-key': 'k1' });
  assert.equal(simulator.agent('a1').skills[1]?.level, 5);
});

test('an idempotency key is forgotten after a day', async (t) => {
  const { patch, simulator } = await startWithCaller(t, { ...options, timeScale: 1e-9 });
  await patch(AGENT, wish('s2', 4), { 'x-idempotency-key': 'k1' });
  await patch(AGENT, wish('s2', 5), { 'x-idempotency-key': 'k1' });
  assert.equal(simulator.agent('a1').skills[1]?.level, 5);
});

test('a shift boundary answers 409 once and 422 then, both as agent_locked, until it is over', async (t) => {
  const { patch, simulator } = await startWithCaller(t, options);
  simulator.lock('a1');
  const first = await patch(AGENT, wish('s2', 4));
  const second = await patch(AGENT, wish('s2', 4));
  assert.deepEqual([first.status, first.body['error']], [409, 'agent_locked']);
  assert.deepEqual([second.status, second.body['error']], [422, 'agent_locked']);
  simulator.lock('a1', 0);
  assert.equal((await patch(AGENT, wish('s2', 4))).status, 200);
});

test('a malformed body answers 422 validation_failed', async (t) => {
  const { patch } = await startWithCaller(t, options);
  for (const body of ['{', {}, { skills: {} }, { skills: [{ level: 1 }] }, wish('s1', '4'), wish('s1', 3.7)]) {
    const { status, body: answer } = await patch(AGENT, body);
    assert.deepEqual([status, answer['error']], [422, 'validation_failed']);
  }
});

test('PUT replaces the whole inventory, and the ledger flags it', async (t) => {
  const { raw, simulator } = await startWithCaller(t, options);
  await raw(AGENT, { method: 'PUT', body: JSON.stringify(wish('s2', 1)) });
  assert.deepEqual(simulator.agent('a1').skills, [{ skillId: 's2', level: 1 }]);
  assert.ok(simulator.ledger.at(-1)?.flags?.includes('put-agent'));
});

test('an unknown agent answers 404', async (t) => {
  const { get, patch } = await startWithCaller(t, options);
  assert.equal((await get('/api/v2/agents/nobody')).status, 404);
  assert.equal((await patch('/api/v2/agents/nobody', wish('s1', 1))).status, 404);
});

test('more agents than the throttle allows answer 429 with the seconds to wait', async (t) => {
  const agents = ['a1', 'a2', 'a3'].map((agentId) => ({ agentId }));
  const throttle = { agents: 2, windowMs: 60_000 };
  const { patch } = await startWithCaller(t, { ...options, agents, throttle });
  const write = (agentId: string): Promise<{ status: number; headers: Headers }> =>
    patch(`/api/v2/agents/${agentId}`, wish('s1', 1));
  assert.equal((await write('a1')).status, 200);
  assert.equal((await write('a2')).status, 200);
  const refused = await write('a3');
  assert.equal(refused.status, 429);
  assert.match(refused.headers.get('retry-after') ?? '', /^[1-9]\d?$/);
  assert.equal((await write('a1')).status, 200, 'an agent of this minute counts once');
});

test('a Premium tenant is not throttled', async (t) => {
  const agents = ['a1', 'a2'].map((agentId) => ({ agentId }));
  const { patch } = await startWithCaller(t, {
    ...options,
    agents,
    premium: true,
    throttle: { agents: 1, windowMs: 60_000 },
  });
  await patch('/api/v2/agents/a1', wish('s1', 1));
  assert.equal((await patch('/api/v2/agents/a2', wish('s1', 1))).status, 200);
});

/** Asks until routing has the skill; the runner's own limit ends a test in which it never does. */
async function routingShows(
  get: (path: string) => Promise<{ body: Record<string, unknown> }>,
  skillId: string,
): Promise<void> {
  for (;;) {
    const { body } = await get(ROUTING);
    if ((body['skills'] as { skillId: string }[]).some((skill) => skill.skillId === skillId)) return;
  }
}
