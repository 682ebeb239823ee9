import { WorkflowContinuedAsNewError } from '@temporalio/client';
import type { QueryDefinition } from '@temporalio/common';
import ms from 'ms';
import { setMaxListeners } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import type { ChangeOutcome, Problem, RequestOutcome } from '../domain/outcome.ts';
import {
  ASKED_TOO_EARLY,
  statusQuery,
  type ProvisionStatus,
  type ReconcileAction,
  type RequestStatus,
} from '../workflows/provision-skill.messages.ts';
import { brokenRun, latestRun, outcomesIn, type ClosedRun } from './agent-runs.ts';
import {
  RunTerminatedError,
  StillRunningError,
  TemporalUnreachableError,
  UnknownRequestError,
  WaitAbortedError,
} from './errors.ts';
import { findKnownOutcome, toOutcome } from './known-outcome.ts';
import type { TemporalLink } from './temporal-link.ts';
import { refusalIn } from '../payloads/refusal.ts';

/** How waiting for a request ended: it has its outcome, or it needs a person. */
export type Settlement =
  | { kind: 'ended'; workflowId: string; runId: string; outcome: RequestOutcome }
  | ({ kind: 'parked'; workflowId: string; runId: string } & ParkedRequest);

/** A request that waits for a person, or behind one that does. */
export interface ParkedRequest {
  requestId: string;
  reason: NonNullable<RequestStatus['reason']>;
  since?: string;
  problem?: Problem;
  actions?: ReconcileAction[];
  /** What holds for each change, as last read. */
  changes?: ChangeOutcome[];
}

export interface WaitOptions {
  /** Default 15 minutes. When it is over, {@link StillRunningError}; the request goes on. */
  timeoutMs?: number;
  /** Ends the wait with {@link WaitAbortedError}; the request goes on. */
  signal?: AbortSignal;
  /** Told what the run says of itself while it goes on; never more than once in 2 s. */
  onProgress?: (status: ProvisionStatus) => void;
}

/** The request a wait is for. */
export interface Awaited {
  agentId: string;
  requestId: string;
  workflowId: string;
  runId: string;
  /** It may wait for a person already: ask at once. */
  askNow?: boolean;
}

const DEFAULT_WAIT_MS = 15 * 60_000;
const FIRST_QUERY_MS = 2_000;
const QUERY_GROWTH = 1.5;
const LONGEST_QUERY_PAUSE_MS = 15_000;
/** A worker that is there answers in milliseconds; without one the query would hang. */
const QUERY_TIMEOUT_MS = 5_000;
/** The run's next task is as good as there. */
const ASK_AGAIN_MS = 200;
/**
 * A history of no more is that of a run in its first workflow task. A query answered then can cut the task's local
 * activities short (docs/decisions/0013-local-activities-only-undisturbed.md).
 */
const FIRST_TASK_EVENTS = 3;
/** A server that is restarted is back within this; the request is not touched by it. */
const OUTAGE_MS = 60_000;
const RETRY_PAUSE_MS = 1_000;

/**
 * Waits until a request has ended or is parked. The run's result is long-polled; what it can't tell while the run goes
 * on is asked by query, which counts for nothing when no worker answers.
 */
export async function waitForSettlement(
  link: TemporalLink,
  wanted: Awaited,
  options: WaitOptions = {},
): Promise<Settlement> {
  const { timeoutMs = DEFAULT_WAIT_MS, signal, onProgress } = options;
  const over = new AbortController();
  const stop = AbortSignal.any(signal === undefined ? [over.signal] : [over.signal, signal]);
  setMaxListeners(0, stop);
  const timer = setTimeout(() => over.abort(), timeoutMs);
  try {
    stop.throwIfAborted();
    return await Promise.race([
      whenClosed(link, wanted, stop),
      whenAnswered(link, wanted, stop, onProgress),
      new Promise<never>((_resolve, reject) => stop.addEventListener('abort', () => reject(stop.reason as Error))),
    ]);
  } catch (error) {
    if (signal?.aborted === true) throw new WaitAbortedError(idsOf(wanted));
    if (over.signal.aborted) throw new StillRunningError(ms(timeoutMs, { long: true }), idsOf(wanted));
    throw error;
  } finally {
    clearTimeout(timer);
    over.abort();
  }
}

/** Asks the agent's open run about its state; `undefined` if no worker answers, or the run has closed. */
export function queryStatus(
  link: TemporalLink,
  workflowId: string,
  stop?: AbortSignal,
): Promise<ProvisionStatus | undefined> {
  return queryRun(link, workflowId, statusQuery, stop);
}

