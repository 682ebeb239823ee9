import assert from 'node:assert/strict';
import test from 'node:test';
import { readTrail } from '../../audit/read-trail.ts';
import { startStack } from '../support/stack.ts';

test('who cancelled a request that was never begun, and why, is in the audit trail', async (t) => {
  const s = await startStack(t, { agent: { state: 'CALL' }, policy: { idleLimit: '60s' } });
  const { requestId } = await s.client.submit(s.request());
  await s.client.cancel({ agentId: s.agentId, requestId, by: 'j.doe', note: 'wrong agent' });
  const said: unknown[] = [];
  for await (const { data } of readTrail(s.auditFile)) said.push([data.status, data.operator, data.note]);
  assert.deepEqual(said, [
    ['cancel', 'j.doe', 'wrong agent'],
    ['cancelled', 'j.doe', 'wrong agent'],
  ]);
  await s.finish();
});
