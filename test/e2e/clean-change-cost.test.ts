import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startStack } from '../support/stack.ts';

test('a clean change costs seven calls of the platform at most with warm caches, and 45 events of history', async (t) => {
  const s = await startStack(t, { worker: 'process' });
  const change = ['--agent', s.agentId, '--skill', 'voice', '--by', 'kim', '--reason', 'certified'];
  const first = await s.cli('provision', ...change, '--level', '2');
  assert.equal(first.json.status, 'provisioned');
  const before = s.simulator.ledger.length;
  const second = await s.cli('provision', ...change, '--level', '4');
  assert.deepEqual([second.json.status, second.json['toggles']], ['provisioned', 1]);

  const calls = s.simulator.ledger.slice(before).map(({ operation }) => operation);
  assert.ok(calls.length <= 7, `${calls.length} calls: ${calls.join(', ')}`);
  const { historyLength } = await s.temporal.workflow.getHandle(s.workflowId, String(second.json['runId'])).describe();
  assert.ok(historyLength <= 45, `${historyLength} events`);
  t.diagnostic(`${calls.length} calls (${calls.join(', ')}), ${historyLength} events`);
  await s.finish();
});
