/** The registered name of the one workflow that writes to agents. */
export const PROVISION_WORKFLOW = 'ProvisionSkillWorkflow';

/** The id is the lock: one agent, one id, one writer. */
export function provisionWorkflowId(tenantId: string, agentId: string): string {
  return `provision-skill/${tenantId}/${agentId}`;
}
