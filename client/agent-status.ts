import type { WorkflowExecutionDescription } from '@temporalio/client';
import type { RememberedOutcome } from '../domain/outcome.ts';
import {
  PARKED_MEMO,
  type ParkedMemo,
  type ProvisionState,
  type ProvisionStatus,
  type RequestStatus,
} from '../workflows/provision-skill.messages.ts';
import { isOpen, latestRun, readClosedRun } from './agent-runs.ts';
import { NoWorkerError, RunTerminatedError, StillRunningError, UnknownRequestError } from './errors.ts';
import { findKnownOutcome, toOutcome } from './known-outcome.ts';
import type { OrderTarget } from './orders.ts';
import type { TemporalLink } from './temporal-link.ts';
import { queryStatus, settlementIn, type Settlement } from './waiting.ts';

/** What is known of an agent. `since` is missing only for an agent never seen. Times are ISO 8601. */
export interface AgentStatus extends Omit<ProvisionStatus, 'state' | 'since'> {
  state: ProvisionState | 'None' | 'Terminated' | 'TimedOut' | 'Cancelled' | 'Failed' | 'Unknown';
  since?: string;
  runId?: string;
  /** What a person should know about this state, where it needs words. */
  message?: string;
}

/** Where an agent's requests stand: from the open run's query, or else from what Temporal recorded. */
export async function readAgentStatus(link: TemporalLink, target: OrderTarget): Promise<AgentStatus> {
  const { agentId, workflowId } = target;
  const latest = await latestRun(link, workflowId);
  if (latest === undefined) return { agentId, workflowId, state: 'None', requests: [] };
  if (!isOpen(latest)) return closedStatus(link, target, latest);
  const status = await queryStatus(link, workflowId);
  if (status !== undefined) return { ...status, runId: latest.runId };
  const now = await latestRun(link, workflowId);
  return now !== undefined && !isOpen(now) ? closedStatus(link, target, now) : recordedStatus(target, now ?? latest);
}

/**
 * How one request stands. Throws {@link UnknownRequestError}, {@link StillRunningError}, {@link NoWorkerError} when
 * only a worker could tell, and {@link RunTerminatedError} when the agent's last run has no result.
 */
export async function readOutcome(link: TemporalLink, target: OrderTarget, requestId: string): Promise<Settlement> {
  const { agentId, workflowId, taskQueue } = target;
  const latest = await latestRun(link, workflowId);
  const status = isOpen(latest) ? await queryStatus(link, workflowId) : undefined;
  if (isOpen(latest) && status !== undefined) {
    const settlement = settlementIn(status, { requestId, workflowId, runId: latest.runId });
    if (settlement !== undefined) return settlement;
    if (status.requests.some((request) => request.requestId === requestId)) {
      throw new StillRunningError(undefined, { agentId, requestId, workflowId });
    }
  }
  const now = isOpen(latest) ? await latestRun(link, workflowId) : latest;
  const known = await findKnownOutcome(link, workflowId, requestId, now);
  if (known !== undefined) return { kind: 'ended', workflowId, runId: known.runId, outcome: toOutcome(known.outcome) };
  if (isOpen(now) && status === undefined) throw new NoWorkerError(taskQueue, workflowId);
  if (now !== undefined && !isOpen(now)) {
    const run = await readClosedRun(link, workflowId, now.runId);
    if (run.kind === 'broken') throw new RunTerminatedError(agentId, workflowId, run.how, requestId);
  }
  throw new UnknownRequestError(agentId, requestId);
}

/** The `ParkedMemo[]` of a run; empty if it has none. */
export function parkedIn(memo: Record<string, unknown> | undefined): ParkedMemo[] {
  const parked = memo?.[PARKED_MEMO];
  return Array.isArray(parked) ? (parked as ParkedMemo[]) : [];
}

async function closedStatus(
  link: TemporalLink,
  { agentId, workflowId }: OrderTarget,
  latest: WorkflowExecutionDescription,
): Promise<AgentStatus> {
  const since = (latest.closeTime ?? latest.startTime).toISOString();
  const run = await readClosedRun(link, workflowId, latest.runId);
  const base = { agentId, workflowId, runId: latest.runId, since };
  if (run.kind === 'completed') return { ...base, state: 'Completed', requests: run.outcomes.map(endedStatus) };
  if (run.kind !== 'broken') return { ...base, state: 'Unknown', requests: [] };
  const { message } = new RunTerminatedError(agentId, workflowId, run.how);
  return { ...base, state: run.state, message, requests: [] };
}

function endedStatus(remembered: RememberedOutcome): RequestStatus {
  const { requestId, toggles, conflicts } = remembered;
  return {
    requestId,
    state: 'ended',
    toggles,
    conflicts,
    since: remembered.endedAt,
    outcome: toOutcome(remembered),
  };
}

/** What can be said of an open run that no worker speaks for: its search attributes and memo, as last set. */
function recordedStatus(
  { agentId, workflowId, taskQueue }: OrderTarget,
  run: WorkflowExecutionDescription,
): AgentStatus {
  const parked = parkedIn(run.memo);
  const attribute = run.typedSearchAttributes.getAll().find(({ key }) => key.name === 'ProvisionState');
  const recorded = typeof attribute?.value === 'string' ? (attribute.value as ProvisionState) : undefined;
  const requests = parked.map(({ requestId, reason, since, escalated, requestedBy, ticket }): RequestStatus => ({
    requestId,
    state: 'parked',
    requestedBy,
    reason,
    since,
    escalated,
    ...(ticket === undefined ? {} : { ticket }),
  }));
  return {
    agentId,
    workflowId,
    runId: run.runId,
    state: parked.length > 0 ? 'AwaitingReconciliation' : (recorded ?? 'Queued'),
    since: parked[0]?.since ?? run.startTime.toISOString(),
    waitingFor: 'worker',
    message:
      `No worker answered, so this is what was last recorded and may be out of date. Check that one is running on ` +
      `task queue ${taskQueue} (cxone-skills worker).`,
    requests,
  };
}
