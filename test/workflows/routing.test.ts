import assert from 'node:assert/strict';
import { RunTerminatedError } from '../../client/index.ts';
import { branch } from '../support/branch.ts';
import { assign, remove, type Stack } from '../support/stack.ts';

function order(s: Stack, action: 'retry' | 'accept' | 'rollback' | 'abandon') {
  return { agentId: s.agentId, action, operator: 'kim', note: 'looked into it' };
}

/** Parks a request: the directory takes the change, routing never does. */
async function parkOutOfStep(s: Stack): Promise<void> {
  s.simulator.disturbRouting(s.agentId, { never: true });
  const settled = await s.client.provision(s.request({ changes: [assign('skill-base', 5), assign('skill-voice', 4)] }));
  assert.ok(settled.kind === 'parked');
  assert.equal(settled.reason, 'routing-not-synchronised');
}

function takenOut(s: Stack): number {
  return s.writes().filter(({ body }) => JSON.stringify(body).includes('NOTAVAILABLE')).length;
}

branch('second-toggle', 'routing that ignores a toggle gets another', async (s) => {
  s.simulator.disturbRouting(s.agentId, { ignoreToggles: 1, lateMs: 60_000 });
  s.simulator.addFault({ on: 'patchState', nth: 3, do: { kind: 'routing', disturbance: { lateMs: 0 } } });
  const settled = await s.client.provision(s.request());
  assert.ok(settled.kind === 'ended');
  assert.equal(settled.outcome.status, 'provisioned');
  assert.equal(settled.outcome.toggles, 2);
  assert.equal(takenOut(s), 2);
});

branch('out-of-step-retry', 'after three toggles a person decides, and a retry has three more', async (s) => {
  await parkOutOfStep(s);
  assert.equal(takenOut(s), 3);
  assert.equal(s.agent().state, 'AVAILABLE');
  s.simulator.disturbRouting(s.agentId, { never: false });
  const after = await s.client.reconcile(order(s, 'retry'));
  assert.ok(after.kind === 'ended');
  assert.equal(after.outcome.status, 'provisioned');
  assert.equal(after.outcome.toggles, 4);
});

branch('retry-fails', 'a retry that does not help waits for a person again', async (s) => {
  await parkOutOfStep(s);
  const again = await s.client.reconcile(order(s, 'retry'));
  assert.ok(again.kind === 'parked');
  assert.equal(again.reason, 'routing-not-synchronised');
  assert.equal(takenOut(s), 6);
});

branch('accept', 'accepting says what really holds', async (s) => {
  await parkOutOfStep(s);
  const after = await s.client.reconcile(order(s, 'accept'));
  assert.ok(after.kind === 'ended');
  assert.equal(after.outcome.status, 'accepted');
  assert.deepEqual(
    after.outcome.changes.map(({ level }) => level),
    [2, 0],
  );
});

branch('rollback', 'a rollback restores the levels this request changed', async (s) => {
  await parkOutOfStep(s);
  const after = await s.client.reconcile(order(s, 'rollback'));
  assert.ok(after.kind === 'ended');
  assert.equal(after.outcome.status, 'rolled-back');
  assert.deepEqual(s.agent().skills, [{ skillId: 'skill-base', level: 2 }]);
  assert.deepEqual(s.agent().routing, [{ skillId: 'skill-base', level: 2 }]);
});

branch('rollback-overtaken', 'a rollback leaves alone what somebody else has changed since', async (s) => {
  await parkOutOfStep(s);
  s.simulator.disturbRouting(s.agentId, { never: false });
  s.simulator.editSkills(s.agentId, [
    { skillId: 'skill-base', level: 1 },
    { skillId: 'skill-voice', level: 4 },
  ]);
  const after = await s.client.reconcile(order(s, 'rollback'));
  assert.ok(after.kind === 'ended');
  assert.equal(after.outcome.status, 'rolled-back');
  assert.equal(after.outcome.problem?.code, 'changed-by-others');
  assert.deepEqual(s.agent().skills, [{ skillId: 'skill-base', level: 1 }]);
});

