import type { ParkedMemo, ReconciliationReason } from '../workflows/provision-skill.messages.ts';
import { agentOfWorkflowId } from '../domain/workflow-id.ts';
import type { PayloadRefusedError } from '../payloads/refusal.ts';
import { listRuns, type ListedRun } from './agent-runs.ts';
import { parkedIn } from './agent-status.ts';
import type { TemporalLink } from './temporal-link.ts';

/** One request that waits for a person. */
export interface QueueItem extends ParkedMemo {
  agentId: string;
  workflowId: string;
  runId: string;
  /**
   * Why what the run recorded can't be read. Then this stands for all its requests, with what visibility says of the
   * first of them; who asked is an empty text, and whether it is escalated is not known.
   */
  unreadable?: string;
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
  const items = runs.flatMap((run): QueueItem[] => {
    const { workflowId, runId } = run;
    const place = { agentId: agentOfWorkflowId(workflowId)?.agentId ?? '', workflowId, runId };
    const parked = run.refused === undefined ? parkedIn(run.memo) : [unreadableIn(run, run.refused)];
    return parked.map((item) => ({ ...place, ...item }));
  });
  return items.sort(
    (a, b) => urgency(b) - urgency(a) || a.since.localeCompare(b.since) || a.requestId.localeCompare(b.requestId),
  );
}

function unreadableIn(
  { typedSearchAttributes, startTime }: ListedRun,
  { message }: PayloadRefusedError,
): ParkedMemo & Pick<QueueItem, 'unreadable'> {
  const attributes = new Map(
    typedSearchAttributes.getAll().map(({ key, value }): [string, unknown] => [key.name, value]),
  );
  const ids = attributes.get('CxoneRequestIds');
  const reason = attributes.get('ReconciliationReason');
  const since = attributes.get('ReconciliationSince');
  return {
    requestId: Array.isArray(ids) ? String(ids[0]) : '',
    reason: (typeof reason === 'string' ? reason : '') as ReconciliationReason,
    since: (since instanceof Date ? since : startTime).toISOString(),
    escalated: false,
    requestedBy: '',
    unreadable: message,
  };
}

function urgency({ reason, escalated }: QueueItem): number {
  return (reason === MOST_URGENT ? 2 : 0) + (escalated ? 1 : 0);
}
