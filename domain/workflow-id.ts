import { AGENT_ID_PATTERN, TENANT_ID_PATTERN } from './request.ts';

/** The registered name of the one workflow that writes to agents. */
export const PROVISION_WORKFLOW = 'ProvisionSkillWorkflow';

/** The id is the lock: one agent, one id, one writer. */
export function provisionWorkflowId(tenantId: string, agentId: string): string {
  return `provision-skill/${tenantId}/${agentId}`;
}

/** The registered name of the workflow that paces a tenant's writes. */
export const PACE_WORKFLOW = 'TenantPaceWorkflow';

/** One pace per tenant, whoever writes. */
export function paceWorkflowId(tenantId: string): string {
  return `provisioning-pace/${tenantId}`;
}

/** The agent a workflow id is the lock of, or nothing if it is no such id. */
export function agentOfWorkflowId(workflowId: string): { tenantId: string; agentId: string } | undefined {
  const [prefix, tenantId, agentId, ...rest] = workflowId.split('/');
  if (prefix !== 'provision-skill' || tenantId === undefined || agentId === undefined || rest.length > 0)
    return undefined;
  return TENANT_ID_PATTERN.test(tenantId) && AGENT_ID_PATTERN.test(agentId) ? { tenantId, agentId } : undefined;
}
