import assert from 'node:assert/strict';
import {
  OverlappingTemporaryError,
  RequestIdReusedError,
  TemporaryNotChangedError,
  UnknownTemporaryError,
  type TemporaryView,
} from '../../client/index.ts';
import { TEMPORARY_WORKFLOW } from '../../domain/workflow-id.ts';
import { branch } from '../support/branch.ts';
import type { Stack } from '../support/stack.ts';
import { countRequests, lent, levelsOf, order, untilTemporary } from '../support/temporary.ts';

const RECORDED = { workflowType: TEMPORARY_WORKFLOW };

/** One that the agent has for seconds; for more of them where the machine was too slow to have it given in time. */
async function givenForSeconds<T>(s: Stack, then: (view: TemporaryView) => Promise<T>): Promise<T> {
  for (let seconds = 8; ; seconds *= 2) {
    const view = await s.client.temporary.provision(lent(s, { for: `${seconds}s` }));
    try {
      if (view.state === 'Active') return await then(view);
    } catch (error) {
      if (!(error instanceof TemporaryNotChangedError)) throw error;
    }
    countRequests(s, await untilTemporary(s, view, ({ state }) => state === 'Ended'));
  }
}

branch(
  'temporary-for-a-time',
  'an agent has a temporary skill until its end, and then no longer',
  async (s) => {
    const given = await givenForSeconds(s, async (view) => view);
    assert.equal(given.start?.status, 'provisioned');
    assert.deepEqual(levelsOf(s), { 'skill-base': 2, 'skill-voice': 4 });
    const view = await untilTemporary(s, given, ({ state }) => state === 'Ended');
    assert.equal(view.status, 'restored');
    assert.ok(Date.parse(view.since) >= Date.parse(given.until));
    assert.deepEqual(levelsOf(s), { 'skill-base': 2 });
    const ofThis = (requestId: string): boolean => requestId.startsWith(given.temporaryId);
    const outcomes = (await s.audit()).filter(({ data }) => data.stage === 'outcome' && ofThis(data.requestId));
    assert.deepEqual(
      outcomes.map(({ data }) => [data.requestId, data.status]),
      [
        [`${given.temporaryId}-start`, 'provisioned'],
        [`${given.temporaryId}-end`, 'provisioned'],
      ],
    );
    countRequests(s, view);
  },
  RECORDED,
);

branch(
  'temporary-level',
  'an agent who had the skill before has it at their former level afterwards',
  async (s) => {
    const given = await s.client.temporary.provision(lent(s, { skill: { name: 'base' }, level: 5 }));
    assert.deepEqual(levelsOf(s), { 'skill-base': 5 });
    const view = await s.client.temporary.end(order(given));
    assert.equal(view.status, 'restored');
    assert.deepEqual(levelsOf(s), { 'skill-base': 2 });
    countRequests(s, view);
  },
  RECORDED,
);

branch(
  'temporary-held-before',
  'a skill that the agent had at that level before stays theirs',
  async (s) => {
    const given = await s.client.temporary.provision(lent(s, { skill: { skillId: 'skill-base' }, level: 2 }));
    assert.equal(given.start?.status, 'unchanged');
    const view = await s.client.temporary.end(order(given));
    assert.equal(view.status, 'restored');
    assert.equal(view.end, undefined);
    assert.deepEqual(levelsOf(s), { 'skill-base': 2 });
    countRequests(s, view);
  },
  RECORDED,
);

branch(
  'temporary-left-alone',
  'a level that somebody has changed meanwhile is left alone and reported',
  async (s) => {
    const given = await s.client.temporary.provision(lent(s));
    s.simulator.editSkills(s.agentId, [
      { skillId: 'skill-base', level: 2 },
      { skillId: 'skill-voice', level: 3 },
    ]);
    const view = await s.client.temporary.end(order(given));
    assert.equal(view.status, 'left-alone');
    assert.equal(view.problem?.code, 'changed-by-others');
    assert.deepEqual(levelsOf(s), { 'skill-base': 2, 'skill-voice': 3 });
    countRequests(s, view);
  },
  RECORDED,
);

branch(
  'temporary-scheduled',
  'a temporary skill that begins later is given then',
  async (s) => {
    const from = new Date(Date.now() + 4_000).toISOString();
    const until = new Date(Date.now() + 3_600_000).toISOString();
    const scheduled = await s.client.temporary.provision(lent(s, { from, until }));
    assert.equal(scheduled.state, 'Scheduled');
    await assert.rejects(s.client.temporary.end(order(scheduled)), (error: Error) => {
      assert.ok(error instanceof TemporaryNotChangedError);
      assert.match(error.message, /has not begun/);
      return true;
    });
    const given = await untilTemporary(s, scheduled, ({ state }) => state === 'Active');
    const [write] = s.writes();
    assert.ok((write?.arrivedAt ?? 0) >= Date.parse(from));
    assert.equal(given.start?.status, 'provisioned');
    countRequests(s, await s.client.temporary.end(order(given)));
    assert.deepEqual(levelsOf(s), { 'skill-base': 2 });
  },
  RECORDED,
);

