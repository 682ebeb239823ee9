import assert from 'node:assert/strict';
import { RequestIdReusedError } from '../../client/index.ts';
import { branch } from '../support/branch.ts';
import { assign, FAST_POLICY, type Stack } from '../support/stack.ts';

function patches(s: Stack) {
  return s.writes().filter(({ operation }) => operation === 'patchAgent');
}

/** Keeps the agent busy until released, so that requests gather. */
async function gather(s: Stack, requests: ReturnType<Stack['request']>[]) {
  s.simulator.setState(s.agentId, 'CALL');
  const submitted = [];
  for (const request of requests) submitted.push(await s.client.submit(request));
  s.simulator.setState(s.agentId, 'AVAILABLE');
  const settled = await Promise.all(submitted.map((one) => one.result()));
  return settled.map((one) => {
    assert.ok(one.kind === 'ended');
    return one.outcome;
  });
}

branch('batch', 'requests for different skills go in one PATCH and one toggle', async (s) => {
  const outcomes = await gather(s, [
    s.request({ changes: [assign('skill-voice', 1)] }),
    s.request({ changes: [assign('skill-chat', 2)] }),
    s.request({ changes: [assign('skill-mail', 3)] }),
  ]);
  assert.deepEqual(
    outcomes.map(({ status }) => status),
    ['provisioned', 'provisioned', 'provisioned'],
  );
  assert.equal(patches(s).length, 1);
  assert.equal(s.writes().length, 3);
});

branch('same-skill', 'requests for one skill run in the order they came', async (s) => {
  const outcomes = await gather(s, [
    s.request({ changes: [assign('skill-voice', 1)] }),
    s.request({ changes: [assign('skill-voice', 5)] }),
  ]);
  assert.deepEqual(
    outcomes.map(({ status }) => status),
    ['provisioned', 'provisioned'],
  );
  assert.equal(s.agent().routing.find(({ skillId }) => skillId === 'skill-voice')?.level, 5);
  assert.equal(patches(s).length, 2);
});

branch('same-skill-by-name', 'two references that turn out to mean one skill run in order', async (s) => {
  const outcomes = await gather(s, [
    s.request({ changes: [assign('skill-voice', 1)] }),
    s.request({ changes: [{ action: 'assign', skill: { name: 'voice' }, level: 5 }] }),
  ]);
  assert.deepEqual(
    outcomes.map(({ changes }) => changes[0]?.previousLevel),
    [0, 1],
  );
  assert.equal(patches(s).length, 2);
});

branch(
  'waits-for-a-name',
  'a request by id does not overtake an earlier one that may name the same skill',
  async (s) => {
    const outcomes = await gather(s, [
      s.request({ changes: [assign('skill-chat', 1)] }),
      s.request({
        changes: [{ action: 'assign', skill: { name: 'voice' }, level: 1 }],
        policy: { ...FAST_POLICY, idleLimit: '3s' },
      }),
      s.request({ changes: [assign('skill-voice', 5)] }),
    ]);
    assert.deepEqual(
      outcomes.map(({ changes }) => changes[0]?.previousLevel),
      [0, 0, 1],
    );
    assert.equal(s.agent().routing.find(({ skillId }) => skillId === 'skill-voice')?.level, 5);
  },
);

branch('refused-in-batch', 'a refused reference leaves the batch, the others go on', async (s) => {
  const outcomes = await gather(s, [
    s.request({ changes: [assign('skill-voice', 1)] }),
    s.request({ changes: [assign('skill-nowhere', 2)] }),
  ]);
  assert.deepEqual(
    outcomes.map(({ status }) => status),
    ['provisioned', 'rejected'],
  );
});

branch('invalid-batch', 'a PATCH refused as invalid is sent again request by request', async (s) => {
  s.simulator.addFault({
    on: 'patchAgent',
    nth: [1, 2],
    do: { kind: 'answer', status: 422, body: { error: 'validation_failed' } },
  });
  const outcomes = await gather(s, [
    s.request({ changes: [assign('skill-voice', 1)] }),
    s.request({ changes: [assign('skill-chat', 2)] }),
  ]);
  assert.deepEqual(
    outcomes.map(({ status }) => status),
    ['rejected', 'provisioned'],
  );
  assert.equal(patches(s).length, 3);
});

branch('other-policy', 'requests with another policy are not merged', async (s) => {
  await gather(s, [
    s.request({ changes: [assign('skill-voice', 1)] }),
    s.request({ changes: [assign('skill-chat', 2)], policy: { toggleLimit: 2 } }),
  ]);
  assert.equal(patches(s).length, 2);
});

branch('redelivered', 'a redelivered request after a later one changes nothing', async (s) => {
  const first = s.request({ changes: [assign('skill-voice', 1)] });
  const one = await s.client.provision(first);
  await s.client.provision(s.request({ changes: [assign('skill-voice', 5)] }));
  const again = await s.client.provision(first);
  assert.ok(one.kind === 'ended' && again.kind === 'ended');
  assert.deepEqual(again.outcome, one.outcome);
  assert.equal(s.agent().routing.find(({ skillId }) => skillId === 'skill-voice')?.level, 5);
  assert.equal(patches(s).length, 2);
});

branch('redelivered-while-open', 'a request that comes twice while its run is open is one request', async (s) => {
  s.simulator.setState(s.agentId, 'CALL');
  const request = s.request();
  const submitted = await s.client.submit(request);
  const again = await s.client.submit(request);
  assert.equal(again.runId, submitted.runId);
  s.simulator.setState(s.agentId, 'AVAILABLE');
  const [one, other] = await Promise.all([submitted.result(), again.result()]);
  assert.deepEqual(one, other);
  assert.equal(patches(s).length, 1);
});

branch('reused-id', 'the same id with other content is refused, while the run is open and after', async (s) => {
  s.simulator.setState(s.agentId, 'CALL');
  const request = s.request();
  const submitted = await s.client.submit(request);
  const other = { ...request, changes: [assign('skill-voice', 2)] };
  await assert.rejects(s.client.submit(other), RequestIdReusedError);
  s.simulator.setState(s.agentId, 'AVAILABLE');
  await submitted.result();
  await assert.rejects(s.client.submit(other), RequestIdReusedError);
});
