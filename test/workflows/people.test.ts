import assert from 'node:assert/strict';
import {
  NothingToCancelError,
  NothingToReconcileError,
  RequestIdReusedError,
  SeveralRequestsError,
} from '../../client/index.ts';
import { reconcileSignal } from '../../workflows/provision-skill.messages.ts';
import { branch } from '../support/branch.ts';
import { assign, remove, type Stack } from '../support/stack.ts';

/** Parks two requests in one batch: routing follows for neither. */
async function parkTwo(s: Stack) {
  s.simulator.disturbRouting(s.agentId, { never: true });
  s.simulator.setState(s.agentId, 'CALL');
  const requests = [
    s.request({ changes: [assign('skill-voice', 4)] }),
    s.request({ changes: [assign('skill-chat', 2)] }),
  ] as const;
  for (const request of requests) await s.client.submit(request);
  s.simulator.setState(s.agentId, 'AVAILABLE');
  await s.until(({ requests: shown }) => shown.filter(({ state }) => state === 'parked').length === 2);
  return requests;
}

async function parkOne(s: Stack) {
  const request = s.request();
  s.simulator.disturbRouting(s.agentId, { never: true });
  await s.client.submit(request);
  await s.until(({ state }) => state === 'AwaitingReconciliation');
  return request;
}

branch('several-parked', 'of several parked requests none is guessed at', async (s) => {
  const [one, other] = await parkTwo(s);
  const order = { agentId: s.agentId, action: 'accept', operator: 'kim', note: 'fine' } as const;
  await assert.rejects(s.client.reconcile(order), SeveralRequestsError);
  for (const { requestId } of [one, other]) {
    const settled = await s.client.reconcile({ ...order, requestId });
    assert.ok(settled.kind === 'ended');
    assert.equal(settled.outcome.status, 'accepted');
  }
});

branch('partly-in-step', 'each request of a batch is judged by its own skills', async (s) => {
  s.simulator.setState(s.agentId, 'CALL');
  const good = s.request({ changes: [assign('skill-voice', 4)] });
  const bad = s.request({ changes: [assign('skill-chat', 2)] });
  const submitted = [await s.client.submit(good), await s.client.submit(bad)] as const;
  s.simulator.addFault({
    on: 'patchAgent',
    times: 1,
    do: { kind: 'call', when: 'before', run: () => s.simulator.removeSkill('skill-chat') },
  });
  s.simulator.setState(s.agentId, 'AVAILABLE');
  const [one, other] = await Promise.all(submitted.map((request) => request.result()));
  assert.ok(one?.kind === 'ended' && other?.kind === 'parked');
  assert.equal(one.outcome.status, 'provisioned');
  assert.equal(other.reason, 'routing-not-synchronised');
});

branch('blocked', 'requests behind a parked one wait, say so, and go on afterwards', async (s) => {
  const parked = await parkOne(s);
  const behind = await s.client.provision(s.request({ changes: [assign('skill-chat', 2)] }));
  assert.ok(behind.kind === 'parked');
  assert.equal(behind.reason, 'blocked-by-reconciliation');
  const again = { agentId: s.agentId, action: 'retry', operator: 'kim', note: 'fixed?' } as const;
  await s.client.reconcile(again);
  const { requests } = await s.until(() => true);
  assert.deepEqual(
    requests.map(({ requestId, reason }) => [requestId, reason]),
    [
      [parked.requestId, 'routing-not-synchronised'],
      [behind.requestId, 'blocked-by-reconciliation'],
    ],
  );
  s.simulator.disturbRouting(s.agentId, { never: false });
  const later = await s.client.submit(s.request({ changes: [assign('skill-mail', 2)] }));
  const first = await s.client.reconcile(again);
  const second = await later.result();
  assert.ok(first.kind === 'ended' && second.kind === 'ended');
  assert.deepEqual([first.outcome.status, second.outcome.status], ['provisioned', 'provisioned']);
  const third = await s.client.outcome(s.agentId, behind.requestId);
  assert.ok(third.kind === 'ended');
  assert.equal(third.outcome.status, 'provisioned');
});

branch('reconcile-signal', 'a signal decides as well, and one that applies to nothing changes nothing', async (s) => {
  const parked = await parkOne(s);
  const handle = s.temporal.workflow.getHandle(s.workflowId);
  const order = { action: 'abandon', operator: 'kim', note: 'no longer needed' } as const;
  await handle.signal(reconcileSignal, { ...order, requestId: 'some-other' });
  await handle.signal('reconcile', 'nonsense');
  const status = await s.until(() => true);
  assert.equal(status.state, 'AwaitingReconciliation');
  await handle.signal(reconcileSignal, { ...order, requestId: parked.requestId });
  const settled = await s.client.outcome(s.agentId, parked.requestId).catch(async () => {
    await handle.result();
    return s.client.outcome(s.agentId, parked.requestId);
  });
  assert.ok(settled.kind === 'ended');
  assert.equal(settled.outcome.status, 'abandoned');
});

