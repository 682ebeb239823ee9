import { AGENT_ID_PATTERN, TENANT_ID_PATTERN } from './request.ts';
import { TEMPORARY_ID_PATTERN } from './temporary-skill.ts';
import { utf8Size } from './utf8-size.ts';

/** The server's bound for an id, in UTF-8. */
export const MAX_WORKFLOW_ID_BYTES = 1_000;

/** Whether a workflow can have this id. A command that names another fails its workflow task, again and again. */
export function isPossibleWorkflowId(id: string): boolean {
  return id !== '' && utf8Size(id) <= MAX_WORKFLOW_ID_BYTES;
}

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

/** The registered name of the workflow that lends a skill for a time. */
export const TEMPORARY_WORKFLOW = 'TemporarySkillWorkflow';

export function temporaryWorkflowId(tenantId: string, agentId: string, temporaryId: string): string {
  return `${temporaryPrefix(tenantId, agentId)}${temporaryId}`;
}

/** What the ids of all temporary skills of a tenant, or of one agent, begin with. */
export function temporaryPrefix(tenantId: string, agentId?: string): string {
  return agentId === undefined ? `temporary/${tenantId}/` : `temporary/${tenantId}/${agentId}/`;
}

/** The temporary skill a workflow id belongs to, or nothing if it is no such id. */
export function temporaryOfWorkflowId(
  workflowId: string,
): { tenantId: string; agentId: string; temporaryId: string } | undefined {
  const [prefix, tenantId, agentId, temporaryId, ...rest] = workflowId.split('/');
  if (prefix !== 'temporary' || temporaryId === undefined || rest.length > 0) return undefined;
  if (tenantId === undefined || !TENANT_ID_PATTERN.test(tenantId)) return undefined;
  if (agentId === undefined || !AGENT_ID_PATTERN.test(agentId) || !TEMPORARY_ID_PATTERN.test(temporaryId))
    return undefined;
  return { tenantId, agentId, temporaryId };
}
