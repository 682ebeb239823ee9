import { randomUUID } from 'node:crypto';
import type { WorkflowExecutionDescription } from '@temporalio/client';
import type { UpdateDefinition } from '@temporalio/common';
import { FAILURE } from '../domain/failure-types.ts';
import {
  cancelRequestUpdate,
  resolveUpdate,
  type CancelOrder,
  type OrderReceipt,
  type ReconcileOrder,
} from '../workflows/provision-skill.messages.ts';
import { createAcceptanceBudget } from './acceptance.ts';
import { isOpen, latestRun } from './agent-runs.ts';
import {
  InvalidRequestError,
  NotAcceptedError,
  NothingToCancelError,
  NothingToReconcileError,
  SeveralRequestsError,
} from './errors.ts';
import { findKnownOutcome, toOutcome } from './known-outcome.ts';
import type { AgentOrder } from './order.schema.ts';
import type { TemporalLink } from './temporal-link.ts';
import { sendUpdate, type UpdateAnswer } from './update.ts';
import { queryStatus, waitForSettlement, type Settlement, type WaitOptions } from './waiting.ts';

/** The agent's run, and who serves it. */
export interface OrderTarget {
  agentId: string;
  workflowId: string;
  taskQueue: string;
}

interface OrderKind<Order> {
  update: UpdateDefinition<OrderReceipt, [Order]>;
  several: SeveralRequestsError['code'];
  nothing: (message: string, details: Record<string, unknown>) => Error;
  /** What the run is said not to have. */
  object: string;
}

const RECONCILE: OrderKind<ReconcileOrder> = {
  update: resolveUpdate,
  several: 'several-parked',
  nothing: (message, details) => new NothingToReconcileError(message, { details }),
  object: 'No request of this agent waits for a person',
};

const CANCEL: OrderKind<CancelOrder> = {
  update: cancelRequestUpdate,
  several: 'several-open',
  nothing: (message, details) => new NothingToCancelError(message, { details }),
  object: 'No request of this agent is open',
};

/**
 * Gives a person's order about a parked request and waits until the request has ended or waits for a person again.
 * Throws {@link NothingToReconcileError}, {@link SeveralRequestsError}, {@link NotAcceptedError} and what a wait throws.
 */
export function reconcileRequest(
  link: TemporalLink,
  target: OrderTarget,
  order: AgentOrder<ReconcileOrder>,
  options: WaitOptions,
): Promise<Settlement> {
  return carryOut(link, target, RECONCILE, order, options);
}

/** Cancels an open request and waits for its outcome. Throws as {@link reconcileRequest} does. */
export function cancelRequest(
  link: TemporalLink,
  target: OrderTarget,
  order: AgentOrder<CancelOrder>,
  options: WaitOptions,
): Promise<Settlement> {
  return carryOut(link, target, CANCEL, order, options);
}

async function carryOut<Order extends { requestId?: string }>(
  link: TemporalLink,
  target: OrderTarget,
  kind: OrderKind<Order>,
  { agentId, ...order }: AgentOrder<Order>,
  options: WaitOptions,
): Promise<Settlement> {
  const { workflowId, taskQueue } = target;
  const budget = createAcceptanceBudget();
  // A run that has the order already answers the repeat without carrying it out again.
  const updateId = randomUUID();
  const { requestId } = order;
  // A run may have taken the order and closed, or continued as new, before it could say so. Then there is nothing left
  // for the repeat to apply to, and what became of the request is the answer. The same run would know its own order.
  let silentRunId: string | undefined;
  const whatBecameOfIt = async (latest: WorkflowExecutionDescription | undefined): Promise<Settlement | undefined> => {
    if (silentRunId === undefined || requestId === undefined || latest === undefined) return undefined;
    const known = await findKnownOutcome(link, workflowId, requestId, latest);
    if (known !== undefined)
      return { kind: 'ended', workflowId, runId: known.runId, outcome: toOutcome(known.outcome) };
    const { runId } = latest;
    return isOpen(latest) && runId !== silentRunId && (await isKnownTo(link, workflowId, requestId))
      ? waitForSettlement(link, { agentId, workflowId, runId, requestId, askNow: true }, options)
      : undefined;
  };
  do {
    const latest = await latestRun(link, workflowId);
    if (!isOpen(latest)) {
      const settlement = await whatBecameOfIt(latest);
      if (settlement === undefined) throw kind.nothing(`${kind.object}.`, { agentId });
      return settlement;
    }
    const { runId } = latest;
    const answer = await sendUpdate(link, budget.deadline, (client) =>
      client.workflow
        .getHandle(workflowId, runId)
        .executeUpdate(kind.update, { args: [order as unknown as Order], updateId }),
    );
    if (answer.kind === 'accepted') {
      return waitForSettlement(link, { agentId, workflowId, runId, requestId: answer.receipt.requestId }, options);
    }
    if (answer.kind === 'no-answer' || (answer.kind === 'run-closed' && answer.accepted)) silentRunId = runId;
    if (answer.kind === 'refused') {
      const isGone = answer.failure.type === FAILURE.notApplicable && runId !== silentRunId;
      const settlement = isGone ? await whatBecameOfIt(latest) : undefined;
      if (settlement === undefined) throw refusal(answer, { agentId, requestId }, kind);
      return settlement;
    }
    if (answer.kind === 'busy') budget.turnedAway(latest);
  } while (await budget.pause());
  throw new NotAcceptedError(
    `No worker took the order in time. Check that one is running on task queue ${taskQueue} (cxone-skills worker), ` +
      'look at the status, and give the order again if it had no effect.',
    { stored: false, workflowId, taskQueue },
  );
}

/** Whether the open run has the request, and nobody waits for a person with it: then an order for it was taken. */
async function isKnownTo(link: TemporalLink, workflowId: string, requestId: string): Promise<boolean> {
  const status = await queryStatus(link, workflowId);
  return status?.requests.some((request) => request.requestId === requestId && request.reason === undefined) ?? false;
}

function refusal<Order>(
  { failure }: Extract<UpdateAnswer<unknown>, { kind: 'refused' }>,
  { agentId, requestId }: { agentId: string; requestId: string | undefined },
  kind: OrderKind<Order>,
): Error {
  if (failure.type === FAILURE.invalidInput) return new InvalidRequestError([{ path: '', message: failure.message }]);
  if (failure.type !== FAILURE.notApplicable) return failure;
  const candidates = candidateIds(failure.details?.[0]);
  if (requestId === undefined && candidates.length > 1)
    return new SeveralRequestsError(kind.several, agentId, candidates);
  return kind.nothing(failure.message, { agentId, candidates });
}

/** The ids in the failure's first detail, `{ candidates: string[] }`. */
function candidateIds(details: unknown): string[] {
  if (typeof details !== 'object' || details === null || !('candidates' in details)) return [];
  const { candidates } = details;
  return Array.isArray(candidates) ? candidates.filter((id): id is string => typeof id === 'string') : [];
}
