import assert from 'node:assert/strict';
import { branch } from '../support/branch.ts';
import { assign, type Stack } from '../support/stack.ts';

/** The PATCHes of skills the platform saw. */
function patches(s: Stack) {
  return s.writes().filter(({ operation }) => operation === 'patchAgent');
}

/** Somebody else changes the agent right before the n-th PATCH arrives. */
function editBefore(s: Stack, nth: number[]): void {
  let level = 0;
  s.simulator.addFault({
    on: 'patchAgent',
    nth,
    do: {
      kind: 'call',
      when: 'before',
      run: () => {
        level = (level % 5) + 1;
        s.simulator.editSkills(s.agentId, [
          { skillId: 'skill-base', level: 2 },
          { skillId: 'skill-chat', level },
        ]);
      },
    },
  });
}

branch('conflict', 'a stale ETag is read again after the wait, and others’ changes survive', async (s) => {
  editBefore(s, [1]);
  const settled = await s.client.provision(s.request());
  assert.ok(settled.kind === 'ended');
  assert.equal(settled.outcome.status, 'provisioned');
  assert.equal(settled.outcome.conflicts, 1);
  assert.deepEqual(
    s.agent().routing.map(({ skillId }) => skillId),
    ['skill-base', 'skill-chat', 'skill-voice'],
  );
  const [first, second] = patches(s);
  assert.notEqual(first?.idempotencyKey, second?.idempotencyKey);
  assert.notEqual(first?.ifMatch, second?.ifMatch);
});

branch('conflict-limit', 'after five conflicts in a row nothing more is sent and a person has to look', async (s) => {
  editBefore(s, [1, 2, 3, 4, 5, 6]);
  const settled = await s.client.provision(s.request());
  assert.ok(settled.kind === 'parked');
  assert.equal(settled.reason, 'conflict-limit');
  assert.equal(patches(s).length, 5);
  s.simulator.clearFaults();
  const order = { agentId: s.agentId, action: 'retry', operator: 'kim', note: 'quiet now' } as const;
  const after = await s.client.reconcile(order);
  assert.ok(after.kind === 'ended');
  assert.equal(after.outcome.status, 'provisioned');
  assert.equal(after.outcome.conflicts, 5);
});

branch(
  'lost-and-applied',
  'a lost answer to a change that was applied is found by reading, not written again',
  async (s) => {
    s.simulator.addFault({ on: 'patchAgent', times: 1, do: { kind: 'drop', when: 'after' } });
    const settled = await s.client.provision(s.request());
    assert.ok(settled.kind === 'ended');
    assert.equal(settled.outcome.status, 'provisioned');
    assert.equal(settled.outcome.conflicts, 0);
    assert.equal(patches(s).length, 1);
  },
);

branch('lost-and-not-applied', 'a change that got lost goes out again with the same bytes and key', async (s) => {
  s.simulator.addFault({ on: 'patchAgent', nth: [1, 2], do: { kind: 'drop', when: 'before' } });
  const settled = await s.client.provision(s.request());
  assert.ok(settled.kind === 'ended');
  assert.equal(settled.outcome.status, 'provisioned');
  const sent = patches(s);
  assert.equal(sent.length, 3);
  assert.equal(new Set(sent.map(({ idempotencyKey }) => idempotencyKey)).size, 1);
  assert.equal(new Set(sent.map(({ body }) => JSON.stringify(body))).size, 1);
});

branch('lost-and-overtaken', 'a change that got lost and was overtaken by others is a new attempt', async (s) => {
  s.simulator.addFault({
    on: 'patchAgent',
    times: 1,
    do: [
      {
        kind: 'call',
        when: 'before',
        run: () => s.simulator.editSkills(s.agentId, [{ skillId: 'skill-chat', level: 1 }]),
      },
      { kind: 'drop', when: 'before' },
    ],
  });
  const settled = await s.client.provision(s.request());
  assert.ok(settled.kind === 'ended');
  assert.equal(settled.outcome.status, 'provisioned');
  assert.deepEqual(
    s.agent().skills.map(({ skillId }) => skillId),
    ['skill-chat', 'skill-voice'],
  );
  assert.equal(new Set(patches(s).map(({ idempotencyKey }) => idempotencyKey)).size, 2);
});