branch('order-refused', 'an order that does not apply is refused with what does', async (s) => {
  s.simulator.lock(s.agentId, 10_000);
  await s.client.submit(s.request());
  await s.until(({ state }) => state === 'AwaitingReconciliation');
  const order = { agentId: s.agentId, action: 'rollback', operator: 'kim', note: 'undo' } as const;
  await assert.rejects(s.client.reconcile(order), (error: Error) => {
    assert.ok(error instanceof NothingToReconcileError);
    assert.match(error.message, /retry, accept, abandon/);
    return true;
  });
});

branch('parked-twice', 'what was unknown while a request was parked is closed in the trail when it ends', async (s) => {
  const { requestId } = await parkOne(s);
  const order = { agentId: s.agentId, requestId, operator: 'kim', note: 'once more' } as const;
  const again = await s.client.reconcile({ ...order, action: 'retry' });
  assert.equal(again.kind, 'parked');
  await s.client.reconcile({ ...order, action: 'abandon', note: 'enough' });
  const events = (await s.audit()).filter(({ data }) => data.stage !== 'intent');
  assert.deepEqual(
    events.map(({ data }) => [data.status, data.outcome, data.actor]),
    [
      ['parked', 'unknown', 'test'],
      ['reconcile-retry', 'success', 'kim'],
      ['parked', 'unknown', 'test'],
      ['reconcile-abandon', 'success', 'kim'],
      ['abandoned', 'failure', 'test'],
      ['reconciled', 'failure', 'kim'],
      ['reconciled', 'failure', 'kim'],
    ],
  );
  const [first, , second, , , ...closing] = events;
  assert.equal(first?.data.problem?.code, 'routing-not-synchronised');
  assert.deepEqual(
    closing.map(({ data }) => data.closes),
    [first.id, second?.id],
  );
});

branch('refused-messages', 'what people order in vain and what is refused is in the audit trail', async (s) => {
  const parked = await parkOne(s);
  const { requestId } = parked;
  const handle = s.temporal.workflow.getHandle(s.workflowId);
  await handle.signal('reconcile', { action: 'retry', operator: 'kim', note: 'a guess', requestId: 'some-other' });
  await handle.signal('reconcile', { operator: 7 });
  const order = { agentId: s.agentId, requestId, by: 'jo', note: 'no' };
  await assert.rejects(s.client.cancel({ ...order, requestId: 'some-other' }), NothingToCancelError);
  const reused = { ...parked, changes: [assign('skill-voice', 1)] };
  for (let times = 0; times < 2; times += 1) await assert.rejects(s.client.submit(reused), RequestIdReusedError);
  await assert.rejects(handle.executeUpdate('submitRequest', { args: [{ requestId: 'r1', requestedBy: 'eve' }] }));
  await handle.executeUpdate('resolve', { args: [{ requestId, action: 'abandon', operator: 'kim', note: 'enough' }] });
  await handle.result();
  const events = (await s.audit()).filter(({ data }) => data.outcome === 'failure' && data.stage === 'event');
  assert.deepEqual(
    events.map(({ data }) => [data.status, data.actor, data.requestId, data.problem?.code]),
    [
      ['reconcile-retry', 'kim', 'some-other', 'not-applicable'],
      ['reconcile', '-', undefined, 'invalid-request'],
      ['cancel', 'jo', 'some-other', 'not-applicable'],
      ['refused', 'test', requestId, 'request-id-reused'],
      ['refused', 'eve', 'r1', 'invalid-request'],
      ['reconciled', 'kim', requestId, undefined],
    ],
  );
});

branch(
  'escalated',
  'a case nobody decides is marked escalated, in the queue too',
  async (s) => {
    await parkOne(s);
    const status = await s.until(({ escalated }) => escalated === true);
    assert.equal(status.requests[0]?.escalated, true);
    for (;;) {
      const item = (await s.client.queue()).find(({ agentId }) => agentId === s.agentId);
      if (item?.escalated === true) break;
    }
  },
  { policy: { escalateAfter: '400ms' } },
);

branch(
  'cancel-before-write',
  'a request cancelled while its agent is busy changes nothing',
  async (s) => {
    const submitted = await s.client.submit(s.request());
    await s.until(({ state }) => state === 'AwaitingIdle');
    const settled = await s.client.cancel({ agentId: s.agentId, by: 'kim', note: 'not needed' });
    assert.ok(settled.kind === 'ended');
    assert.equal(settled.outcome.status, 'cancelled');
    assert.deepEqual(await submitted.result(), settled);
    assert.deepEqual(s.writes(), []);
  },
  { agent: { state: 'CALL' }, policy: { idleLimit: '60s' } },
);

