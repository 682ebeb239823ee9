import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startStack, type Stack } from '../support/stack.ts';
import { uniqueName } from '../support/temporal.ts';

const ASKED = ['--by', 'kim', '--reason', 'certified'] as const;

function provision(s: Stack, ...flags: string[]) {
  return s.cli('provision', '--agent', s.agentId, '--skill', 'voice', '--level', '4', ...ASKED, ...flags);
}

test('an agent never seen has the state None, and nothing is known of their requests', async (t) => {
  const s = await startStack(t, { worker: 'none' });
  const status = await s.cli('status', '--agent', s.agentId);
  const { agentId, workflowId } = s;
  assert.deepEqual([status.code, status.json], [0, { agentId, workflowId, state: 'None', requests: [] }]);
  assert.match((await s.cliText('status', '--agent', agentId)).stdout, new RegExp(`^agent ${agentId}: None\n`));
  const outcome = await s.cli('outcome', '--agent', agentId, '--request-id', 'never-made');
  assert.deepEqual([outcome.code, outcome.json.problem?.code], [3, 'unknown-request']);
  await s.finish();
});

test('the status of a request under way says what it waits for, and afterwards how it ended', async (t) => {
  const s = await startStack(t, { worker: 'process', agent: { state: 'CALL' }, policy: { idleLimit: '60s' } });
  const submitted = await provision(s, '--no-wait', '--ticket', 'OPS-7');
  const { requestId, runId, workflowId } = submitted.json;
  await s.until(({ state }) => state === 'AwaitingIdle');
  const running = await s.cli('status', '--agent', s.agentId);
  const { since, requests, ...rest } = running.json;
  assert.ok(Date.parse(String(since)) > 0);
  assert.deepEqual(rest, {
    agentId: s.agentId,
    workflowId,
    runId,
    state: 'AwaitingIdle',
    waitingFor: 'idle',
    escalated: false,
  });
  const [request] = requests as Record<string, unknown>[];
  assert.deepEqual(
    [request?.['requestId'], request?.['state'], request?.['requestedBy'], request?.['ticket']],
    [requestId, 'active', 'kim', 'OPS-7'],
  );
  s.simulator.setState(s.agentId, 'AVAILABLE');
  await s.temporal.workflow.getHandle(s.workflowId, String(runId)).result();
  const closed = await s.cli('status', '--agent', s.agentId);
  assert.deepEqual([closed.code, closed.json['state']], [0, 'Completed']);
  assert.match(closed.stdout, /"status":"provisioned"/);
  await s.finish();
});

test('an outcome can be asked for after other runs have followed, and without a worker', async (t) => {
  const s = await startStack(t, { worker: 'process' });
  const first = await provision(s, '--request-id', uniqueName('request'));
  const second = await s.cli('deprovision', '--agent', s.agentId, '--skill', 'base', ...ASKED);
  const third = await s.cli('provision', '--agent', s.agentId, '--skill', 'chat', '--level', '2', ...ASKED);
  const runs = [first, second, third];
  assert.equal(new Set(runs.map(({ json }) => json['runId'])).size, 3);
  await s.stopWorker();
  for (const { json } of runs) {
    const outcome = await s.cli('outcome', '--agent', s.agentId, '--request-id', String(json['requestId']));
    assert.deepEqual([outcome.code, outcome.json], [0, json]);
  }
  await s.finish();
});