branch('abandon', 'abandoning does nothing more', async (s) => {
  await parkOutOfStep(s);
  const before = s.writes().length;
  const after = await s.client.reconcile(order(s, 'abandon'));
  assert.ok(after.kind === 'ended');
  assert.equal(after.outcome.status, 'abandoned');
  assert.equal(s.writes().length, before);
});

branch('not-restored', 'an agent the platform will not let us put back is a person’s business at once', async (s) => {
  const forbidden = { kind: 'answer', status: 403, body: { error: 'forbidden' } } as const;
  s.simulator.addFault({ on: 'patchState', nth: [2, 3], do: forbidden });
  const settled = await s.client.provision(s.request());
  assert.ok(settled.kind === 'parked');
  assert.equal(settled.reason, 'agent-not-restored');
  assert.equal(s.agent().state, 'NOTAVAILABLE');
  const again = await s.client.reconcile(order(s, 'retry'));
  assert.ok(again.kind === 'parked');
  assert.equal(again.reason, 'agent-not-restored');
  const after = await s.client.reconcile(order(s, 'retry'));
  assert.ok(after.kind === 'ended');
  assert.equal(after.outcome.status, 'provisioned');
  assert.equal(s.agent().state, 'AVAILABLE');
});

branch('not-restored-abandon', 'a person may leave it at that, and the outcome says the agent is out', async (s) => {
  const forbidden = { kind: 'answer', status: 403, body: { error: 'forbidden' } } as const;
  s.simulator.addFault({ on: 'patchState', nth: [2, 3], do: forbidden });
  await s.client.provision(s.request());
  const after = await s.client.reconcile(order(s, 'abandon'));
  assert.ok(after.kind === 'ended');
  assert.equal(after.outcome.status, 'abandoned');
  assert.equal(after.outcome.problem?.code, 'agent-not-restored');
  s.simulator.setState(s.agentId, 'AVAILABLE');
});

branch('lost-toggle', 'an agent is put back when both answers of a toggle get lost', async (s) => {
  s.simulator.addFault({ on: 'patchState', nth: [1, 2], do: { kind: 'drop', when: 'after' } });
  const settled = await s.client.provision(s.request());
  assert.ok(settled.kind === 'ended');
  assert.equal(settled.outcome.status, 'provisioned');
  assert.equal(s.agent().state, 'AVAILABLE');
  assert.equal(takenOut(s), 1);
});

branch('late-notavailable', 'a NOTAVAILABLE that takes effect after its timeout is undone', async (s) => {
  s.simulator.addFault({ on: 'patchState', nth: 1, do: { kind: 'delay', when: 'before', ms: 1_300 } });
  const settled = await s.client.provision(s.request());
  assert.ok(settled.kind === 'ended');
  assert.equal(settled.outcome.status, 'provisioned');
  assert.equal(s.agent().state, 'AVAILABLE');
});

branch('put-back-throttled', 'an agent is put back once a Retry-After is over', async (s) => {
  s.simulator.addFault({ on: 'patchState', nth: 2, do: { kind: 'answer', status: 429, retryAfter: 1 } });
  const settled = await s.client.provision(s.request());
  assert.ok(settled.kind === 'ended');
  assert.equal(settled.outcome.status, 'provisioned');
  assert.equal(s.agent().state, 'AVAILABLE');
});

branch('toggle-unavailable', 'a toggle that can not begin is tried again a little later', async (s) => {
  s.simulator.addFault({ on: 'getState', nth: 2, do: { kind: 'answer', status: 503 } });
  s.simulator.disturbRouting(s.agentId, { lateMs: 60_000 });
  s.simulator.addFault({
    on: 'patchState',
    nth: 1,
    do: { kind: 'routing', disturbance: { lateMs: 0 } },
  });
  const settled = await s.client.provision(s.request());
  assert.ok(settled.kind === 'ended');
  assert.equal(settled.outcome.status, 'provisioned');
  assert.equal(settled.outcome.toggles, 1);
});

