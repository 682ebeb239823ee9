import assert from 'node:assert/strict';
import { branch } from '../support/branch.ts';
import { shiftIn } from '../support/shifts.ts';

branch(
  'shift-boundary',
  'a request waits, visibly, while a shift boundary is near, and goes on when the schedule has changed',
  async (s) => {
    const submitted = await s.client.submit(s.request());
    await s.until(({ waitingFor }) => waitingFor === 'shift-boundary');
    assert.deepEqual(s.writes(), []);
    s.simulator.setShifts([]);
    const settled = await submitted.result();
    assert.ok(settled.kind === 'ended');
    assert.equal(settled.outcome.status, 'provisioned');
  },
  { shifts: { of: (agentId) => [shiftIn(30_000, agentId)] }, policy: { shiftMargin: '1m', idleLimit: '2m' } },
);

branch(
  'shift-lock',
  'with a feed the lock of a boundary is not met',
  async (s) => {
    const submitted = await s.client.submit(s.request());
    await s.until(({ waitingFor }) => waitingFor === 'shift-boundary');
    await s.simulator.waitFor(({ operation }) => operation === 'lock');
    const settled = await submitted.result();
    assert.ok(settled.kind === 'ended');
    assert.equal(settled.outcome.status, 'provisioned');
    assert.deepEqual(
      s.writes().map(({ status }) => status),
      s.writes().map(() => 200),
    );
  },
  { shifts: { of: (agentId) => [shiftIn(4_000, agentId)] }, policy: { shiftMargin: '6s', idleLimit: '2m' } },
);

branch(
  'shift-timeout',
  'an agent who is never clear of boundaries is handed to a person',
  async (s) => {
    const parked = await s.client.provision(s.request());
    assert.ok(parked.kind === 'parked');
    assert.equal(parked.reason, 'idle-timeout');
    assert.match(parked.problem?.message ?? '', /clear of shift boundaries/);
    assert.deepEqual(s.writes(), []);
    s.simulator.setShifts([]);
    const after = await s.client.reconcile({
      agentId: s.agentId,
      action: 'abandon',
      operator: 'kim',
      note: 'too late',
    });
    assert.ok(after.kind === 'ended');
    assert.equal(after.outcome.status, 'abandoned');
  },
  { shifts: { of: (agentId) => [shiftIn(30_000, agentId)] }, policy: { shiftMargin: '1h' } },
);

branch(
  'shift-feed-stale',
  'where work is told to wait for a stale feed it says so, and goes on when the feed is back',
  async (s) => {
    const submitted = await s.client.submit(s.request());
    await s.until(({ waitingFor }) => waitingFor === 'shift-feed');
    assert.deepEqual(s.writes(), []);
    s.simulator.setShifts([]);
    const settled = await submitted.result();
    assert.ok(settled.kind === 'ended');
    assert.equal(settled.outcome.status, 'provisioned');
  },
  { shifts: { of: () => undefined, whenStale: 'wait' }, policy: { idleLimit: '2m' } },
);

branch(
  'shift-proceed',
  'where work goes on in spite of a stale feed, a lock that it meets is waited for',
  async (s) => {
    s.simulator.lock(s.agentId);
    const settled = await s.client.provision(s.request());
    assert.ok(settled.kind === 'ended');
    assert.equal(settled.outcome.status, 'provisioned');
    assert.ok(s.writes().some(({ status }) => status === 409));
  },
  { shifts: { of: () => undefined }, policy: { lockLimit: '20s' } },
);
