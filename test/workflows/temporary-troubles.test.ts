import assert from 'node:assert/strict';
import { PROVISION_WORKFLOW, TEMPORARY_WORKFLOW, temporaryWorkflowId } from '../../domain/workflow-id.ts';
import { branch } from '../support/branch.ts';
import { assign, type Stack } from '../support/stack.ts';
import { shortHistoriesAddress, uniqueName } from '../support/temporal.ts';
import { countRequests, lent, levelsOf, order, untilTemporary } from '../support/temporary.ts';

const RECORDED = { workflowType: TEMPORARY_WORKFLOW };
const SOON_OVERDUE = { ...RECORDED, policy: { overstayAfter: '1s', idleLimit: '60s' } } as const;

async function overstays(s: Stack): Promise<(string | undefined)[]> {
  const events = (await s.audit()).filter(({ data }) => data.status === 'temporary-overstayed');
  return events.map(({ data }) => data.requestId);
}

/** As somebody would from the Web UI, past the client's checks. */
function startByHand(s: Stack, temporary: object, temporaryId = 'by-hand') {
  const tenantId = s.workflowId.split('/')[1] ?? '';
  return s.temporal.workflow.start(TEMPORARY_WORKFLOW, {
    workflowId: temporaryWorkflowId(tenantId, s.agentId, temporaryId),
    taskQueue: s.taskQueue,
    args: [{ ...temporary, tenantId, agentId: s.agentId }],
  });
}

branch(
  'temporary-overstayed',
  'one that can not be taken back in time, as the agent is in a call, has overstayed and is taken back after it',
  async (s) => {
    const given = await s.client.temporary.provision(lent(s));
    s.simulator.setState(s.agentId, 'CALL');
    const ending = s.client.temporary.end(order(given));
    const late = await untilTemporary(s, given, ({ overstayedSince }) => overstayedSince !== undefined);
    assert.equal(late.state, 'Ending');
    while ((await overstays(s)).length === 0) await new Promise((resolve) => setTimeout(resolve, 100));
    s.simulator.setState(s.agentId, 'AVAILABLE');
    const view = await ending;
    assert.equal(view.status, 'restored');
    assert.equal(view.overstayedSince, late.overstayedSince);
    assert.deepEqual(await overstays(s), [given.temporaryId]);
    assert.deepEqual(levelsOf(s), { 'skill-base': 2 });
    countRequests(s, view);
  },
  SOON_OVERDUE,
);

branch(
  'temporary-end-parked',
  'one whose end waits for a person says so, and how the person has decided',
  async (s) => {
    const given = await s.client.temporary.provision(lent(s));
    s.simulator.lock(s.agentId, 10_000);
    const parked = await s.client.temporary.end(order(given));
    assert.equal(parked.parked?.reason, 'lock-timeout');
    await untilTemporary(s, given, ({ overstayedSince }) => overstayedSince !== undefined);
    const decision = { agentId: s.agentId, action: 'abandon', operator: 'kim', note: 'let them keep it' } as const;
    await s.client.reconcile(decision);
    const view = await untilTemporary(s, given, ({ state }) => state === 'Ended');
    assert.equal(view.status, 'not-restored');
    assert.equal(view.problem?.code, 'abandoned');
    assert.deepEqual(levelsOf(s), { 'skill-base': 2, 'skill-voice': 4 });
    countRequests(s, view);
  },
  SOON_OVERDUE,
);

branch(
  'temporary-closed-start',
  'one whose start waited for a person with nothing written, and was closed, has given nothing and ends',
  async (s) => {
    const closed = [
      { action: 'abandon', status: 'abandoned', skillId: 'skill-voice' },
      { action: 'accept', status: 'accepted', skillId: 'skill-chat' },
    ] as const;
    for (const { action, status, skillId } of closed) {
      s.simulator.lock(s.agentId, 10_000);
      const submitted = await s.client.temporary.submit(lent(s, { skill: { skillId } }));
      await untilTemporary(s, submitted, ({ parked }) => parked !== undefined);
      await s.client.reconcile({ agentId: s.agentId, action, operator: 'kim', note: 'not now' });
      const view = await untilTemporary(s, submitted, ({ state }) => state === 'Active' || state === 'Ended');
      assert.deepEqual([view.state, view.status, view.start?.status], ['Ended', 'not-given', status]);
      countRequests(s, view);
    }
    assert.deepEqual(levelsOf(s), { 'skill-base': 2 });
  },
  RECORDED,
);

branch(
  'temporary-too-late',
  'one whose end comes before the agent was ever idle is not given any more',
  async (s) => {
    const submitted = await s.client.temporary.submit(lent(s, { for: '12s' }));
    const view = await untilTemporary(s, submitted, ({ state }) => state === 'Ended');
    assert.equal(view.status, 'not-given');
    assert.equal(view.start?.status, 'cancelled');
    assert.deepEqual(s.writes(), []);
    countRequests(s, view);
  },
  { ...RECORDED, agent: { state: 'CALL' }, policy: { idleLimit: '60s' } },
);

branch(
  'temporary-overslept',
  'one whose end had passed before a worker came is not begun',
  async (s) => {
    const by = { requestedBy: 'test', reason: 'peak hours' };
    const until = '2026-01-01T10:00:00+01:00';
    const handle = await startByHand(s, {
      temporaryId: 'by-hand',
      skill: { skillId: 'skill-voice' },
      level: 4,
      until,
      ...by,
    });
    await handle.result();
    const view = await s.client.temporary.status(s.agentId, 'by-hand');
    assert.equal(view.status, 'not-given');
    assert.equal(view.problem?.code, 'too-late');
    assert.deepEqual(s.writes(), []);
  },
  RECORDED,
);