branch('unreadable-answer', 'a 200 that can not be read is a lost answer', async (s) => {
  s.simulator.addFault({ on: 'patchAgent', times: 1, do: { kind: 'garble', as: 'html', applied: true } });
  const settled = await s.client.provision(s.request());
  assert.ok(settled.kind === 'ended');
  assert.equal(settled.outcome.status, 'provisioned');
  assert.equal(patches(s).length, 1);
});

branch('lost-for-ever', 'a platform that never answers a change is handed to a person', async (s) => {
  s.simulator.addFault({ on: 'patchAgent', do: { kind: 'answer', status: 503 } });
  const settled = await s.client.provision(s.request());
  assert.ok(settled.kind === 'parked');
  assert.equal(settled.reason, 'platform-unavailable');
  s.simulator.clearFaults();
  const after = await s.client.reconcile({ agentId: s.agentId, action: 'abandon', operator: 'kim', note: 'no' });
  assert.ok(after.kind === 'ended');
  assert.equal(after.outcome.status, 'abandoned');
});

branch('lock', 'a lock of workforce management is waited for', async (s) => {
  s.simulator.lock(s.agentId, 120);
  const settled = await s.client.provision(s.request());
  assert.ok(settled.kind === 'ended');
  assert.equal(settled.outcome.status, 'provisioned');
  const statuses = patches(s).map(({ status }) => status);
  assert.deepEqual(new Set(statuses), new Set([409, 422, 200]));
  assert.equal(new Set(patches(s).map(({ idempotencyKey }) => idempotencyKey)).size, statuses.length);
});

branch('lock-timeout', 'a lock that does not end is handed to a person', async (s) => {
  s.simulator.lock(s.agentId, 10_000);
  const settled = await s.client.provision(s.request(), { timeoutMs: 60_000 });
  assert.ok(settled.kind === 'parked');
  assert.equal(settled.reason, 'lock-timeout');
  const after = await s.client.reconcile({ agentId: s.agentId, action: 'accept', operator: 'kim', note: 'as it is' });
  assert.ok(after.kind === 'ended');
  assert.equal(after.outcome.status, 'accepted');
  assert.equal(after.outcome.changes[0]?.level, 0);
});

branch('rate-limited', 'Retry-After is waited for in full, and the same change goes out again', async (s) => {
  s.simulator.addFault({ on: 'patchAgent', times: 1, do: { kind: 'answer', status: 429, retryAfter: 2 } });
  const settled = await s.client.provision(s.request());
  assert.ok(settled.kind === 'ended');
  assert.equal(settled.outcome.status, 'provisioned');
  const [first, second] = patches(s);
  assert.equal(first?.idempotencyKey, second?.idempotencyKey);
  assert.ok((second?.arrivedMono ?? 0) - (first?.answeredMono ?? 0) >= 2_000);
});

branch('invalid-change', 'a change the platform calls invalid is rejected, not taken for a lock', async (s) => {
  const body = { error: 'validation_failed', message: 'no' };
  s.simulator.addFault({ on: 'patchAgent', do: { kind: 'answer', status: 422, body } });
  const settled = await s.client.provision(s.request());
  assert.ok(settled.kind === 'ended');
  assert.equal(settled.outcome.status, 'rejected');
  assert.equal(settled.outcome.problem?.code, 'validation-failed');
  assert.equal(patches(s).length, 1);
});

branch('forbidden', 'a change the platform forbids is rejected', async (s) => {
  s.simulator.addFault({ on: 'patchAgent', do: { kind: 'answer', status: 403, body: { error: 'forbidden' } } });
  const settled = await s.client.provision(s.request());
  assert.ok(settled.kind === 'ended');
  assert.equal(settled.outcome.status, 'rejected');
  assert.equal(settled.outcome.problem?.code, 'platform-refused');
});

branch(
  'response-mismatch',
  'a removal that comes back as level 1 is noticed',
  async (s) => {
    const settled = await s.client.provision(
      s.request({ changes: [{ action: 'remove', skill: { skillId: 'skill-base' } }] }),
    );
    assert.ok(settled.kind === 'parked');
    assert.equal(settled.reason, 'response-mismatch');
    const order = { agentId: s.agentId, action: 'rollback', operator: 'kim', note: 'as before' } as const;
    const after = await s.client.reconcile(order);
    assert.ok(after.kind === 'ended', JSON.stringify(after));
    assert.equal(after.outcome.status, 'rolled-back');
    assert.deepEqual(s.agent().skills, [{ skillId: 'skill-base', level: 2 }]);
  },
  { simulator: { removalClamps: true } },
);

