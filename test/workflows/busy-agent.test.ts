import assert from 'node:assert/strict';
import { branch } from '../support/branch.ts';
import { assign, type Stack } from '../support/stack.ts';

/** The agent takes a contact between the PATCH and the toggle. */
function callAfterPatch(s: Stack): void {
  s.simulator.addFault({
    on: 'patchAgent',
    times: 1,
    do: { kind: 'call', when: 'after', run: () => s.simulator.setState(s.agentId, 'CALL') },
  });
}

branch(
  'busy',
  'nothing is written while the agent is in a contact',
  async (s) => {
    const submitted = await s.client.submit(s.request());
    await s.until(({ state }) => state === 'AwaitingIdle');
    assert.deepEqual(s.writes(), []);
    s.simulator.setState(s.agentId, 'WRAPUP');
    s.simulator.setState(s.agentId, 'AVAILABLE');
    const settled = await submitted.result();
    assert.ok(settled.kind === 'ended');
    assert.equal(settled.outcome.status, 'provisioned');
  },
  { agent: { state: 'CALL' } },
);

branch(
  'idle-timeout',
  'an agent who is never idle is handed to a person',
  async (s) => {
    const settled = await s.client.provision(s.request());
    assert.ok(settled.kind === 'parked');
    assert.equal(settled.reason, 'idle-timeout');
    assert.deepEqual(s.writes(), []);
    s.simulator.setState(s.agentId, 'AVAILABLE');
    const after = await s.client.reconcile({ agentId: s.agentId, action: 'retry', operator: 'kim', note: 'idle now' });
    assert.ok(after.kind === 'ended');
    assert.equal(after.outcome.status, 'provisioned');
  },
  { agent: { state: 'COACHING' } },
);

branch('contact-before-toggle', 'an agent who takes a contact before the toggle is not toggled', async (s) => {
  callAfterPatch(s);
  const settled = await s.client.provision(s.request());
  assert.ok(settled.kind === 'ended');
  assert.equal(settled.outcome.status, 'provisioned');
  assert.equal(settled.outcome.toggles, 0);
  assert.equal(s.agent().state, 'CALL');
});

branch('toggle-after-contact', 'routing that did not follow during a contact gets its toggle after it', async (s) => {
  s.simulator.disturbRouting(s.agentId, { lateMs: 60_000 });
  callAfterPatch(s);
  const submitted = await s.client.submit(s.request());
  await s.until(({ state }) => state === 'AwaitingIdle');
  s.simulator.disturbRouting(s.agentId, { lateMs: 0 });
  s.simulator.setState(s.agentId, 'AVAILABLE');
  const settled = await submitted.result();
  assert.ok(settled.kind === 'ended');
  assert.equal(settled.outcome.status, 'provisioned');
  assert.equal(settled.outcome.toggles, 1);
});

branch('follows-during-contact', 'routing that follows in the course of a long contact needs no toggle', async (s) => {
  s.simulator.disturbRouting(s.agentId, { lateMs: 2_500 });
  callAfterPatch(s);
  const submitted = await s.client.submit(s.request());
  await s.until(({ state }) => state === 'AwaitingIdle');
  while (s.agent().routing.every(({ skillId }) => skillId !== 'skill-voice'))
    await new Promise((resolve) => setTimeout(resolve, 20));
  s.simulator.setState(s.agentId, 'AVAILABLE');
  const settled = await submitted.result();
  assert.ok(settled.kind === 'ended');
  assert.equal(settled.outcome.status, 'provisioned');
  assert.equal(settled.outcome.toggles, 0);
});

branch('break-before-toggle', 'an agent who goes on a break before the toggle stays on it', async (s) => {
  s.simulator.addFault({
    on: 'patchAgent',
    times: 1,
    do: { kind: 'call', when: 'after', run: () => s.simulator.setState(s.agentId, 'NOTAVAILABLE', 'LUNCH') },
  });
  const settled = await s.client.provision(s.request());
  assert.ok(settled.kind === 'ended');
  assert.equal(settled.outcome.status, 'provisioned');
  assert.equal(settled.outcome.toggles, 0);
  assert.equal(s.agent().state, 'NOTAVAILABLE');
  assert.equal(s.agent().reason, 'LUNCH');
});

branch('break-during-toggle', 'a break begun while our AVAILABLE is lost is left alone', async (s) => {
  s.simulator.addFault({
    on: 'patchState',
    nth: 2,
    do: [
      { kind: 'call', when: 'before', run: () => s.simulator.setState(s.agentId, 'NOTAVAILABLE', 'LUNCH') },
      { kind: 'drop', when: 'before' },
    ],
  });
  const settled = await s.client.provision(s.request());
  assert.ok(settled.kind === 'ended');
  assert.equal(settled.outcome.status, 'provisioned');
  assert.equal(settled.outcome.toggles, 1);
  assert.equal(s.agent().reason, 'LUNCH');
});

branch(
  'busy-as-asked',
  'an agent who has what is asked already is not waited for',
  async (s) => {
    const settled = await s.client.provision(s.request({ changes: [assign('skill-base', 2)] }));
    assert.ok(settled.kind === 'ended');
    assert.equal(settled.outcome.status, 'unchanged');
    assert.equal(s.agent().state, 'CALL');
  },
  { agent: { state: 'CALL' } },
);

branch(
  'busy-refused',
  'what can never be done is refused while the agent is busy',
  async (s) => {
    const changes = [{ action: 'assign', skill: { name: 'no such skill' }, level: 3 } as const];
    const settled = await s.client.provision(s.request({ changes }));
    assert.ok(settled.kind === 'ended');
    assert.equal(settled.outcome.status, 'rejected');
    assert.equal(s.agent().state, 'CALL');
  },
  { agent: { state: 'CALL' } },
);
