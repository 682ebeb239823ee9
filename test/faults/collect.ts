import type { Client } from '@temporalio/client';
import { defaultPayloadConverter } from '@temporalio/common';
import proto from '@temporalio/proto';
import { Worker } from '@temporalio/worker';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { ProvisioningClient } from '../../client/index.ts';
import type { PatchCommand } from '../../activities/contract.ts';
import type { ProvisionResult, RequestOutcome } from '../../domain/outcome.ts';
import { PROVISION_WORKFLOW } from '../../domain/workflow-id.ts';
import { statusQuery, type RequestStatus } from '../../workflows/provision-skill.messages.ts';
import type { UnheardPatch } from '../support/invariants/evidence.ts';

/** What Temporal knows at the end. */
export interface Settled {
  outcomes: RequestOutcome[];
  /** Open requests that wait for a person, or behind one that does, as an operator sees them. */
  parked: { requestId: string; reason: string; agent: string }[];
  /** Ids of requests with more than one outcome that differ. */
  contradictions: string[];
}

interface Run {
  type: string;
  workflowId: string;
  runId: string;
  status: string;
}

/** A run that is not over yet is a sound one. */
const SOUND_ENDS: readonly string[] = ['RUNNING', 'COMPLETED', 'CONTINUED_AS_NEW'];
const BLOCKED = 'blocked-by-reconciliation';
const RETRY_PAUSE_MS = 500;

/** Waits until nothing moves any more, for `limitMs` at most, and reads every run. */
export async function collectSettled(
  temporal: Client,
  workflowIds: readonly string[],
  limitMs: number,
): Promise<Settled> {
  const until = Date.now() + limitMs;
  const byRequest = new Map<string, RequestOutcome>();
  const contradictions: string[] = [];
  const parked: Settled['parked'] = [];
  const take = (outcome: RequestOutcome & { digest?: string; endedAt?: string }): void => {
    const { digest, endedAt: _endedAt, ...plain } = outcome;
    if (digest === '') return;
    const known = byRequest.get(plain.requestId);
    if (known !== undefined && JSON.stringify(known) !== JSON.stringify(plain)) contradictions.push(plain.requestId);
    byRequest.set(plain.requestId, plain);
  };
  for (const workflowId of workflowIds) {
    const open = await untilStill(temporal, workflowId, until);
    for (const request of open) {
      if (request.outcome !== undefined) take(request.outcome);
      else if (request.reason !== undefined)
        parked.push({ requestId: request.requestId, reason: request.reason, agent: workflowId });
    }
  }
  for (const { type, workflowId, runId } of await listRuns(temporal)) {
    if (type !== PROVISION_WORKFLOW) continue;
    const handle = temporal.workflow.getHandle(workflowId, runId, { followRuns: false });
    const { status } = await handle.describe();
    if (status.name !== 'COMPLETED') continue;
    for (const outcome of ((await handle.result()) as ProvisionResult).outcomes) take(outcome);
  }
  return { outcomes: [...byRequest.values()], parked, contradictions };
}

/** The requests of an agent's open run once each has ended or waits for a person; none if no run is open. */
async function untilStill(temporal: Client, workflowId: string, until: number): Promise<RequestStatus[]> {
  const handle = temporal.workflow.getHandle(workflowId);
  for (;;) {
    const description = await handle.describe().catch(() => undefined);
    if (description?.status.name !== 'RUNNING') return [];
    const requests = (await handle.query(statusQuery).catch(() => undefined))?.requests ?? [];
    if (isStill(requests) || Date.now() > until) return requests;
    await delay(RETRY_PAUSE_MS);
  }
}

/** A run whose requests have all ended is about to close. */
function isStill(requests: readonly RequestStatus[]): boolean {
  const open = requests.filter(({ outcome }) => outcome === undefined);
  return open.length > 0 && open.every(({ reason }) => reason !== undefined);
}

async function listRuns(temporal: Client): Promise<Run[]> {
  const runs: Run[] = [];
  for await (const { type, workflowId, runId, status } of temporal.workflow.list()) {
    runs.push({ type, workflowId, runId, status: status.name });
  }
  return runs;
}

/** What all histories tell. */
export interface Told {
  /** The PATCHes that a worker was given and did not report back about in time. */
  unheard: UnheardPatch[];
  /** Runs that have failed, or did not replay. */
  failures: string[];
}

const { WORKFLOW_TASK_FAILED_CAUSE_NON_DETERMINISTIC_ERROR: NOT_REPLAYED } =
  proto.temporal.api.enums.v1.WorkflowTaskFailedCause;

export async function readHistories(temporal: Client): Promise<Told> {
  const unheard: UnheardPatch[] = [];
  const failures: string[] = [];
  for (const { workflowId, runId, status } of await listRuns(temporal)) {
    if (!SOUND_ENDS.includes(status)) failures.push(`${workflowId} (${runId}) has ended ${status}`);
    const { events } = await temporal.workflow.getHandle(workflowId, runId).fetchHistory();
    const byId = new Map(events?.map((event) => [String(event.eventId), event]));
    for (const { workflowTaskFailedEventAttributes: failed } of events ?? []) {
      // Whatever else fails a task is of the worker: one that was stopped for long ran out of time, say.
      if (failed?.cause !== NOT_REPLAYED) continue;
      failures.push(`${workflowId} (${runId}): a task did not replay: ${failed.failure?.message}`);
    }
    for (const { activityTaskTimedOutEventAttributes: timedOut } of events ?? []) {
      const scheduled = byId.get(String(timedOut?.scheduledEventId))?.activityTaskScheduledEventAttributes;
      const started = byId.get(String(timedOut?.startedEventId))?.activityTaskStartedEventAttributes;
      const [input] = scheduled?.input?.payloads ?? [];
      if (scheduled?.activityType?.name !== 'patchSkills' || input === undefined) continue;
      const { idempotencyKey } = defaultPayloadConverter.fromPayload<PatchCommand>(input);
      unheard.push({ idempotencyKey, pid: Number(started?.identity?.split('#')[1]) });
    }
  }
  return { unheard, failures };
}

/** Requests that wait for a person and that no operator sees in the queue, and those that wait behind nobody. */
export async function invisible(
  client: Pick<ProvisioningClient, 'queue'>,
  { parked }: Pick<Settled, 'parked'>,
): Promise<string[]> {
  const seen = new Set((await client.queue()).map(({ requestId }) => requestId));
  const waiting = new Set(parked.filter(({ reason }) => reason !== BLOCKED).map(({ agent }) => agent));
  return parked.flatMap(({ requestId, reason, agent }) => {
    if (reason === BLOCKED) return waiting.has(agent) ? [] : [`${requestId} waits behind a case that is not there`];
    return seen.has(requestId) ? [] : [`${requestId} waits for a person, who is not shown it`];
  });
}

/** Replays all histories with a bundle; says which do not replay. */
export async function replayHistories(
  temporal: Client,
  build: string,
): Promise<{ cases: number; violations: string[] }> {
  const runs = await listRuns(temporal);
  const violations: string[] = [];
  let cases = 0;
  async function* histories() {
    for (const { workflowId, runId } of runs) {
      yield { workflowId, history: await temporal.workflow.getHandle(workflowId, runId).fetchHistory() };
    }
  }
  const workflowBundle = { codePath: join(build, 'workflow-bundle.js') };
  for await (const { error, runId } of Worker.runReplayHistories({ workflowBundle }, histories())) {
    if (error !== undefined) violations.push(`${runs[cases]?.workflowId} (${runId}): ${error.message}`);
    cases += 1;
  }
  return { cases, violations };
}