branch('verify-outage', 'an outage while routing is verified is sat out without another toggle', async (s) => {
  s.simulator.addFault({ on: 'getRouting', times: 2, do: { kind: 'answer', status: 500 } });
  const settled = await s.client.provision(s.request());
  assert.ok(settled.kind === 'ended');
  assert.equal(settled.outcome.status, 'provisioned');
  assert.equal(settled.outcome.toggles, 1);
});

branch(
  'verify-forbidden',
  'routing that may not be read is a person’s business, as something was written',
  async (s) => {
    s.simulator.addFault({ on: 'getRouting', do: { kind: 'answer', status: 403, body: { error: 'forbidden' } } });
    const settled = await s.client.provision(s.request());
    assert.ok(settled.kind === 'parked');
    assert.equal(settled.reason, 'platform-refused');
    s.simulator.clearFaults();
    const after = await s.client.reconcile(order(s, 'accept'));
    assert.ok(after.kind === 'ended');
    assert.equal(after.outcome.status, 'accepted');
  },
);

branch('recycled-id', 'a skill id that routing drops is noticed', async (s) => {
  s.simulator.addFault({
    on: 'patchAgent',
    times: 1,
    do: { kind: 'call', when: 'before', run: () => s.simulator.removeSkill('skill-chat') },
  });
  const settled = await s.client.provision(s.request({ changes: [assign('skill-chat', 3), remove('skill-base')] }));
  assert.ok(settled.kind === 'parked');
  assert.equal(settled.reason, 'routing-not-synchronised');
});

branch(
  'after-a-terminate',
  'an agent whom a terminated run left out of the queue is put back by the next request',
  async (s) => {
    s.simulator.addFault({
      on: 'patchState',
      nth: 2,
      do: [
        {
          kind: 'call',
          when: 'before',
          run: async () => {
            await s.temporal.workflow.getHandle(s.workflowId).terminate();
          },
        },
        { kind: 'drop', when: 'before' },
      ],
    });
    await assert.rejects(s.client.provision(s.request()), RunTerminatedError);
    assert.equal(s.agent().state, 'NOTAVAILABLE');
    const settled = await s.client.provision(s.request());
    assert.ok(settled.kind === 'ended');
    assert.equal(s.agent().state, 'AVAILABLE');
    assert.deepEqual(s.agent().routing, s.agent().skills);
    // Afterwards everything is as usual.
    const next = await s.client.provision(s.request({ changes: [assign('skill-chat', 1)] }));
    assert.ok(next.kind === 'ended');
    assert.equal(next.outcome.status, 'provisioned');
  },
);

branch('not-restored-cancelled', 'a person may leave it at that after a cancellation could not', async (s) => {
  const forbidden = { kind: 'answer', status: 403, body: { error: 'forbidden' } } as const;
  s.simulator.addFault({ on: 'patchState', nth: [2, 3, 4], do: forbidden });
  await s.client.provision(s.request());
  const cancelled = await s.client.cancel({ agentId: s.agentId, by: 'kim', note: 'not needed' });
  assert.ok(cancelled.kind === 'parked');
  const after = await s.client.reconcile(order(s, 'abandon'));
  assert.ok(after.kind === 'ended');
  assert.equal(after.outcome.status, 'abandoned');
  s.simulator.setState(s.agentId, 'AVAILABLE');
});

branch(
  'busy-by-refusal',
  'a platform that calls an available agent busy is not asked without a pause',
  async (s) => {
    s.simulator.disturbRouting(s.agentId, { never: true });
    s.simulator.addFault({ on: 'patchState', do: { kind: 'answer', status: 409 } });
    const settled = await s.client.provision(s.request());
    assert.ok(settled.kind === 'parked');
    assert.equal(settled.reason, 'routing-not-synchronised');
    assert.ok(s.writes().length <= 6, `${s.writes().length} writes`);
  },
  { policy: { idleLimit: '3s' } },
);