branch('cancel-after-write', 'a request cancelled after its write brings the agent and routing in order', async (s) => {
  const hold = s.simulator.hold({ on: 'patchAgent', when: 'after' });
  const submitted = await s.client.submit(s.request());
  await hold.arrived;
  const cancelling = s.client.cancel({ agentId: s.agentId, by: 'kim', note: 'too late' });
  await s.until(({ state }) => state === 'Cancelling');
  hold.release();
  const settled = await cancelling;
  assert.ok(settled.kind === 'ended');
  assert.equal(settled.outcome.status, 'cancelled');
  assert.equal(settled.outcome.changes[0]?.level, 4);
  await submitted.result();
  assert.deepEqual(s.agent().routing, s.agent().skills);
  assert.equal(s.agent().state, 'AVAILABLE');
});

branch(
  'cancel-one-of-a-batch',
  'cancelling one request of a batch lets the others go on',
  async (s) => {
    const one = await s.client.submit(s.request({ changes: [assign('skill-voice', 4)] }));
    const other = await s.client.submit(s.request({ changes: [assign('skill-chat', 2)] }));
    await s.until(({ state }) => state === 'AwaitingIdle');
    await s.client.cancel({ agentId: s.agentId, requestId: one.requestId, by: 'kim', note: 'not this one' });
    s.simulator.setState(s.agentId, 'AVAILABLE');
    const [first, second] = await Promise.all([one.result(), other.result()]);
    assert.ok(first.kind === 'ended' && second.kind === 'ended');
    assert.equal(first.outcome.status, 'cancelled');
    assert.equal(second.outcome.status, 'provisioned');
    assert.deepEqual(
      s.agent().skills.map(({ skillId }) => skillId),
      ['skill-base', 'skill-chat'],
    );
  },
  { agent: { state: 'CALL' }, policy: { idleLimit: '60s' } },
);

branch('cancel-parked', 'a parked request can be cancelled, and says what was applied', async (s) => {
  const parked = await parkOne(s);
  const settled = await s.client.cancel({
    agentId: s.agentId,
    requestId: parked.requestId,
    by: 'kim',
    note: 'leave it',
  });
  assert.ok(settled.kind === 'ended');
  assert.equal(settled.outcome.status, 'cancelled');
  assert.equal(settled.outcome.changes[0]?.level, 0);
});

branch('cancel-behind-parked', 'a request that waits behind a parked one can be cancelled', async (s) => {
  await parkOne(s);
  const behind = await s.client.submit(s.request({ changes: [remove('skill-base')] }));
  const settled = await s.client.cancel({
    agentId: s.agentId,
    requestId: behind.requestId,
    by: 'kim',
    note: 'not needed',
  });
  assert.ok(settled.kind === 'ended');
  assert.equal(settled.outcome.status, 'cancelled');
  assert.equal(s.agent().skills[0]?.level, 2);
});

branch(
  'cancel-run',
  'cancelling the run cancels every request, and the run says so itself',
  async (s) => {
    const one = await s.client.submit(s.request({ changes: [assign('skill-voice', 4)] }));
    const other = await s.client.submit(s.request({ changes: [assign('skill-voice', 5)] }));
    await s.until(({ state }) => state === 'AwaitingIdle');
    await s.temporal.workflow.getHandle(s.workflowId).cancel();
    for (const submitted of [one, other]) {
      const settled = await submitted.result();
      assert.ok(settled.kind === 'ended');
      assert.equal(settled.outcome.status, 'cancelled');
    }
    assert.deepEqual(s.writes(), []);
    const { status } = await s.temporal.workflow.getHandle(s.workflowId).describe();
    assert.equal(status.name, 'COMPLETED');
  },
  { agent: { state: 'CALL' }, policy: { idleLimit: '60s' } },
);

branch('cancel-run-in-toggle', 'cancelling the run in the middle of a toggle puts the agent back', async (s) => {
  const hold = s.simulator.hold({ on: 'patchState', when: 'after' });
  const submitted = await s.client.submit(s.request());
  await hold.arrived;
  await s.temporal.workflow.getHandle(s.workflowId).cancel();
  await s.until(({ state }) => state === 'Cancelling');
  hold.release();
  const settled = await submitted.result();
  assert.ok(settled.kind === 'ended');
  assert.equal(settled.outcome.status, 'cancelled');
  assert.equal(s.agent().state, 'AVAILABLE');
  assert.deepEqual(s.agent().routing, s.agent().skills);
});
