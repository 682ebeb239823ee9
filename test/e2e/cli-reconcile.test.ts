import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startStack, type Stack } from '../support/stack.ts';

const ASKED = ['--by', 'kim', '--reason', 'certified'] as const;
const DECIDED = ['--by', 'lee', '--note', 'looked at it'] as const;

function provision(s: Stack, skill: string, ...flags: string[]) {
  return s.cli('provision', '--agent', s.agentId, '--skill', skill, '--level', '4', ...ASKED, ...flags);
}

function reconcile(s: Stack, action: string, ...flags: string[]) {
  return s.cli('reconcile', '--agent', s.agentId, '--action', action, ...DECIDED, ...flags);
}

/** A request whose write is done and that routing does not follow. */
async function park(s: Stack) {
  s.simulator.disturbRouting(s.agentId, { never: true });
  const parked = await provision(s, 'voice');
  assert.equal(parked.code, 4);
  const { requestId, workflowId, runId, status, reason } = parked.json;
  assert.deepEqual([status, reason], ['awaiting-reconciliation', 'routing-not-synchronised']);
  assert.equal(workflowId, s.workflowId);
  assert.equal(typeof runId, 'string');
  return String(requestId);
}

test('retry tries again and reports the outcome', async (t) => {
  const s = await startStack(t, { worker: 'process' });
  const requestId = await park(s);
  s.simulator.disturbRouting(s.agentId, { never: false });
  const done = await reconcile(s, 'retry', '--request-id', requestId);
  assert.deepEqual([done.code, done.json.status, done.json['requestId']], [0, 'provisioned', requestId]);
  await s.finish();
});

test('a request that waits for a person again after a retry is exit 4, with the reason of now', async (t) => {
  const s = await startStack(t, { worker: 'process', policy: { lockLimit: '1s' } });
  s.simulator.lock(s.agentId, 10_000);
  const parked = await provision(s, 'voice');
  assert.deepEqual([parked.code, parked.json['reason']], [4, 'lock-timeout']);
  s.simulator.lock(s.agentId, 0);
  s.simulator.disturbRouting(s.agentId, { never: true });
  const again = await reconcile(s, 'retry');
  assert.deepEqual([again.code, again.json.status], [4, 'awaiting-reconciliation']);
  assert.equal(again.json['reason'], 'routing-not-synchronised');
  await s.finish();
});

test('accept reports what really holds', async (t) => {
  const s = await startStack(t, { worker: 'process' });
  const requestId = await park(s);
  const done = await reconcile(s, 'accept');
  assert.deepEqual([done.code, done.json.status, done.json['requestId']], [0, 'accepted', requestId]);
  assert.deepEqual(done.json['changes'], [
    { skillId: 'skill-voice', name: 'voice', requestedLevel: 4, targetLevel: 4, previousLevel: 0, level: 0 },
  ]);
  assert.equal((await s.cli('outcome', '--agent', s.agentId, '--request-id', requestId)).code, 0);
  await s.finish();
});

test('rollback restores the former levels; the action is exit 0, the outcome asked for later is exit 5', async (t) => {
  const s = await startStack(t, { worker: 'process' });
  const requestId = await park(s);
  s.simulator.disturbRouting(s.agentId, { never: false });
  const done = await reconcile(s, 'rollback');
  assert.deepEqual([done.code, done.json.status], [0, 'rolled-back']);
  assert.deepEqual(s.agent().skills, [{ skillId: 'skill-base', level: 2 }]);
  const later = await s.cli('outcome', '--agent', s.agentId, '--request-id', requestId);
  assert.deepEqual([later.code, later.json], [5, done.json]);
  await s.finish();
});

test('abandon leaves everything as it is, and whoever waits behind the request goes on', async (t) => {
  const s = await startStack(t, { worker: 'process' });
  const requestId = await park(s);
  const behind = await provision(s, 'chat');
  assert.deepEqual(
    [behind.code, behind.json.status, behind.json['reason']],
    [4, 'awaiting-reconciliation', 'blocked-by-reconciliation'],
  );
  s.simulator.disturbRouting(s.agentId, { never: false });
  const done = await reconcile(s, 'abandon', '--request-id', requestId);
  assert.deepEqual([done.code, done.json.status], [0, 'abandoned']);
  const repeated = await provision(s, 'chat', '--request-id', String(behind.json['requestId']));
  assert.deepEqual([repeated.code, repeated.json.status], [0, 'provisioned']);
  await s.finish();
});

test('a request behind a parked one can not be reconciled itself', async (t) => {
  const s = await startStack(t, { worker: 'process' });
  await park(s);
  const behind = await provision(s, 'chat');
  const refused = await reconcile(s, 'retry', '--request-id', String(behind.json['requestId']));
  assert.deepEqual([refused.code, refused.json.problem?.code], [3, 'nothing-to-reconcile']);
  await s.finish();
});

test('nothing to reconcile is exit 3: for an agent never seen, after the end, for another id, for an action that does not apply', async (t) => {
  const s = await startStack(t, { worker: 'process', policy: { lockLimit: '600ms' } });
  const expectNothing = async (...args: Parameters<typeof reconcile> extends [Stack, ...infer Rest] ? Rest : never) => {
    const refused = await reconcile(s, ...args);
    assert.deepEqual([refused.code, refused.json.problem?.code], [3, 'nothing-to-reconcile']);
    return refused.json.problem?.message ?? '';
  };
  await expectNothing('retry');
  s.simulator.lock(s.agentId, 10_000);
  assert.equal((await provision(s, 'voice')).code, 4);
  await expectNothing('accept', '--request-id', 'some-other');
  assert.match(await expectNothing('rollback'), /retry, accept, abandon/);
  assert.equal((await reconcile(s, 'abandon')).code, 0);
  await expectNothing('abandon');
  await s.finish();
});

test('of several parked requests none is guessed at; they are listed', async (t) => {
  const s = await startStack(t, { worker: 'process', agent: { state: 'CALL' }, policy: { idleLimit: '60s' } });
  s.simulator.disturbRouting(s.agentId, { never: true });
  const made = [await provision(s, 'voice', '--no-wait'), await provision(s, 'chat', '--no-wait')];
  s.simulator.setState(s.agentId, 'AVAILABLE');
  await s.until(({ requests }) => requests.filter(({ state }) => state === 'parked').length === 2);
  const ids = made.map(({ json }) => String(json['requestId']));
  const refused = await reconcile(s, 'accept');
  assert.deepEqual([refused.code, refused.json.problem?.code], [2, 'several-parked']);
  assert.deepEqual(refused.json.problem?.details?.['requestIds'], ids);
  const text = await s.cliText('reconcile', '--agent', s.agentId, '--action', 'accept', ...DECIDED);
  for (const id of ids) assert.ok(text.stderr.includes(id));
  for (const id of ids) {
    const done = await reconcile(s, 'accept', '--request-id', id);
    assert.deepEqual([done.code, done.json['requestId']], [0, id]);
  }
  await s.finish();
});
