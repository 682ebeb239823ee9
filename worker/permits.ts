import { WithStartWorkflowOperation, WorkflowNotFoundError, type Client } from '@temporalio/client';
import type { TemporalLink } from '../client/temporal-link.ts';
import { sendUpdate } from '../client/update.ts';
import { PACE_WORKFLOW, paceWorkflowId } from '../domain/workflow-id.ts';
import { acquirePermitsUpdate, type PermitGrant, type PermitOrder } from '../workflows/tenant-pace.messages.ts';
import type { AcquirePermits } from './pace.ts';

const ANSWER_MS = 2_500;
/** A worker that dies with a task of the pace holds up every write of the tenant for so long, and not for the usual 10 s. */
const TASK_TIMEOUT = '5s';
/** So many orders without an answer, and it is looked whether the tenant's pace runs where no worker is any more. */
const SILENT_ORDERS = 4;
/** By then what the run before has given out is used and out of every minute. */
const FORGET_MS = 70_000;

/** Orders permits from the tenant's pace, and starts it where there is none. */
export function createAcquirePermits(link: TemporalLink, taskQueue: string, tenantId: string): AcquirePermits {
  const workflowId = paceWorkflowId(tenantId);
  let isOpen = false;
  let silent = 0;
  let tookOver = false;

  const ask = (client: Client, order: PermitOrder): Promise<PermitGrant> =>
    isOpen
      ? client.workflow.getHandle(workflowId).executeUpdate(acquirePermitsUpdate, { args: [order] })
      : client.workflow.executeUpdateWithStart(acquirePermitsUpdate, {
          args: [order],
          startWorkflowOperation: new WithStartWorkflowOperation(PACE_WORKFLOW, {
            workflowId,
            taskQueue,
            args: [],
            workflowTaskTimeout: TASK_TIMEOUT,
            workflowIdConflictPolicy: 'USE_EXISTING',
            staticSummary: `Pace of changes at ${tenantId}`,
          }),
        });

  return async (given) => {
    if (silent >= SILENT_ORDERS) tookOver = (await endElsewhere(link, workflowId, taskQueue)) || tookOver;
    const order = tookOver ? { ...given, throttledMs: Math.max(given.throttledMs ?? 0, FORGET_MS) } : given;
    const deadline = Date.now() + ANSWER_MS;
    for (;;) {
      const answer = await sendUpdate(link, deadline, (client) => ask(client, order));
      if (answer.kind === 'accepted') {
        isOpen = true;
        silent = 0;
        tookOver = false;
        return answer.receipt;
      }
      if (answer.kind === 'run-closed' && isOpen) {
        isOpen = false;
        continue;
      }
      silent += 1;
      isOpen = false;
      throw answer.kind === 'refused' ? answer.failure : new Error(`the pace did not answer (${answer.kind})`);
    }
  };
}

/**
 * A pace that was started on another task queue is stuck when its workers have gone, and with it every write. It does
 * nothing that would need to be cleaned up; where it still has workers, they find the new one.
 */
async function endElsewhere(link: TemporalLink, workflowId: string, taskQueue: string): Promise<boolean> {
  try {
    const run = await link.call((client) => client.workflow.getHandle(workflowId).describe());
    if (run.status.name !== 'RUNNING' || run.taskQueue === taskQueue) return false;
    const reason = `no worker answers on ${run.taskQueue}; the pace goes on on ${taskQueue}`;
    await link.call((client) => client.workflow.getHandle(workflowId, run.runId).terminate(reason));
    return true;
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return false;
    throw error;
  }
}
