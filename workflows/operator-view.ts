import { setCurrentDetails, upsertMemo, upsertSearchAttributes } from '@temporalio/workflow';
import { defineSearchAttributeKey } from '@temporalio/common';
import { SEARCH_ATTRIBUTES } from '../domain/search-attributes.ts';
import type { AgentRun } from './agent-run.ts';
import { detailsOf } from './current-details.ts';
import { applicableActions, outcomeOf, type OpenRequest } from './open-request.ts';
import { PARKED_MEMO, type ParkedMemo, type ProvisionStatus, type RequestStatus } from './provision-skill.messages.ts';

/** The server's bound for one search attribute is 2 KB; a run that ended more requests continues to list the rest. */
const MAX_LISTED_CHARS = 1_900;

const tenantKey = defineSearchAttributeKey('CxoneTenantId', SEARCH_ATTRIBUTES.CxoneTenantId);
const agentKey = defineSearchAttributeKey('CxoneAgentId', SEARCH_ATTRIBUTES.CxoneAgentId);
const requestIdsKey = defineSearchAttributeKey('CxoneRequestIds', SEARCH_ATTRIBUTES.CxoneRequestIds);
const stateKey = defineSearchAttributeKey('ProvisionState', SEARCH_ATTRIBUTES.ProvisionState);
const reasonKey = defineSearchAttributeKey('ReconciliationReason', SEARCH_ATTRIBUTES.ReconciliationReason);
const sinceKey = defineSearchAttributeKey('ReconciliationSince', SEARCH_ATTRIBUTES.ReconciliationSince);

/**
 * Shows a state that can last to people: search attributes (all of them at once, each upsert is billed) and the text
 * in the Web UI. Fine states come from the query.
 */
export function publish(run: AgentRun): void {
  const waiting = run.queue.parked;
  // An agent who is out of the queue goes before everything else.
  const first = waiting.find(({ progress }) => progress.agentOut) ?? waiting[0];
  const openIds = run.queue.open.map(({ request }) => request.requestId);
  upsert(run, fitting([...waiting.map(({ request }) => request.requestId), ...run.queue.unlisted, ...openIds]), first);
  if (first !== undefined) publishMemo(run);
  describe(run);
}

/** Brings the list of parked requests, which the queue shows without asking a worker, up to date. */
export function publishParked(run: AgentRun): void {
  publish(run);
  if (run.queue.parked.length === 0) publishMemo(run);
}

function publishMemo(run: AgentRun): void {
  upsertMemo({ [PARKED_MEMO]: run.queue.parked.flatMap(parkedMemo) });
}

/** Lists ended requests, so that a repeated one is found in a closed run. False: some did not fit, go on listing. */
export function publishEnded(run: AgentRun): boolean {
  const listed = fitting(run.queue.unlisted);
  upsert(run, listed, run.queue.parked[0]);
  run.queue.unlisted.splice(0, listed.length);
  describe(run);
  return run.queue.unlisted.length === 0;
}

/** Brings the text in the Web UI up to date; costs nothing in the history. */
export function describe(run: AgentRun): void {
  setCurrentDetails(detailsOf(run));
}

function upsert(run: AgentRun, requestIds: string[], parked: OpenRequest | undefined): void {
  upsertSearchAttributes([
    { key: tenantKey, value: run.tenantId },
    { key: agentKey, value: run.agentId },
    { key: requestIdsKey, value: requestIds },
    // Whatever else goes on: while something waits for a person, it is in the queue.
    { key: stateKey, value: parked === undefined ? run.state : 'AwaitingReconciliation' },
    { key: reasonKey, value: parked?.parked?.reason ?? null },
    { key: sinceKey, value: parked?.parked === undefined ? null : new Date(parked.parked.since) },
  ]);
}

function fitting(ids: readonly string[]): string[] {
  const listed: string[] = [];
  let chars = 0;
  for (const id of new Set(ids)) {
    chars += id.length + 3;
    if (chars > MAX_LISTED_CHARS) break;
    listed.push(id);
  }
  return listed;
}

function parkedMemo({ request, parked }: OpenRequest): ParkedMemo[] {
  if (parked === undefined) return [];
  const { reason, since, escalated } = parked;
  return [
    {
      requestId: request.requestId,
      reason,
      since: new Date(since).toISOString(),
      escalated,
      requestedBy: request.requestedBy,
      ...(request.ticket === undefined ? {} : { ticket: request.ticket }),
    },
  ];
}

/** The answer of the `status` query. */
export function statusOf(run: AgentRun): ProvisionStatus {
  const blocked = run.queue.parked.length > 0;
  return {
    agentId: run.agentId,
    workflowId: run.workflowId,
    state: run.state,
    since: new Date(run.stateSince).toISOString(),
    ...(run.waitingFor === undefined ? {} : { waitingFor: run.waitingFor }),
    escalated: run.queue.parked.some(({ parked }) => parked?.escalated === true),
    requests: [
      ...run.queue.open.map((entry) => openStatus(entry, blocked)),
      ...run.queue.outcomes.map(({ digest: _digest, endedAt: since, ...outcome }): RequestStatus => {
        return { requestId: outcome.requestId, state: 'ended', since, outcome };
      }),
    ],
  };
}

function openStatus(entry: OpenRequest, blocked: boolean): RequestStatus {
  const { request, progress, parked, place } = entry;
  const base = {
    requestId: request.requestId,
    requestedBy: request.requestedBy,
    ...(request.ticket === undefined ? {} : { ticket: request.ticket }),
    attempts: progress.attempts,
    toggles: progress.toggles,
    conflicts: progress.conflicts,
  };
  if (parked !== undefined) {
    return {
      ...base,
      state: 'parked',
      reason: parked.reason,
      problem: { code: parked.reason, message: parked.message },
      since: new Date(parked.since).toISOString(),
      escalated: parked.escalated,
      actions: applicableActions(entry),
      changes: outcomeOf(entry, { status: 'failed', time: '' }).changes,
    };
  }
  const decided = entry.order !== undefined || entry.cancel !== undefined;
  if (place === 'active' || decided) return { ...base, state: 'active' };
  return { ...base, state: 'queued', ...(blocked ? { reason: 'blocked-by-reconciliation' } : {}) };
}
