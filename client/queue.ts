import type { ParkedMemo } from '../workflows/provision-skill.messages.ts';
import { agentOfWorkflowId } from '../domain/workflow-id.ts';
import { listRuns } from './agent-runs.ts';
import { parkedIn } from './agent-status.ts';
import type { TemporalLink } from './temporal-link.ts';

/** One request that waits for a person. */
export interface QueueItem extends ParkedMemo {
  agentId: string;
  workflowId: string;
  runId: string;
}

/** The one reason in which a person is out of the queue because of us. */
const MOST_URGENT = 'agent-not-restored';

/**
 * What waits for a person at a tenant: agents we could not put back first, then escalated cases, then by age. From
 * visibility alone: needs no worker, and may be some seconds behind.
 */
export async function readQueue(link: TemporalLink, tenantId: string): Promise<QueueItem[]> {
  const runs = await listRuns(
    link,
    `CxoneTenantId = '${tenantId}' AND ProvisionState = 'AwaitingReconciliation' AND ExecutionStatus = 'Running'`,
  );
  const items = runs.flatMap(({ workflowId, runId, memo }) =>
    parkedIn(memo).map((parked): QueueItem => ({
      agentId: agentOfWorkflowId(workflowId)?.agentId ?? '',
      workflowId,
      runId,
      ...parked,
    })),
  );
  return items.sort(
    (a, b) => urgency(b) - urgency(a) || a.since.localeCompare(b.since) || a.requestId.localeCompare(b.requestId),
  );
}

function urgency({ reason, escalated }: QueueItem): number {
  return (reason === MOST_URGENT ? 2 : 0) + (escalated ? 1 : 0);
}
