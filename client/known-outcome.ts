import type { WorkflowExecutionDescription } from '@temporalio/client';
import type { RememberedOutcome, RequestOutcome } from '../domain/outcome.ts';
import { isOpen, listRuns, readClosedRun } from './agent-runs.ts';
import type { TemporalLink } from './temporal-link.ts';

/** How long a request that is repeated is recognised after its run has closed. */
const REMEMBERED_MS = 24 * 60 * 60 * 1000;

export interface KnownOutcome {
  outcome: RememberedOutcome;
  runId: string;
}

/**
 * Looks a request up in the closed runs of its agent: the latest run's result, then those that visibility lists.
 * `latest` is the agent's open or latest run, as just read. Both ids must have been validated: they go into a query.
 */
export async function findKnownOutcome(
  link: TemporalLink,
  workflowId: string,
  requestId: string,
  latest: WorkflowExecutionDescription | undefined,
): Promise<KnownOutcome | undefined> {
  // Temporal forgets a workflow id only with its last run, so there is nothing to look for.
  if (latest === undefined) return undefined;
  const read = new Set([latest.runId]);
  if (!isOpen(latest)) {
    const found = await searchRun(link, workflowId, requestId, latest.runId, true);
    if (found !== undefined) return found;
  }
  for (const { runId, status } of await listRuns(link, recentRunsQuery(workflowId, requestId))) {
    if (read.has(runId)) continue;
    read.add(runId);
    const found = await searchRun(link, workflowId, requestId, runId, status.name !== 'RUNNING');
    if (found !== undefined) return found;
  }
  return undefined;
}

/** The outcome as callers see it, without what only deduplication needs. */
export function toOutcome(remembered: RememberedOutcome): RequestOutcome {
  const { digest: _digest, endedAt: _endedAt, ...outcome } = remembered;
  return outcome;
}

async function searchRun(
  link: TemporalLink,
  workflowId: string,
  requestId: string,
  runId: string,
  isClosed: boolean,
): Promise<KnownOutcome | undefined> {
  const run = await readClosedRun(link, workflowId, runId, isClosed);
  if (run.kind !== 'completed') return undefined;
  const outcome = run.outcomes.findLast((candidate) => candidate.requestId === requestId);
  return outcome === undefined ? undefined : { outcome, runId: run.runId };
}

/**
 * Visibility lags behind. A run that has just closed may still be listed as running there, without its attributes, so
 * those are read as well.
 */
function recentRunsQuery(workflowId: string, requestId: string): string {
  const since = new Date(Date.now() - REMEMBERED_MS).toISOString();
  const ended = `(CxoneRequestIds = '${requestId}' AND CloseTime > '${since}')`;
  return `WorkflowId = '${workflowId}' AND (${ended} OR ExecutionStatus = 'Running')`;
}
