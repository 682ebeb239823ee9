import { randomUUID } from 'node:crypto';
import type { UpdateDefinition } from '@temporalio/common';
import { bulkWorkflowId } from '../domain/bulk.ts';
import { FAILURE } from '../domain/failure-types.ts';
import type { BulkOrder as BulkOrderMessage, BulkProgress } from '../workflows/bulk.messages.ts';
import { createAcceptanceBudget } from './acceptance.ts';
import { isOpen, latestRun } from './agent-runs.ts';
import type { BulkOrder } from './bulk.ts';
import type { BulkTarget } from './bulk-progress.ts';
import { BulkClosedError, InvalidRequestError, NotAcceptedError, UnknownBulkError } from './errors.ts';
import type { TemporalLink } from './temporal-link.ts';
import { sendUpdate } from './update.ts';

/** Gives an order about a bulk. Throws {@link UnknownBulkError}, {@link BulkClosedError}, {@link NotAcceptedError}. */
export async function orderBulk<Order extends BulkOrder>(
  link: TemporalLink,
  { tenantId, taskQueue }: BulkTarget,
  update: UpdateDefinition<BulkProgress, [Omit<Order, 'bulkId'> & BulkOrderMessage]>,
  { bulkId, ...order }: Order,
): Promise<BulkProgress> {
  const workflowId = bulkWorkflowId(tenantId, bulkId);
  const budget = createAcceptanceBudget();
  const updateId = randomUUID();
  do {
    const latest = await latestRun(link, workflowId);
    if (latest === undefined) throw new UnknownBulkError(bulkId);
    if (!isOpen(latest)) throw new BulkClosedError(bulkId);
    const { runId } = latest;
    const answer = await sendUpdate(link, budget.deadline, (client) =>
      client.workflow.getHandle(workflowId, runId).executeUpdate(update, { args: [order], updateId }),
    );
    if (answer.kind === 'accepted') return answer.receipt;
    if (answer.kind === 'refused') {
      const { type, message } = answer.failure;
      if (type === FAILURE.notApplicable) throw new BulkClosedError(bulkId);
      throw type === FAILURE.invalidInput ? new InvalidRequestError([{ path: '', message }]) : answer.failure;
    }
    if (answer.kind === 'busy') budget.turnedAway(latest);
  } while (await budget.pause());
  throw new NotAcceptedError(
    `No worker took the order in time. Check that one is running on task queue ${taskQueue} (cxone-skills worker), ` +
      'look at the progress, and give the order again if it had no effect.',
    { stored: false, workflowId, taskQueue },
  );
}
