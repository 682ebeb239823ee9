import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import type { Info } from '@temporalio/activity';
import type { PatchAnswer, PatchCommand } from '../../activities/contract.ts';
import { UNPACED, type Pace } from '../../activities/pace.ts';
import { DEMO_CLIENT_ID, DEMO_CLIENT_SECRET, DEMO_TENANT_ID, type FaultAction } from '../../simulator/index.ts';
import { AGENT, startStage, type Stage } from '../support/activity-stage.ts';

const WISHES = [{ skillId: 'sk-1001', level: 4 }];

/** Sends the PATCH for the agent as they are, unless the command says otherwise. */
function patch(stage: Stage, command: Partial<PatchCommand> = {}, info: Partial<Info> = {}): Promise<PatchAnswer> {
  const whole: PatchCommand = {
    tenantId: DEMO_TENANT_ID,
    agentId: AGENT,
    requestTimeoutMs: 5_000,
    wishes: WISHES,
    etag: stage.simulator.agent(AGENT).etag,
    idempotencyKey: `${AGENT}_sk-1001_${stage.calls().length}`,
    ...command,
  };
  return stage.run('patchSkills', whole, stage.environment(info));
}

/** A stage on which the first PATCH meets a fault. */
async function faulty(t: TestContext, fault: FaultAction): Promise<Stage> {
  const stage = await startStage(t);
  stage.simulator.addFault({ on: 'patchAgent', nth: 1, do: fault });
  return stage;
}

function sent(stage: Stage): number {
  return stage.calls().filter(({ operation }) => operation === 'patchAgent').length;
}

test('a PATCH that is carried out answers with the directory as it is now, and its ETag', async (t) => {
  const stage = await startStage(t);
  const etag = stage.simulator.agent(AGENT).etag;
  const answer = await patch(stage, { idempotencyKey: 'agent-1_sk-1001_1' });
  const { skills, etag: next } = stage.simulator.agent(AGENT);
  assert.deepEqual(answer, { kind: 'answered', skills, etag: next });
  assert.deepEqual(skills, [
    { skillId: 'sk-2001', level: 3 },
    { skillId: 'sk-1001', level: 4 },
  ]);
  const [call, ...more] = stage.calls();
  assert.deepEqual(more, []);
  assert.equal(call?.ifMatch, etag);
  assert.equal(call.idempotencyKey, 'agent-1_sk-1001_1');
  assert.deepEqual(call.body, { skills: WISHES });
});

test('what the directory shows is passed on, also when it is not what was asked', async (t) => {
  const stage = await startStage(t, { simulator: { removalClamps: true } });
  const answer = await patch(stage, { wishes: [{ skillId: 'sk-2001', level: 0 }] });
  assert.ok(answer.kind === 'answered');
  assert.deepEqual(answer.skills, [{ skillId: 'sk-2001', level: 1 }]);
});

test('a PATCH made for an older reading is stale', async (t) => {
  const stage = await startStage(t);
  const { etag } = stage.simulator.agent(AGENT);
  stage.simulator.editSkills(AGENT, []);
  assert.deepEqual(await patch(stage, { etag }), { kind: 'stale' });
  assert.deepEqual(stage.simulator.agent(AGENT).skills, []);
});

test('the lock of workforce management is told from a request that is wrong', async (t) => {
  const stage = await startStage(t);
  stage.simulator.lock(AGENT, 3_600);
  assert.deepEqual(await patch(stage), { kind: 'locked', status: 409 });
  assert.deepEqual(await patch(stage), { kind: 'locked', status: 422 });
  const cases: [FaultAction, PatchAnswer][] = [
    [
      { kind: 'answer', status: 422 },
      { kind: 'locked', status: 422 },
    ],
    [
      { kind: 'answer', status: 422, body: { error: 'something_else' } },
      { kind: 'locked', status: 422 },
    ],
    [
      { kind: 'answer', status: 422, body: { error: 'validation_failed' } },
      { kind: 'invalid', status: 422, code: 'validation_failed' },
    ],
    [
      { kind: 'answer', status: 400 },
      { kind: 'invalid', status: 400 },
    ],
    [
      { kind: 'answer', status: 400, body: { error: 'bad_request' } },
      { kind: 'invalid', status: 400, code: 'bad_request' },
    ],
  ];
  for (const [fault, expected] of cases) assert.deepEqual(await patch(await faulty(t, fault)), expected);
});

test('a throttled PATCH says how long to wait, and the next one is not sent before', async (t) => {
  const bare = await faulty(t, { kind: 'answer', status: 429 });
  assert.deepEqual(await patch(bare), { kind: 'rate-limited' });
  for (const wait of [{ retryAfter: 60 }, { retryAfterDateMs: 60_000 }]) {
    const stage = await faulty(t, { kind: 'answer', status: 429, ...wait });
    for (const [index, answer] of [await patch(stage), await patch(stage)].entries()) {
      assert.ok(answer.kind === 'rate-limited');
      assert.equal(answer.unsent, index === 0 ? undefined : true);
      assert.ok((answer.retryAfterMs ?? 0) > 0 && (answer.retryAfterMs ?? 0) <= 61_000);
    }
    assert.equal(sent(stage), 1);
  }
});

test('an answer that leaves open what happened is lost, whether the PATCH took effect or not', async (t) => {
  const faults: FaultAction[] = [
    { kind: 'drop', when: 'before' },
    { kind: 'drop', when: 'after' },
    ...[408, 500, 502, 503, 504].flatMap((status): FaultAction[] => [
      { kind: 'answer', status },
      { kind: 'answer', status, applied: true },
    ]),
    ...(['html', 'broken-json', 'wrong-shape', 'truncated', 'too-large'] as const).map((as): FaultAction => ({
      kind: 'garble',
      as,
      applied: true,
    })),
    { kind: 'redirect', location: '/elsewhere' },
  ];
  for (const fault of faults) {
    const stage = await faulty(t, fault);
    assert.deepEqual(await patch(stage), { kind: 'lost' }, JSON.stringify(fault));
    assert.equal(sent(stage), 1);
  }
});