test('a parked request is shown with its reason and the actions that apply, in the status and in the queue', async (t) => {
  const s = await startStack(t, { worker: 'process' });
  s.simulator.disturbRouting(s.agentId, { never: true });
  const parked = await provision(s, '--ticket', 'OPS-8');
  const { requestId } = parked.json;
  const status = await s.cli('status', '--agent', s.agentId);
  assert.deepEqual([status.code, status.json['state']], [0, 'AwaitingReconciliation']);
  const [request] = status.json['requests'] as Record<string, unknown>[];
  assert.deepEqual(
    [request?.['requestId'], request?.['reason'], request?.['actions']],
    [requestId, 'routing-not-synchronised', ['retry', 'accept', 'rollback', 'abandon']],
  );
  const outcome = await s.cli('outcome', '--agent', s.agentId, '--request-id', String(requestId));
  assert.deepEqual([outcome.code, outcome.json.status], [4, 'awaiting-reconciliation']);
  assert.deepEqual(outcome.json['reason'], 'routing-not-synchronised');

  const item = await queueItem(s);
  assert.deepEqual(item, {
    agentId: s.agentId,
    workflowId: s.workflowId,
    runId: parked.json['runId'],
    requestId,
    reason: 'routing-not-synchronised',
    since: request?.['since'],
    escalated: false,
    requestedBy: 'kim',
    ticket: 'OPS-8',
  });
  const queue = await s.cliText('queue');
  assert.match(queue.stdout, new RegExp(`${s.agentId} +${String(requestId)} +routing-not-synchronised .* kim +OPS-8`));
  const text = await s.cliText('status', '--agent', s.agentId);
  assert.match(text.stdout, /routing does not: skill-voice, after 3 toggles/);
  for (const action of ['retry', 'accept', 'rollback', 'abandon']) {
    assert.ok(text.stdout.includes(`--request-id ${String(requestId)} --action ${action} `), text.stdout);
  }
  await s.stopWorker();
  const withoutWorker = await s.cli('status', '--agent', s.agentId);
  assert.deepEqual([withoutWorker.code, withoutWorker.json['state']], [0, 'AwaitingReconciliation']);
  assert.match(String(withoutWorker.json['message']), /No worker answered/);
  await s.startWorker();
  await s.finish();
});

test('a case nobody decides in time is shown as escalated', async (t) => {
  const s = await startStack(t, { worker: 'process', policy: { escalateAfter: '100ms' } });
  s.simulator.disturbRouting(s.agentId, { never: true });
  await provision(s, '--no-wait');
  await s.until(({ escalated }) => escalated === true);
  assert.equal((await s.cli('status', '--agent', s.agentId)).json['escalated'], true);
  while ((await queueItem(s))['escalated'] !== true);
  await s.finish();
});

test('after a terminate the status says what that means, and making the request again repairs the agent', async (t) => {
  const s = await startStack(t, { worker: 'process' });
  const run = s.temporal.workflow.getHandle(s.workflowId);
  const terminate = async () => {
    await run.terminate('by mistake');
  };
  s.simulator.disturbRouting(s.agentId, { lateMs: 600_000 });
  s.simulator.addFault({ on: 'patchAgent', times: 1, do: { kind: 'call', when: 'after', run: terminate } });
  const requestId = uniqueName('request');
  const told = await provision(s, '--request-id', requestId);
  assert.deepEqual([told.code, told.json.problem?.code], [5, 'run-terminated']);
  assert.notDeepEqual(s.agent().routing, s.agent().skills);
  const status = await s.cli('status', '--agent', s.agentId);
  assert.deepEqual([status.code, status.json['state']], [0, 'Terminated']);
  assert.match(String(status.json['message']), /NOTAVAILABLE.*again repairs/);
  const outcome = await s.cli('outcome', '--agent', s.agentId, '--request-id', requestId);
  assert.deepEqual([outcome.code, outcome.json.problem?.code], [5, 'run-terminated']);
  s.simulator.disturbRouting(s.agentId, { lateMs: 0 });
  const again = await provision(s, '--request-id', requestId);
  assert.deepEqual([again.code, again.json.status], [0, 'provisioned']);
  assert.deepEqual(s.agent().routing, s.agent().skills);
  await s.finish();
});

/** The agent's item in the queue, as soon as the index shows it. */
async function queueItem(s: Stack): Promise<Record<string, unknown>> {
  for (;;) {
    const queue = await s.cli('queue');
    assert.equal(queue.code, 0);
    const items = queue.json['items'] as Record<string, unknown>[];
    const item = items.find(({ agentId }) => agentId === s.agentId);
    if (item !== undefined) return item;
  }
}