branch(
  'temporary-refused-start',
  'one whose start is refused ends at once and says why',
  async (s) => {
    const view = await s.client.temporary.provision(lent(s, { skill: { name: 'no such skill' } }));
    assert.equal(view.state, 'Ended');
    assert.equal(view.status, 'not-given');
    assert.equal(view.problem?.code, 'unknown-skill');
    countRequests(s, view);
  },
  RECORDED,
);

branch(
  'temporary-rejected',
  'one that was started by hand and breaks a rule is rejected by the first activity',
  async (s) => {
    const skill = { skillId: 'skill-voice' };
    const handle = await startByHand(s, {
      temporaryId: 'by-hand',
      skill,
      level: 7,
      until: '2030-01-01T10:00:00Z',
      requestedBy: 'test',
      reason: 'peak hours',
    });
    await handle.result();
    const view = await s.client.temporary.status(s.agentId, 'by-hand');
    assert.equal(view.status, 'rejected');
    assert.equal(view.problem?.code, 'level-refused');
  },
  RECORDED,
);

branch(
  'temporary-malformed',
  'one that was started by hand with nonsense fails and says what is wrong',
  async (s) => {
    const handle = await startByHand(s, { temporaryId: 'by-hand', until: 'tomorrow' });
    await assert.rejects(handle.result(), ({ cause }: Error) => {
      assert.match((cause as Error).message, /skill.*until must be a time with its offset/);
      return true;
    });
    const another = await startByHand(s, lent(s, { until: '2030-01-01T10:00:00Z' }), 'another-id');
    await assert.rejects(another.result(), ({ cause }: Error) => {
      assert.match((cause as Error).message, /is not the id of this temporary skill/);
      return true;
    });
  },
  RECORDED,
);

branch(
  'temporary-lost-news',
  'an agent run that was terminated with the request of a temporary skill is made up for',
  async (s) => {
    const submitted = await s.client.temporary.submit(lent(s));
    await s.until(({ state }) => state === 'AwaitingIdle');
    const handle = s.temporal.workflow.getHandle(submitted.workflowId);
    await handle.signal('requestSettled', 'nonsense');
    await s.temporal.workflow.getHandle(s.workflowId).terminate('by mistake');
    s.simulator.setState(s.agentId, 'AVAILABLE');
    const given = await untilTemporary(s, submitted, ({ state }) => state === 'Active');
    assert.equal(given.start?.status, 'provisioned');
    countRequests(s, await s.client.temporary.end(order(given)));
    assert.deepEqual(levelsOf(s), { 'skill-base': 2 });
  },
  { ...SOON_OVERDUE, agent: { state: 'CALL' } },
);

branch(
  'temporary-not-taken',
  'an agent run that takes no requests makes a temporary skill overstay, and is waited for',
  async (s) => {
    const given = await s.client.temporary.provision(lent(s));
    await s.temporal.workflow.getHandle(s.workflowId).result();
    const stuck = await s.temporal.workflow.start(PROVISION_WORKFLOW, {
      workflowId: s.workflowId,
      taskQueue: uniqueName('nobody'),
      args: [{}],
    });
    const ending = s.client.temporary.end(order(given));
    await untilTemporary(s, given, ({ overstayedSince }) => overstayedSince !== undefined);
    await stuck.terminate('gone');
    const view = await ending;
    assert.equal(view.status, 'restored');
    assert.deepEqual(levelsOf(s), { 'skill-base': 2 });
    countRequests(s, view);
  },
  SOON_OVERDUE,
);

branch(
  'temporary-reused-id',
  'one whose request ids somebody has used for other things is refused',
  async (s) => {
    const wanted = lent(s);
    await s.client.provision(s.request({ requestId: `${wanted.temporaryId}-start` }));
    const view = await s.client.temporary.provision(wanted);
    assert.equal(view.status, 'not-given');
    assert.equal(view.problem?.code, 'request-id-reused');
  },
  RECORDED,
);

branch(
  'temporary-refused-end',
  'one whose end is refused, as somebody has used its id, has overstayed and is taken back by another',
  async (s) => {
    const given = await s.client.temporary.provision(lent(s));
    await s.client.provision(s.request({ requestId: `${given.temporaryId}-end`, changes: [assign('skill-base', 3)] }));
    const view = await s.client.temporary.end(order(given));
    assert.equal(view.status, 'restored');
    assert.notEqual(view.overstayedSince, undefined);
    assert.equal(view.end?.requestId, `${given.temporaryId}-end-2`);
    assert.equal(view.problem, undefined);
    assert.deepEqual(await overstays(s), [given.temporaryId]);
    assert.deepEqual(levelsOf(s), { 'skill-base': 3 });
    countRequests(s, view);
  },
  SOON_OVERDUE,
);

branch(
  'temporary-carried-on',
  'one that is extended again and again continues as new and loses nothing',
  async (s) => {
    const given = await s.client.temporary.provision(lent(s, { for: '1d' }));
    const handle = s.temporal.workflow.getHandle(given.workflowId);
    const { runId } = await handle.describe();
    let until = given.until;
    for (let now = runId; now === runId; now = (await handle.describe()).runId) {
      ({ until } = await s.client.temporary.extend({ ...order(given), for: '1h' }));
    }
    const carried = await s.client.temporary.status(s.agentId, given.temporaryId);
    assert.deepEqual([carried.state, carried.until], ['Active', until]);
    const view = await s.client.temporary.end(order(given));
    assert.equal(view.status, 'restored');
    assert.deepEqual(levelsOf(s), { 'skill-base': 2 });
    countRequests(s, view);
  },
  { ...RECORDED, temporalAddress: shortHistoriesAddress },
);