test('an answer that does not come in time is lost', async (t) => {
  const stage = await startStage(t);
  const held = stage.simulator.hold({ on: 'patchAgent' });
  assert.deepEqual(await patch(stage, { requestTimeoutMs: 1_000 }), { kind: 'lost' });
  assert.equal(sent(stage), 1);
  held.release();
});

test('a cancelled PATCH is lost: it may have been on its way', async (t) => {
  const stage = await startStage(t);
  const held = stage.simulator.hold({ on: 'patchAgent' });
  const environment = stage.environment();
  const { etag } = stage.simulator.agent(AGENT);
  const command: PatchCommand = {
    tenantId: DEMO_TENANT_ID,
    agentId: AGENT,
    requestTimeoutMs: 5_000,
    wishes: WISHES,
    etag,
    idempotencyKey: 'agent-1_sk-1001_1',
  };
  const answer = stage.run('patchSkills', command, environment);
  await held.arrived;
  environment.cancel();
  assert.deepEqual(await answer, { kind: 'lost' });
  held.release();
});

test('a refused token is renewed once; refused again, that is final', async (t) => {
  const once = await faulty(t, { kind: 'revoke-token', when: 'before' });
  assert.equal((await patch(once)).kind, 'answered');
  const always = await startStage(t);
  always.simulator.addFault({ on: 'patchAgent', do: { kind: 'answer', status: 401 } });
  assert.deepEqual(await patch(always), { kind: 'refused', status: 401 });
  assert.equal(sent(always), 2);
});

test('any other refusal is final and named', async (t) => {
  const stage = await startStage(t);
  assert.deepEqual(await patch(stage, { agentId: 'nobody' }), { kind: 'refused', status: 404, code: 'not_found' });
  for (const status of [402, 403, 404, 405, 410, 413, 415]) {
    const faultyStage = await faulty(t, { kind: 'answer', status });
    assert.deepEqual(await patch(faultyStage), { kind: 'refused', status });
    assert.equal(sent(faultyStage), 1);
  }
});

test('a configuration in which nothing can be sent is a refusal without a status', async (t) => {
  const refused = { kind: 'refused', status: 0, code: 'worker-configuration' };
  const stage = await startStage(t);
  assert.deepEqual(await patch(stage, { tenantId: 'elsewhere' }), refused);
  const tenant = { tenantId: DEMO_TENANT_ID, clientId: DEMO_CLIENT_ID, clientSecret: DEMO_CLIENT_SECRET };
  const withoutScope = await startStage(t, { simulator: { tenants: [{ ...tenant, scopes: ['agents:view'] }] } });
  assert.deepEqual(await patch(withoutScope), refused);
  const withoutSecret = await startStage(t, { simulator: { tenants: [{ ...tenant, clientSecret: 'another' }] } });
  assert.deepEqual(await patch(withoutSecret), refused);
  for (const one of [stage, withoutScope, withoutSecret]) assert.equal(sent(one), 0);
});

test('without a token the PATCH is lost, or throttled, and never sent', async (t) => {
  const lost = await startStage(t);
  lost.simulator.addFault({ on: 'token', do: { kind: 'answer', status: 503 } });
  assert.deepEqual(await patch(lost), { kind: 'lost' });
  const throttled = await startStage(t);
  throttled.simulator.addFault({ on: 'token', do: { kind: 'answer', status: 429 } });
  assert.deepEqual(await patch(throttled), { kind: 'rate-limited', unsent: true });
  assert.equal(sent(lost) + sent(throttled), 0);
});

test('a PATCH that could be sent only when half of its time was over is not sent: the workflow may have moved on', async (t) => {
  const stage = await startStage(t);
  stage.simulator.addFault({ on: 'token', do: { kind: 'delay', when: 'before', ms: 100 } });
  assert.deepEqual(await patch(stage, {}, { startToCloseTimeoutMs: 150 }), { kind: 'lost' });
  assert.equal(sent(stage), 0);
});

test('a PATCH that has no turn in the pace of the tenant is not sent, and says that nobody was asked', async (t) => {
  const away: Pace = { ...UNPACED, take: async () => ({ kind: 'sent-away', retryAfterMs: 4_000 }) };
  const stage = await startStage(t, { pace: away });
  assert.deepEqual(await patch(stage), { kind: 'rate-limited', retryAfterMs: 4_000, unsent: true, paced: true });
  const late: Pace = { ...UNPACED, take: async () => ({ kind: 'permit', use: () => false, done: () => undefined }) };
  const lateStage = await startStage(t, { pace: late });
  assert.deepEqual(await patch(lateStage), { kind: 'rate-limited', retryAfterMs: 0, unsent: true, paced: true });
  assert.equal(sent(stage) + sent(lateStage), 0);
});

test('every PATCH takes a permit of its own, also the one that is repeated with a new token', async (t) => {
  let taken = 0;
  let over = 0;
  const pace: Pace = {
    ...UNPACED,
    async take() {
      taken += 1;
      return { kind: 'permit', use: () => true, done: () => (over += 1) };
    },
  };
  const stage = await startStage(t, { pace });
  stage.simulator.addFault({ on: 'patchAgent', nth: 1, do: { kind: 'revoke-token', when: 'before' } });
  assert.equal((await patch(stage)).kind, 'answered');
  assert.deepEqual([taken, over, sent(stage)], [2, 2, 2]);
});
