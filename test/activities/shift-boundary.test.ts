import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { FAILURE } from '../../domain/failure-types.ts';
import type { StaleRule } from '../../shifts/schedule.ts';
import { DEMO_TENANT_ID, type ShiftSeed } from '../../simulator/index.ts';
import { AGENT, startStage, type Stage, type StageOptions } from '../support/activity-stage.ts';
import { feedOf, HOUR_MS, scheduleOf, shiftIn, shiftList } from '../support/shifts.ts';
import { asked, failureOf, OUT, toggle, TOGGLE } from '../support/toggle-stage.ts';

const CALL = { tenantId: DEMO_TENANT_ID, agentId: AGENT, requestTimeoutMs: 5_000, intervalMs: 5_000 };

async function stageWith(t: TestContext, shifts: ShiftSeed[], options: StageOptions = {}): Promise<Stage> {
  const schedule = await scheduleOf(t, [feedOf({ source: async () => ({ text: shiftList(shifts) }) })]);
  return startStage(t, { ...options, shifts: schedule });
}

async function stageWithoutFeed(t: TestContext, whenStale: StaleRule): Promise<Stage> {
  const schedule = await scheduleOf(t, [feedOf({ source: async () => Promise.reject(new Error('down')) })], whenStale);
  return startStage(t, { shifts: schedule });
}

test('an agent near a shift boundary counts as not idle, and the platform is not asked', async (t) => {
  const shift = shiftIn(100_000, AGENT);
  const stage = await stageWith(t, [shift]);
  const failure = await failureOf(stage.run('awaitIdleState', CALL));
  assert.equal(failure.type, FAILURE.shiftBoundary);
  assert.deepEqual(failure.details, [shift.start]);
  assert.deepEqual(stage.calls(), []);
});

test('the margin is what the policy says, and the default for runs from before there was one', async (t) => {
  const stage = await stageWith(t, [shiftIn(HOUR_MS / 2, AGENT)]);
  assert.equal(await stage.run('awaitIdleState', CALL), 'AVAILABLE');
  assert.equal(await stage.run('awaitIdleState', { ...CALL, shiftMargin: '3m' }), 'AVAILABLE');
  const failure = await failureOf(stage.run('awaitIdleState', { ...CALL, shiftMargin: '1h' }));
  assert.equal(failure.type, FAILURE.shiftBoundary);
});

test('the next look comes when the boundary is over, or within twelve intervals, as schedules change', async (t) => {
  const delay = async (stage: Stage, intervalMs: number): Promise<number> => {
    const failure = await failureOf(stage.run('awaitIdleState', { ...CALL, intervalMs, shiftMargin: '10m' }));
    return Number(failure.nextRetryDelay);
  };
  assert.equal(await delay(await stageWith(t, [shiftIn(0, AGENT)]), 1_000), 12_000);
  const nearlyOver = await stageWith(t, [shiftIn(-590_000, AGENT)]);
  assert.ok((await delay(nearlyOver, 1_000)) <= 10_000);
});

test('an agent without a feed that is about them goes on', async (t) => {
  const stage = await stageWith(t, [shiftIn(0, 'somebody-else')]);
  assert.equal(await stage.run('awaitIdleState', CALL), 'AVAILABLE');
});

test('a stale feed holds the work of its agents, or does not, as the worker is told', async (t) => {
  const failure = await failureOf((await stageWithoutFeed(t, 'wait')).run('awaitIdleState', CALL));
  assert.equal(failure.type, FAILURE.shiftFeedStale);
  assert.deepEqual(failure.details, ['workforce']);
  assert.equal(await (await stageWithoutFeed(t, 'proceed')).run('awaitIdleState', CALL), 'AVAILABLE');
});

test('nobody is taken out of the queue so near a boundary that the toggle could meet it', async (t) => {
  const stage = await stageWith(t, [shiftIn(9_000, AGENT)]);
  assert.deepEqual(await toggle(stage), { kind: 'not-taken', because: 'busy', state: 'AVAILABLE' });
  assert.deepEqual(asked(stage), []);
});

test('a toggle that is over long before the boundary is made, so that what was written does not wait', async (t) => {
  const stage = await stageWith(t, [shiftIn(60_000, AGENT)]);
  assert.equal((await toggle(stage)).kind, 'toggled');
});

test('an agent who was taken out is put back whatever the schedule says', async (t) => {
  const agent = OUT;
  const shifts = [shiftIn(1_000, AGENT)];
  assert.equal((await toggle(await stageWith(t, shifts, { agent }), { ...TOGGLE }, { attempt: 2 })).kind, 'restored');
  assert.equal((await toggle(await stageWith(t, shifts, { agent }), { mode: 'restore' })).kind, 'restored');
});
