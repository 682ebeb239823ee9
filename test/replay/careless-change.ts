import { sleep } from '@temporalio/workflow';
import type { ProvisionResult } from '../../domain/outcome.ts';
import type { ProvisionRequest } from '../../domain/request.ts';
import { ProvisionSkillWorkflow as asItIs } from '../../workflows/provision-skill.ts';

/** The workflow as somebody would change it without thinking of the runs that are open. */
export async function ProvisionSkillWorkflow(request: ProvisionRequest): Promise<ProvisionResult> {
  await sleep('1s');
  return asItIs(request);
}
