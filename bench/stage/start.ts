import { randomUUID } from 'node:crypto';
import { PROVISION_WORKFLOW, provisionWorkflowId } from '../../domain/workflow-id.ts';
import { DEMO_TENANT_ID } from '../../simulator/index.ts';
import { changeOf, type Stage } from './stage.ts';

/** Starts an agent's run with a request as its argument, which is stored at once: no worker has to answer. */
export async function startChange({ temporal, taskQueue }: Stage, agentId: string, level: number): Promise<void> {
  const request = { ...changeOf(agentId, level), requestId: randomUUID(), tenantId: DEMO_TENANT_ID };
  const workflowId = provisionWorkflowId(DEMO_TENANT_ID, agentId);
  await temporal.workflow.start(PROVISION_WORKFLOW, { workflowId, taskQueue, args: [request] });
}