branch(
  'temporary-cancelled',
  'one that is cancelled before it begins does nothing to the agent',
  async (s) => {
    const from = new Date(Date.now() + 3_600_000).toISOString();
    const until = new Date(Date.now() + 7_200_000).toISOString();
    const scheduled = await s.client.temporary.submit(lent(s, { from, until }));
    const view = await s.client.temporary.cancel(order(scheduled));
    assert.equal(view.status, 'cancelled');
    assert.deepEqual(s.writes(), []);
    const [event] = await s.audit();
    assert.equal(event?.data.status, 'temporary-cancel');
    assert.equal(event.data.operator, 'kim');
  },
  RECORDED,
);

branch(
  'temporary-cancelled-while-starting',
  'one that is cancelled while it waits for the agent is not given any more',
  async (s) => {
    const submitted = await s.client.temporary.submit(lent(s));
    await s.until(({ state }) => state === 'AwaitingIdle');
    const view = await s.client.temporary.cancel(order(submitted));
    assert.equal(view.status, 'cancelled');
    assert.equal(view.start?.status, 'cancelled');
    assert.deepEqual(s.writes(), []);
    countRequests(s, view);
  },
  { ...RECORDED, agent: { state: 'CALL' }, policy: { idleLimit: '60s' } },
);

branch(
  'temporary-run-cancelled',
  'a run that is cancelled in the Web UI takes the skill back before it ends',
  async (s) => {
    const given = await s.client.temporary.provision(lent(s));
    await s.temporal.workflow.getHandle(given.workflowId).cancel();
    const view = await untilTemporary(s, given, ({ state }) => state === 'Ended');
    assert.equal(view.status, 'restored');
    assert.deepEqual(levelsOf(s), { 'skill-base': 2 });
    countRequests(s, view);
  },
  RECORDED,
);

branch(
  'temporary-extended',
  'one that is extended ends later, and not earlier than it was to',
  async (s) => {
    const { given, extended } = await givenForSeconds(s, async (view) => {
      const longer = await s.client.temporary.extend({ ...order(view), for: '5s' });
      assert.equal(Date.parse(longer.until), Date.parse(view.until) + 5_000);
      return { given: view, extended: await s.client.temporary.extend({ ...order(view), until: longer.until }) };
    });
    const earlier = { ...order(given), until: given.until };
    await assert.rejects(s.client.temporary.extend(earlier), TemporaryNotChangedError);
    const view = await untilTemporary(s, given, ({ state }) => state === 'Ended');
    assert.equal(view.status, 'restored');
    assert.ok(Date.parse(view.since) >= Date.parse(extended.until));
    await assert.rejects(s.client.temporary.extend({ ...order(given), for: '1h' }), TemporaryNotChangedError);
    const events = (await s.audit()).filter(
      ({ data }) => data.stage === 'event' && data.requestId === given.temporaryId,
    );
    assert.deepEqual(
      events.map(({ data }) => [data.status, data.outcome, data.operator]),
      [
        ['temporary-extend', 'success', 'kim'],
        // The one that would have ended it earlier.
        ['temporary-extend', 'failure', 'kim'],
      ],
    );
    countRequests(s, view);
  },
  RECORDED,
);

branch(
  'temporary-once',
  'the same one made twice is one; another of the same skill must not meet it',
  async (s) => {
    const wanted = lent(s);
    const given = await s.client.temporary.provision(wanted);
    const again = await s.client.temporary.provision(wanted);
    assert.deepEqual([again.workflowId, again.until], [given.workflowId, given.until]);
    await assert.rejects(s.client.temporary.submit({ ...wanted, level: 3 }), RequestIdReusedError);
    const listed = async () => (await s.client.temporary.list({ agentId: s.agentId })).map(({ state }) => state);
    while ((await listed())[0] !== 'Active') await new Promise((resolve) => setTimeout(resolve, 100));
    for (const skill of [{ skillId: 'skill-voice' }, { name: 'voice' }]) {
      await assert.rejects(s.client.temporary.submit(lent(s, { skill })), OverlappingTemporaryError);
    }
    const view = await s.client.temporary.end(order(given));
    assert.equal(s.writes().filter(({ operation }) => operation === 'patchAgent').length, 2);
    await assert.rejects(s.client.temporary.status(s.agentId, 'never-made'), UnknownTemporaryError);
    countRequests(s, view);
  },
  RECORDED,
);

branch(
  'temporary-unfit-order',
  'an order that could not be said in the request that takes the skill back is refused',
  async (s) => {
    const given = await s.client.temporary.provision(lent(s));
    const handle = s.temporal.workflow.getHandle(given.workflowId);
    const unfit = [
      { by: 'kim', note: 'peak\nis over' },
      { by: 'k'.repeat(201), note: 'peak is over' },
    ];
    for (const args of unfit) {
      // As from the Web UI, past the client's checks.
      await assert.rejects(handle.executeUpdate('endTemporary', { args: [args] }), ({ cause }: Error) => {
        assert.match((cause as Error).message, /one line, of at most 200 and 500/);
        return true;
      });
    }
    const view = await s.client.temporary.end(order(given));
    assert.equal(view.status, 'restored');
    assert.deepEqual(levelsOf(s), { 'skill-base': 2 });
    countRequests(s, view);
  },
  RECORDED,
);
