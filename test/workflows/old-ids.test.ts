import assert from 'node:assert/strict';
import { test } from 'node:test';
import { NativeConnection, Worker } from '@temporalio/worker';
import type { ProvisioningActivities } from '../../activities/contract.ts';
import { createProvisioningClient } from '../../client/index.ts';
import { DEMO_TENANT_ID } from '../../simulator/index.ts';
import { startStage } from '../support/activity-stage.ts';
import { storeHistory } from '../support/branch.ts';
import { FAST_POLICY } from '../support/stack.ts';
import { connect, temporalAddress, uniqueName } from '../support/temporal.ts';

for (const maxCachedWorkflows of [200, 0]) {
  const how = maxCachedWorkflows === 0 ? 'replayed at every task' : 'as it is';

  test(`an id that could be more than 60 seconds old when it is written is looked up again (${how})`, async (t) => {
    const agentId = uniqueName('agent');
    const taskQueue = uniqueName('queue');
    const stage = await startStage(t, { agent: { agentId } });
    const asked: string[] = [];
    /** The first answer is one that the worker has had for 50 seconds. */
    const resolveSkill: ProvisioningActivities['resolveSkill'] = async (input) => {
      asked.push('resolveSkill');
      const found = await stage.activities.resolveSkill(input);
      return asked.length > 1 ? found : found.map((one) => (one.ok ? { ...one, ageMs: 50_000 } : one));
    };
    const patchSkills: ProvisioningActivities['patchSkills'] = async (input) => {
      asked.push('patchSkills');
      return stage.activities.patchSkills(input);
    };
    const connection = await NativeConnection.connect({ address: await temporalAddress() });
    const worker = await Worker.create({
      connection,
      taskQueue,
      maxCachedWorkflows,
      workflowBundle: { codePath: new URL('../../dist/workflow-bundle.js', import.meta.url).pathname },
      activities: { ...stage.activities, resolveSkill, patchSkills },
    });
    const running = worker.run();
    const temporal = await connect();
    const policy = FAST_POLICY;
    const client = createProvisioningClient({
      temporal,
      tenantId: DEMO_TENANT_ID,
      taskQueue,
      policy,
      allowShortGap: true,
    });
    t.after(async () => {
      await client.close();
      worker.shutdown();
      await running;
      await connection.close();
    });
    const settled = await client.provision({
      agentId,
      changes: [{ action: 'assign', skill: { skillId: 'sk-2002' }, level: 4 }],
      requestedBy: 'kim',
      reason: 'certified',
    });
    assert.ok(settled.kind === 'ended' && settled.outcome.status === 'provisioned', JSON.stringify(settled));
    assert.ok(asked.filter((name) => name === 'resolveSkill').length > 1);
    assert.equal(asked.indexOf('patchSkills'), asked.length - 1, asked.join());
    if (maxCachedWorkflows === 0) return;
    await storeHistory('old-id', { temporal, taskQueue });
  });
}
