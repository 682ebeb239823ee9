import {
  WorkflowContinuedAsNewError,
  WorkflowFailedError,
  WorkflowNotFoundError,
  type Client,
  type WorkflowExecutionDescription,
  type WorkflowExecutionInfo,
} from '@temporalio/client';
import { CancelledFailure, TerminatedFailure, TimeoutFailure } from '@temporalio/common';
import { decodeFromPayloadsAtIndex } from '@temporalio/common/lib/internal-non-workflow/index.js';
import type { ProvisionResult, RememberedOutcome } from '../domain/outcome.ts';
import { refusalIn } from '../payloads/refusal.ts';
import { GRPC, grpcCode, type TemporalLink } from './temporal-link.ts';
import { leaveMemosUnread, type ReadMemo } from './unread-memos.ts';

/** How a closed run ended. */
export type ClosedRun =
  | { kind: 'completed'; runId: string; outcomes: RememberedOutcome[] }
  /** The chain goes on in the open run. */
  | { kind: 'open'; runId: string }
  /** Terminated, timed out, cancelled or failed: it has no result. `how` completes "the run …". */
  | { kind: 'broken'; runId: string; state: 'Terminated' | 'TimedOut' | 'Cancelled' | 'Failed'; how: string }
  /** Past Temporal's retention. */
  | { kind: 'gone'; runId: string };

/**
 * The agent's open run, or else the latest closed one. Throws a `PayloadRefusedError` where no keys are set and the open
 * run was started with some: its workers could read nothing that is sent from here, and would stall over an update.
 */
export async function latestRun(
  link: TemporalLink,
  workflowId: string,
): Promise<WorkflowExecutionDescription | undefined> {
  const run = await describeRun(link, workflowId);
  if (isOpen(run)) await run.staticSummary().catch(onlyWithoutKeys);
  return run;
}

/** What else is wrong with a summary does not matter: nobody needs it here. */
function onlyWithoutKeys(error: unknown): void {
  if (refusalIn(error)?.reason === 'no-keys') throw error;
}

/** One run, or the latest; undefined if there is none, or no longer. */
async function describeRun(
  link: TemporalLink,
  workflowId: string,
  runId?: string,
): Promise<WorkflowExecutionDescription | undefined> {
  try {
    return await link.call((client) => client.workflow.getHandle(workflowId, runId).describe());
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return undefined;
    throw error;
  }
}

/** A run that has not closed. */
export type OpenRun = WorkflowExecutionDescription & { status: { name: 'RUNNING' | 'PAUSED' } };

export function isOpen(run: WorkflowExecutionDescription | undefined): run is OpenRun {
  return run?.status.name === 'RUNNING' || run?.status.name === 'PAUSED';
}

/**
 * Reads a run's result, following continue-as-new. Needs no worker. A run that has not closed is not waited for;
 * `isClosed` says that the first is known to have.
 */
export async function readClosedRun(
  link: TemporalLink,
  workflowId: string,
  firstRunId: string,
  isClosed = true,
): Promise<ClosedRun> {
  let known = isClosed;
  for (let runId = firstRunId; ; known = false) {
    // The result of an open run would be waited for.
    if (!known && isOpen(await describeRun(link, workflowId, runId))) return { kind: 'open', runId };
    try {
      const pinned = runId;
      const result: unknown = await link.call((client) =>
        client.workflow.getHandle(workflowId, pinned, { followRuns: false }).result(),
      );
      return { kind: 'completed', runId, outcomes: outcomesIn(result) };
    } catch (error) {
      if (!(error instanceof WorkflowContinuedAsNewError)) return brokenRun(error, runId);
      runId = error.newExecutionRunId;
    }
  }
}

/** Says how a run without a result ended; throws the error if that is not what it tells. */
export function brokenRun(error: unknown, runId: string): ClosedRun {
  if (error instanceof WorkflowNotFoundError) return { kind: 'gone', runId };
  if (!(error instanceof WorkflowFailedError)) throw error;
  if (error.cause instanceof TerminatedFailure) {
    return { kind: 'broken', runId, state: 'Terminated', how: 'was terminated' };
  }
  if (error.cause instanceof TimeoutFailure) return { kind: 'broken', runId, state: 'TimedOut', how: 'timed out' };
  if (error.cause instanceof CancelledFailure) {
    return { kind: 'broken', runId, state: 'Cancelled', how: 'was closed as cancelled' };
  }
  return { kind: 'broken', runId, state: 'Failed', how: `failed (${error.cause?.message ?? error.message})` };
}

/** The outcomes in a run's result; none if it is not a result of ours. */
export function outcomesIn(result: unknown): RememberedOutcome[] {
  if (typeof result !== 'object' || result === null || !('outcomes' in result)) return [];
  const { outcomes } = result as Partial<ProvisionResult>;
  return Array.isArray(outcomes) ? outcomes : [];
}

/** A run of a list; one whose memo is refused does not keep the others from being listed. */
export type ListedRun = Omit<WorkflowExecutionInfo, 'memo'> & ReadMemo;

/** Visibility has no row for an attribute that nobody has registered; then no worker has ever run here. */
export async function listRuns(link: TemporalLink, query: string): Promise<ListedRun[]> {
  try {
    return await link.call((client) => collectRuns(client, query));
  } catch (error) {
    if (isUnknownAttribute(error)) return [];
    throw error;
  }
}

function isUnknownAttribute(error: unknown): boolean {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause.message : '';
  return grpcCode(error) === GRPC.invalidArgument && /search attribute/i.test(cause);
}

async function collectRuns(connected: Client, query: string): Promise<ListedRun[]> {
  const { client, read } = leaveMemosUnread(connected);
  const runs: ListedRun[] = [];
  for await (const { memo, ...run } of client.workflow.list({ query })) {
    runs.push({ ...run, ...(await read(memo, run.workflowId)) });
  }
  return runs;
}

/** What a run was started with. Needs no worker. */
export async function startArgument(link: TemporalLink, workflowId: string, runId: string): Promise<unknown> {
  return (await readStart(link, workflowId, runId)).argument;
}

/** What the first of the runs was started with that this one continues. Needs no worker. */
export async function firstStartArgument(link: TemporalLink, workflowId: string, runId: string): Promise<unknown> {
  const { argument, firstRunId } = await readStart(link, workflowId, runId);
  return firstRunId === runId ? argument : startArgument(link, workflowId, firstRunId);
}

async function readStart(
  link: TemporalLink,
  workflowId: string,
  runId: string,
): Promise<{ argument: unknown; firstRunId: string }> {
  return link.call(async (client) => {
    const { history } = await client.workflowService.getWorkflowExecutionHistory({
      namespace: client.options.namespace,
      execution: { workflowId, runId },
      maximumPageSize: 1,
    });
    const started = history?.events?.[0]?.workflowExecutionStartedEventAttributes;
    const { loadedDataConverter } = client.options;
    const argument = await decodeFromPayloadsAtIndex<unknown>(loadedDataConverter, 0, started?.input?.payloads, {
      type: 'workflow',
      namespace: client.options.namespace,
      workflowId,
    });
    return { argument, firstRunId: started?.firstExecutionRunId || runId };
  });
}
