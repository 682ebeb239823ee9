import assert from 'node:assert/strict';
import { test } from 'node:test';
import { historyToJSON } from '@temporalio/common/lib/proto-utils.js';
import { payloadKeysFile } from '../support/payload-keys.ts';
import { startStack, type Stack } from '../support/stack.ts';
import { connect } from '../support/temporal.ts';

const BY = 'planted-person';
const REASON = 'planted reason of the request';
const NOTE = 'planted note of the operator';

/** All that Temporal holds about a run, as it is without keys: history with payloads as text, memo, current details. */
async function rawTextOf(s: Stack): Promise<string> {
  const raw = await connect({ address: s.env['TEMPORAL_ADDRESS'] ?? '' });
  const handle = raw.workflow.getHandle(s.workflowId);
  const texts: string[] = [];
  const collect = (value: unknown): unknown =>
    JSON.stringify(value, (key, inner: unknown) => {
      // What is base64 in JSON is a payload's data or metadata.
      if (typeof inner === 'string') texts.push(key, inner, Buffer.from(inner, 'base64').toString('utf8'));
      return inner;
    });
  collect(JSON.parse(historyToJSON(await handle.fetchHistory())));
  const described = await raw.workflowService.describeWorkflowExecution({
    namespace: raw.options.namespace,
    execution: { workflowId: s.workflowId },
  });
  collect(described.toJSON());
  return texts.join('\n');
}

test('with keys, a request goes its whole way, and Temporal holds none of what people wrote', async (t) => {
  const keys = payloadKeysFile(t);
  const s = await startStack(t, { env: { PROVISIONING_PAYLOAD_KEYS: keys }, worker: 'process' });
  const asked = ['--agent', s.agentId, '--skill-id', 'skill-voice', '--level', '4', '--by', BY, '--reason', REASON];
  s.simulator.disturbRouting(s.agentId, { never: true });
  const parked = await s.cli('provision', ...asked, '--ticket', 'PLANTED-1', '--request-id', 'parked');
  assert.deepEqual([parked.code, parked.json.status], [4, 'awaiting-reconciliation'], parked.stdout);
  const status = await s.cli('status', '--agent', s.agentId);
  assert.equal(status.json['state'], 'AwaitingReconciliation');
  let queue = await s.cli('queue');
  while ((queue.json['items'] as unknown[]).length === 0) queue = await s.cli('queue');
  assert.match(queue.stdout, /planted-person/);

  const withoutKeys = await s.cliWith({ PROVISIONING_PAYLOAD_KEYS: '' }, 'status', '--agent', s.agentId);
  assert.deepEqual([withoutKeys.code, withoutKeys.json.problem?.code], [6, 'payload-refused'], withoutKeys.stdout);
  assert.match(withoutKeys.json.problem?.message ?? '', /encrypted with the key "k1", and no keys are set here/);
  const queueWithoutKeys = await s.cliWith({ PROVISIONING_PAYLOAD_KEYS: '' }, 'queue');
  assert.equal(queueWithoutKeys.json.problem?.code, 'payload-refused');
  const otherKey = await s.cliWith({ PROVISIONING_PAYLOAD_KEYS: payloadKeysFile(t) }, 'status', '--agent', s.agentId);
  assert.match(otherKey.json.problem?.message ?? '', /the file of that key holds another one/);

  s.simulator.disturbRouting(s.agentId, { never: false });
  const retried = await s.cli('reconcile', '--agent', s.agentId, '--action', 'retry', '--by', BY, '--note', NOTE);
  assert.equal(retried.code, 0, retried.stdout);
  const outcome = await s.cli('outcome', '--agent', s.agentId, '--request-id', 'parked');
  assert.equal(outcome.json.status, 'provisioned');

  const raw = await rawTextOf(s);
  assert.match(raw, /binary\/encrypted/);
  for (const planted of [BY, REASON, NOTE, 'PLANTED-1', 'routing shows', 'skill-voice', 'conflicts']) {
    assert.ok(!raw.includes(planted), `Temporal holds "${planted}" in the clear`);
  }
  assert.match(raw, new RegExp(s.agentId));
  await s.finish();
});
