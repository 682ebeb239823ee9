import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startWithCaller, type Caller } from '../support/simulator-caller.ts';

const STATE = '/api/v2/supervisor/agents/a1/state';
const ROUTING = '/api/v2/supervisor/agents/a1/skills';
const AGENT = '/api/v2/agents/a1';
const OLD = [{ skillId: 'sk-1001', level: 1 }];
const NEW = [{ skillId: 'sk-1001', level: 4 }];
const OUT = { state: 'NOTAVAILABLE', reason: 'ADMINISTRATIVE' };
const BACK = { state: 'AVAILABLE' };
const options = { agents: [{ agentId: 'a1', skills: OLD }] };
/** With this scale the toggle's gap is over by the time two calls are made. */
const toggleOnly = { ...options, timeScale: 1e-6 };

/** Propagation never comes by itself here, so what routing shows is the toggle's doing. */
const never = { lateMs: 3_600_000 };

async function toggle({ patch }: Caller): Promise<void> {
  assert.equal((await patch(STATE, OUT)).status, 200);
  assert.equal((await patch(STATE, BACK)).status, 200);
}

async function routing({ get }: Caller): Promise<unknown> {
  return (await get(ROUTING)).body['skills'];
}

/** Asks until routing shows the new level; the runner's own limit ends a test in which it never does. */
async function routingFollows(caller: Caller): Promise<void> {
  for (;;) {
    const shown = (await routing(caller)) as typeof NEW;
    if (shown[0]?.level === 4) return;
  }
}

test('the state is shown with the reason last set', async (t) => {
  const { get, patch } = await startWithCaller(t, options);
  assert.deepEqual((await get(STATE)).body, { agentId: 'a1', currentState: 'AVAILABLE' });
  await patch(STATE, OUT);
  assert.deepEqual((await get(STATE)).body, {
    agentId: 'a1',
    currentState: 'NOTAVAILABLE',
    reason: 'ADMINISTRATIVE',
  });
});

test('a busy agent can not be taken out or put back', async (t) => {
  const { patch, simulator } = await startWithCaller(t, options);
  for (const state of ['CALL', 'WRAPUP', 'COACHING', 'SOMETHING_NEW']) {
    simulator.setState('a1', state);
    assert.equal((await patch(STATE, OUT)).status, 409);
    assert.equal((await patch(STATE, BACK)).status, 409);
  }
});

test('setting the state that holds does nothing', async (t) => {
  const { patch, simulator } = await startWithCaller(t, options);
  simulator.setState('a1', 'NOTAVAILABLE', 'BREAK');
  assert.equal((await patch(STATE, OUT)).status, 200);
  assert.equal(simulator.agent('a1').reason, 'BREAK');
  assert.equal(simulator.ledger.at(-1)?.applied, false);
});

test('a malformed state answers 422 validation_failed', async (t) => {
  const { patch } = await startWithCaller(t, options);
  for (const body of ['{', {}, { state: 'CALL' }, { state: 'AVAILABLE', reason: 7 }]) {
    assert.deepEqual((await patch(STATE, body)).body['error'], 'validation_failed');
  }
});

test('routing follows the directory by itself 15 to 45 scaled seconds later', async (t) => {
  const caller = await startWithCaller(t, { ...options, timeScale: 0.001 });
  const before = performance.now();
  await caller.patch(AGENT, { skills: NEW });
  await routingFollows(caller);
  assert.ok(performance.now() - before >= 15);
});

test('a toggle makes routing follow at once', async (t) => {
  const caller = await startWithCaller(t, toggleOnly);
  caller.simulator.disturbRouting('a1', never);
  await caller.patch(AGENT, { skills: NEW });
  caller.simulator.disturbRouting('a1', { lateMs: 0 });
  await toggle(caller);
  assert.deepEqual(await routing(caller), NEW);
});

test('a toggle under 500 ms rolls routing back to the previous skill set', async (t) => {
  const caller = await startWithCaller(t, { ...options, timeScale: 1000 });
  await caller.patch(AGENT, { skills: NEW });
  await toggle(caller);
  assert.deepEqual(await routing(caller), OLD);
  assert.ok(caller.simulator.ledger.some(({ flags }) => flags?.includes('short-toggle')));
});

test('a short toggle undoes what routing had already followed', async (t) => {
  const caller = await startWithCaller(t, { ...options, timeScale: 1000 });
  caller.simulator.editSkills('a1', NEW);
  caller.simulator.setState('a1', 'NOTAVAILABLE', 'BREAK');
  await caller.patch(STATE, BACK);
  assert.deepEqual(await routing(caller), NEW, 'back from a break, routing has read the directory');
  await toggle(caller);
  assert.deepEqual(await routing(caller), OLD);
});

test('routing can ignore the first toggles', async (t) => {
  const caller = await startWithCaller(t, toggleOnly);
  caller.simulator.disturbRouting('a1', never);
  await caller.patch(AGENT, { skills: NEW });
  caller.simulator.disturbRouting('a1', { lateMs: 0, ignoreToggles: 2 });
  const seen: unknown[] = [];
  for (let toggles = 0; toggles < 3; toggles += 1) {
    await toggle(caller);
    seen.push(await routing(caller));
  }
  assert.deepEqual(seen, [OLD, OLD, NEW]);
});

test('routing can stop following for an agent', async (t) => {
  const caller = await startWithCaller(t, {
    ...toggleOnly,
    agents: [{ agentId: 'a1', skills: OLD, disturbance: { never: true } }],
  });
  await caller.patch(AGENT, { skills: NEW });
  await toggle(caller);
  assert.deepEqual(await routing(caller), OLD);
});

test('the catalogue shows groups and status, and allowed levels for one skill', async (t) => {
  const { get } = await startWithCaller(t);
  const { skills } = (await get('/api/v2/skills')).body as { skills: { name: string; status?: string }[] };
  assert.equal(skills.filter(({ name }) => name === 'Billing').length, 2);
  assert.ok(skills.some(({ status }) => status === 'INACTIVE'));
  assert.deepEqual((await get('/api/v2/skills/sk-4001')).body['allowedLevels'], [1, 5]);
  assert.equal((await get('/api/v2/skills/gone')).status, 404);
});

test('a skill can be recycled and removed while the simulator runs', async (t) => {
  const { get, simulator } = await startWithCaller(t);
  simulator.updateSkill({ skillId: 'sk-1001', name: 'Something else' });
  assert.equal((await get('/api/v2/skills/sk-1001')).body['name'], 'Something else');
  simulator.removeSkill('sk-1001');
  assert.equal((await get('/api/v2/skills/sk-1001')).status, 404);
});
