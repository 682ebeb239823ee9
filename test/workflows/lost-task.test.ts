import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { WorkflowHandle } from '@temporalio/client';
import { NativeConnection, Worker } from '@temporalio/worker';
import type { ProvisioningActivities } from '../../activities/contract.ts';
import type { ProvisionResult } from '../../domain/outcome.ts';
import { provisionWorkflowId } from '../../domain/workflow-id.ts';
import { DEMO_TENANT_ID } from '../../simulator/index.ts';
import { startStage } from '../support/activity-stage.ts';
import { startFaultyNetwork } from '../support/faulty-network.ts';
import { connect, temporalAddress, uniqueName } from '../support/temporal.ts';

test('a request that ends in a task that is lost has one record of its outcome', async (t) => {
  const agentId = uniqueName('agent');
  const taskQueue = uniqueName('queue');
  const stage = await startStage(t, { agent: { agentId } });
  const network = await startFaultyNetwork(await temporalAddress());
  const connection = await NativeConnection.connect({ address: network.address });
  const ids: string[] = [];
  /** Nothing that this task leads to is heard of once its outcome is recorded. */
  const recordAudit: ProvisioningActivities['recordAudit'] = async (input) => {
    await stage.activities.recordAudit(input);
    const outcomes = input.records.filter(({ data }) => data.stage === 'outcome');
    if (outcomes.length > 0 && ids.length === 0) network.cut();
    ids.push(...outcomes.map(({ id }) => id));
  };
  const worker = await Worker.create({
    connection,
    taskQueue,
    workflowBundle: { codePath: new URL('../../dist/workflow-bundle.js', import.meta.url).pathname },
    activities: { ...stage.activities, recordAudit },
  });
  const running = worker.run();
  t.after(async () => {
    worker.shutdown();
    await running;
    await connection.close();
    await network.close();
  });

  const temporal = await connect();
  const handle = await temporal.workflow.start('ProvisionSkillWorkflow', {
    taskQueue,
    workflowId: provisionWorkflowId(DEMO_TENANT_ID, agentId),
    workflowTaskTimeout: '2s',
    args: [
      {
        requestId: 'r1',
        tenantId: DEMO_TENANT_ID,
        agentId,
        changes: [{ action: 'assign', skill: { skillId: 'sk-2002' }, level: 4 }],
        requestedBy: 'kim',
        reason: 'certified',
        policy: { toggleGap: 'never' },
      },
    ],
  });
  await untilTaskIsLost(handle);
  network.mend();
  const { outcomes } = (await handle.result()) as ProvisionResult;
  assert.deepEqual(
    outcomes.map(({ status }) => status),
    ['rejected'],
  );
  assert.equal(ids.length, 2, 'the task was not lost');
  assert.equal(new Set(ids).size, 1, ids.join());
});

async function untilTaskIsLost(handle: WorkflowHandle): Promise<void> {
  for (;;) {
    const { events } = await handle.fetchHistory();
    if (events?.some((event) => event.workflowTaskTimedOutEventAttributes != null) === true) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