/** Asks an open run; `undefined` if no worker answers, or the run has closed. */
export async function queryRun<Answer>(
  link: TemporalLink,
  workflowId: string,
  query: QueryDefinition<Answer>,
  stop: AbortSignal = new AbortController().signal,
): Promise<Answer | undefined> {
  // The SDK adds a listener with each call and leaves it there; they go with this signal.
  setMaxListeners(0, stop);
  const client = await link.client();
  const deadline = Date.now() + QUERY_TIMEOUT_MS;
  const handle = client.workflow.getHandle(workflowId);
  const ask = async (): Promise<Answer> => {
    const { historyLength } = await handle.describe();
    if (historyLength <= FIRST_TASK_EVENTS) throw new Error(ASKED_TOO_EARLY);
    return handle.query(query);
  };
  for (;;) {
    try {
      return await client.connection.withAbortSignal(stop, () => client.withDeadline(deadline, ask));
    } catch (error) {
      const tooEarly = error instanceof Error && error.message.includes(ASKED_TOO_EARLY);
      const refusal = refusalIn(error);
      if (refusal !== undefined) throw refusal;
      // Whoever asks has a surer source to fall back on: the run's result, or what Temporal itself recorded.
      if (!tooEarly || stop.aborted || Date.now() + ASK_AGAIN_MS > deadline) return undefined;
      await delay(ASK_AGAIN_MS);
    }
  }
}

/** What a run says of one request, if that settles it. */
export function settlementIn(
  status: ProvisionStatus,
  { requestId, workflowId, runId }: Pick<Awaited, 'requestId' | 'workflowId' | 'runId'>,
): Settlement | undefined {
  const found = status.requests.find((request) => request.requestId === requestId);
  if (found?.outcome !== undefined) return { kind: 'ended', workflowId, runId, outcome: found.outcome };
  if (found?.reason === undefined) return undefined;
  const { reason, since, problem, actions, changes } = found;
  return {
    kind: 'parked',
    workflowId,
    runId,
    requestId,
    reason,
    ...(since === undefined ? {} : { since }),
    ...(problem === undefined ? {} : { problem }),
    ...(actions === undefined ? {} : { actions }),
    ...(changes === undefined ? {} : { changes }),
  };
}

/** The request's outcome from the run's result, as soon as the run has closed. */
async function whenClosed(link: TemporalLink, wanted: Awaited, stop: AbortSignal): Promise<Settlement> {
  const { agentId, requestId, workflowId } = wanted;
  const run = await longPollResult(link, wanted, stop);
  if (run.kind === 'broken') throw new RunTerminatedError(agentId, workflowId, run.how, requestId);
  const remembered =
    run.kind === 'completed' ? run.outcomes.findLast((outcome) => outcome.requestId === requestId) : undefined;
  if (remembered !== undefined) {
    return { kind: 'ended', workflowId, runId: run.runId, outcome: toOutcome(remembered) };
  }
  const known = await findKnownOutcome(link, workflowId, requestId, await latestRun(link, workflowId));
  if (known === undefined) throw new UnknownRequestError(agentId, requestId);
  return { kind: 'ended', workflowId, runId: known.runId, outcome: toOutcome(known.outcome) };
}

async function longPollResult(
  link: TemporalLink,
  { workflowId, runId: firstRunId }: Awaited,
  stop: AbortSignal,
): Promise<ClosedRun> {
  let runId = firstRunId;
  for (;;) {
    try {
      const pinned = runId;
      const client = await link.client();
      const result: unknown = await client.connection.withAbortSignal(stop, () =>
        client.workflow.getHandle(workflowId, pinned, { followRuns: false }).result(),
      );
      return { kind: 'completed', runId, outcomes: outcomesIn(result) };
    } catch (error) {
      stop.throwIfAborted();
      if (error instanceof WorkflowContinuedAsNewError) {
        runId = error.newExecutionRunId;
        continue;
      }
      if (link.unreachable(error) === undefined) return brokenRun(error, runId);
      await untilReachable(link, workflowId, stop);
    }
  }
}

async function untilReachable(link: TemporalLink, workflowId: string, stop: AbortSignal): Promise<void> {
  const giveUp = Date.now() + OUTAGE_MS;
  for (;;) {
    try {
      await latestRun(link, workflowId);
      return;
    } catch (error) {
      if (!(error instanceof TemporalUnreachableError) || Date.now() > giveUp) throw error;
    }
    await delay(RETRY_PAUSE_MS, undefined, { signal: stop });
  }
}

async function whenAnswered(
  link: TemporalLink,
  wanted: Awaited,
  stop: AbortSignal,
  onProgress: WaitOptions['onProgress'],
): Promise<Settlement> {
  let pauseMs = wanted.askNow === true ? 0 : FIRST_QUERY_MS;
  for (;;) {
    await delay(pauseMs, undefined, { signal: stop });
    const status = await queryStatus(link, wanted.workflowId, stop).catch(undefinedUnlessRefused);
    stop.throwIfAborted();
    const settlement = status && settlementIn(status, wanted);
    if (settlement !== undefined) return settlement;
    if (status !== undefined) onProgress?.(status);
    pauseMs = Math.min(Math.max(pauseMs * QUERY_GROWTH, FIRST_QUERY_MS), LONGEST_QUERY_PAUSE_MS);
  }
}

function undefinedUnlessRefused(error: unknown): undefined {
  const refusal = refusalIn(error);
  if (refusal !== undefined) throw refusal;
}

function idsOf({ agentId, requestId, workflowId, runId }: Awaited) {
  return { agentId, requestId, workflowId, runId };
}