branch('outage', 'an outage is sat out', async (s) => {
  s.simulator.addFault({ on: ['getAgent', 'getState'], times: 2, do: { kind: 'answer', status: 500 } });
  const settled = await s.client.provision(s.request());
  assert.ok(settled.kind === 'ended');
  assert.equal(settled.outcome.status, 'provisioned');
});

branch('outage-limit', 'an outage that does not end is handed to a person', async (s) => {
  s.simulator.addFault({ on: 'getAgent', do: { kind: 'drop', when: 'before' } });
  const settled = await s.client.provision(s.request());
  assert.ok(settled.kind === 'parked');
  assert.equal(settled.reason, 'platform-unavailable');
  s.simulator.clearFaults();
  const after = await s.client.reconcile({ agentId: s.agentId, action: 'retry', operator: 'kim', note: 'up again' });
  assert.ok(after.kind === 'ended');
  assert.equal(after.outcome.status, 'provisioned');
});

branch(
  'cancel-in-conflict',
  'a request that is cancelled does not shorten the wait after a conflict for others',
  async (s) => {
    s.simulator.setState(s.agentId, 'CALL');
    const [one, other] = [s.request(), s.request({ changes: [assign('skill-chat', 2)] })];
    s.simulator.addFault({ on: 'patchAgent', times: 1, do: { kind: 'answer', status: 412 } });
    await s.client.submit(one);
    const submitted = await s.client.submit(other);
    s.simulator.setState(s.agentId, 'AVAILABLE');
    await s.until(({ waitingFor }) => waitingFor === 'conflict');
    const order = { agentId: s.agentId, requestId: one.requestId, by: 'kim', note: 'not needed' };
    const cancelled = await s.client.cancel(order);
    assert.ok(cancelled.kind === 'ended');
    assert.equal(cancelled.outcome.status, 'cancelled');
    const settled = await submitted.result();
    assert.ok(settled.kind === 'ended');
    assert.equal(settled.outcome.status, 'provisioned');
  },
  { policy: { conflictWait: '4s', idleLimit: '60s' } },
);

branch(
  'contact-in-lock',
  'a contact that outlasts the time for a lock does not use it up',
  async (s) => {
    s.simulator.addFault({
      on: 'patchAgent',
      times: 1,
      do: [
        { kind: 'call', when: 'before', run: () => s.simulator.setState(s.agentId, 'CALL') },
        { kind: 'answer', status: 409, body: { error: 'agent_locked' } },
      ],
    });
    const submitted = await s.client.submit(s.request());
    await s.until(({ state }) => state === 'AwaitingIdle');
    s.simulator.setState(s.agentId, 'AVAILABLE');
    const settled = await submitted.result();
    assert.ok(settled.kind === 'ended');
    assert.equal(settled.outcome.status, 'provisioned');
  },
  // The contact ends after the time for the lock: its wait alone takes as long.
  { policy: { lockWait: '600ms', lockLimit: '600ms', idleLimit: '60s' } },
);

branch('abandoned-unread', 'an outcome does not name an inventory that a lost change may have made old', async (s) => {
  const beUnreadable = (): void => void s.simulator.addFault({ on: 'getAgent', do: { kind: 'drop', when: 'before' } });
  s.simulator.addFault({
    on: 'patchAgent',
    do: [
      { kind: 'call', when: 'after', run: beUnreadable },
      { kind: 'drop', when: 'after' },
    ],
  });
  const request = s.request();
  const parked = await s.client.provision(request);
  assert.ok(parked.kind === 'parked');
  const { agentId } = s;
  await s.client.reconcile({ agentId, action: 'abandon', operator: 'kim', note: 'seen to by hand' });
  const [outcome] = (await s.audit()).filter(({ data }) => data.stage === 'outcome');
  assert.equal(outcome?.data.status, 'abandoned');
  assert.equal(outcome.data.after, undefined);
});
