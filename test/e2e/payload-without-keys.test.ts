import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createProvisioningClient } from '../../client/index.ts';
import { provisionWorkflowId } from '../../domain/workflow-id.ts';
import { PayloadRefusedError } from '../../payloads/refusal.ts';
import { payloadKeysFile } from '../support/payload-keys.ts';
import { connectWith } from '../support/payload-place.ts';
import { connect, uniqueName } from '../support/temporal.ts';

test('who has no keys is refused before anything goes to a run with keys, which would stall over it', async (t) => {
  const agentId = uniqueName('agent');
  const taskQueue = uniqueName('nobody');
  const sealing = await connectWith(payloadKeysFile(t));
  const handle = await sealing.workflow.start('ProvisionSkillWorkflow', {
    workflowId: provisionWorkflowId('acme', agentId),
    taskQueue,
    staticSummary: `Skills of agent ${agentId}`,
  });
  t.after(() => handle.terminate());
  const client = createProvisioningClient({ temporal: await connect(), tenantId: 'acme', taskQueue });
  t.after(() => client.close());
  const isRefused = (error: unknown): boolean => error instanceof PayloadRefusedError && error.reason === 'no-keys';
  const skill = { skillId: 'skill-voice' };
  const changes = [{ action: 'remove' as const, skill }];
  await assert.rejects(client.submit({ agentId, changes, requestedBy: 'kim', reason: 'why' }), isRefused);
  await assert.rejects(client.cancel({ agentId, by: 'kim', note: 'why' }), isRefused);
});
