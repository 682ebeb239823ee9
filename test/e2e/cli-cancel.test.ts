import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startStack, type Stack } from '../support/stack.ts';

const ASKED = ['--by', 'kim', '--reason', 'certified'] as const;

function provision(s: Stack, skill: string, ...flags: string[]) {
  return s.cli('provision', '--agent', s.agentId, '--skill', skill, '--level', '4', ...ASKED, ...flags);
}

function cancel(s: Stack, ...flags: string[]) {
  return s.cli('cancel', '--agent', s.agentId, '--by', 'lee', '--note', 'not needed', ...flags);
}

test('a request cancelled before its write changes nothing; its caller gets exit 5', async (t) => {
  const s = await startStack(t, { worker: 'process', agent: { state: 'CALL' }, policy: { idleLimit: '60s' } });
  const waiting = provision(s, 'voice');
  await s.until(({ state }) => state === 'AwaitingIdle');
  const cancelled = await cancel(s);
  assert.deepEqual([cancelled.code, cancelled.json.status], [0, 'cancelled']);
  const told = await waiting;
  assert.deepEqual([told.code, told.json], [5, cancelled.json]);
  assert.deepEqual(s.writes(), []);
  await s.finish();
});

test('a request cancelled after its write brings the agent and routing in order, and says what was applied', async (t) => {
  const s = await startStack(t, { worker: 'process', policy: { requestTimeout: '30s' } });
  const hold = s.simulator.hold({ on: 'patchAgent', when: 'after' });
  await provision(s, 'voice', '--no-wait');
  await hold.arrived;
  const cancelling = cancel(s);
  await s.until(({ state }) => state === 'Cancelling');
  hold.release();
  const cancelled = await cancelling;
  assert.deepEqual([cancelled.code, cancelled.json.status], [0, 'cancelled']);
  assert.deepEqual(cancelled.json['changes'], [
    { skillId: 'skill-voice', name: 'voice', requestedLevel: 4, targetLevel: 4, previousLevel: 0, level: 4 },
  ]);
  assert.equal(s.agent().state, 'AVAILABLE');
  assert.deepEqual(s.agent().routing, s.agent().skills);
  await s.finish();
});

test('a parked request can be cancelled, and so can one that waits behind it', async (t) => {
  const s = await startStack(t, { worker: 'process' });
  s.simulator.disturbRouting(s.agentId, { never: true });
  const parked = await provision(s, 'voice');
  const behind = await provision(s, 'chat');
  const several = await cancel(s);
  assert.deepEqual([several.code, several.json.problem?.code], [2, 'several-open']);
  assert.deepEqual(several.json.problem?.details?.['requestIds'], [parked.json['requestId'], behind.json['requestId']]);
  for (const { json } of [behind, parked]) {
    const cancelled = await cancel(s, '--request-id', String(json['requestId']));
    assert.deepEqual([cancelled.code, cancelled.json.status], [0, 'cancelled']);
  }
  await s.finish();
});

test('nothing to cancel is exit 3: for an agent never seen, for another id, after the end', async (t) => {
  const s = await startStack(t, { worker: 'process', agent: { state: 'CALL' }, policy: { idleLimit: '60s' } });
  const expectNothing = async (...flags: string[]) => {
    const refused = await cancel(s, ...flags);
    assert.deepEqual([refused.code, refused.json.problem?.code], [3, 'nothing-to-cancel']);
  };
  await expectNothing();
  const { json } = await provision(s, 'voice', '--no-wait');
  await expectNothing('--request-id', 'some-other');
  s.simulator.setState(s.agentId, 'AVAILABLE');
  await s.temporal.workflow.getHandle(s.workflowId).result();
  await expectNothing('--request-id', String(json['requestId']));
  await s.finish();
});
