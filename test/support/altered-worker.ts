import type { TestContext } from 'node:test';
import type { Client } from '@temporalio/client';
import { NativeConnection, Worker } from '@temporalio/worker';
import { createProvisioningClient, type Settlement } from '../../client/index.ts';
import { DEMO_TENANT_ID } from '../../simulator/index.ts';
import { FAST_POLICY } from './stack.ts';
import { connect, temporalAddress, uniqueName } from './temporal.ts';

interface AlteredWorker {
  agentId: string;
  /** Some of them other than those that ship. */
  activities: object;
  maxCachedWorkflows: number;
}

/** Makes one request whose run is served by a worker with these activities. */
export async function provisionBy(
  t: TestContext,
  { agentId, activities, maxCachedWorkflows }: AlteredWorker,
): Promise<{ settled: Settlement; temporal: Client; taskQueue: string }> {
  const taskQueue = uniqueName('queue');
  const connection = await NativeConnection.connect({ address: await temporalAddress() });
  const worker = await Worker.create({
    connection,
    taskQueue,
    maxCachedWorkflows,
    workflowBundle: { codePath: new URL('../../dist/workflow-bundle.js', import.meta.url).pathname },
    activities,
  });
  const running = worker.run();
  const temporal = await connect();
  const client = createProvisioningClient({
    temporal,
    tenantId: DEMO_TENANT_ID,
    taskQueue,
    policy: FAST_POLICY,
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
  return { settled, temporal, taskQueue };
}
