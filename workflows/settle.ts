import { ApplicationFailure, getExternalWorkflowHandle, log, metricMeter, patched } from '@temporalio/workflow';
import { METRICS } from '../domain/metric-names.ts';
import type { OutcomeStatus, Problem } from '../domain/outcome.ts';
import { isPossibleWorkflowId } from '../domain/workflow-id.ts';
import type { AgentRun } from './agent-run.ts';
import { outcomeRecord, parkedRecord, reconciledRecords } from './audit-records.ts';
import { recordWithEvents } from './audit-trail.ts';
import { publishParked } from './operator-view.ts';
import { changedByOthers, type OpenRequest } from './open-request.ts';
import { isEntangled } from './request-queue.ts';
import { requestSettledSignal, type ReconciliationReason, type RequestSettled } from './provision-skill.messages.ts';

const outcomes = metricMeter.createCounter(METRICS.outcomes, '1', 'Ended requests by status');
const parked = metricMeter.createCounter(METRICS.parked, '1', 'Requests handed to a person, by reason');
const notRestored = metricMeter.createCounter(
  METRICS.agentsNotRestored,
  '1',
  'Agents we took out of the queue and could not put back',
);

/** Decides how a request ends. It has ended once {@link settle} has its outcome in the audit trail. */
export function decide(entry: OpenRequest, status: OutcomeStatus, problem?: Problem): void {
  entry.verdict ??= { status, time: new Date().toISOString(), ...(problem === undefined ? {} : { problem }) };
}

/** Ends a request whose wish was read back from routing. */
export function conclude(entry: OpenRequest): void {
  const { progress } = entry;
  const left = changedByOthers(entry);
  if (entry.cancel !== undefined) decide(entry, 'cancelled');
  else if (!progress.rollback)
    decide(entry, progress.wrote === 'no' && progress.toggles === 0 ? 'unchanged' : 'provisioned');
  else if (left.length === 0) decide(entry, 'rolled-back');
  else {
    const message = `Somebody else has changed ${left.join(', ')} since; left as it is.`;
    decide(entry, 'rolled-back', { code: 'changed-by-others', message });
  }
}

/** Hands a request to a person. */
export async function park(
  run: AgentRun,
  entry: OpenRequest,
  reason: ReconciliationReason,
  message: string,
): Promise<void> {
  run.queue.park(entry, reason, message, Date.now());
  // Noted only: whoever is out of the queue has to be seen in the queue of cases even while the trail can't be written.
  run.journal.note((name) => {
    entry.unsettled = [...(entry.unsettled ?? []), name];
    return parkedRecord(run, entry, name, { code: reason, message });
  });
  parked.add(1, { reason });
  if (reason === 'agent-not-restored') notRestored.add(1);
  const since = new Date().toISOString();
  await notify(entry, { requestId: entry.request.requestId, agentId: run.agentId, parked: { reason, since } });
}

/** Ends or parks a request that can't go on, depending on whether something was written for it. */
export async function leave(
  run: AgentRun,
  entry: OpenRequest,
  problem: Problem,
  reason: ReconciliationReason,
): Promise<void> {
  if (entry.cancel !== undefined) decide(entry, 'cancelled', problem);
  else if (isEntangled(entry.progress)) await park(run, entry, reason, problem.message);
  else decide(entry, 'rejected', problem);
}

/**
 * Ends every request that has a verdict: first its outcome goes into the audit trail, then callers see it. One whose
 * record the sink can never accept waits for a person, unless a person has said to let it go.
 */
export async function settle(run: AgentRun, letGo = false): Promise<void> {
  const decided = run.queue.open.filter((entry) => entry.verdict !== undefined && isToSettle(entry));
  if (decided.length === 0) return;
  if (await recorded(run, decided)) {
    for (const entry of decided) await close(run, entry);
    return;
  }
  // One bad record must not hold up the others, so each is tried alone.
  for (const entry of decided) {
    if (decided.length > 1 && (await recorded(run, [entry]))) await close(run, entry);
    else if (letGo) await closeWithoutInventories(run, entry);
    else await park(run, entry, 'audit-unrecordable', 'The audit trail can never accept the record of this outcome.');
  }
}

/** A case that a person has just decided is carried out on its own: the order is recorded, and may let it go. */
function isToSettle({ place, order }: OpenRequest): boolean {
  if (place === 'parked') return false;
  return place !== 'waiting' || order === undefined || !patched('orders-are-carried-out');
}

/** What a person lets go leaves at least the record of how it ended, if not of what the agent had. */
async function closeWithoutInventories(run: AgentRun, entry: OpenRequest): Promise<void> {
  const { before: _before, after: _after, ...progress } = entry.progress;
  await recorded(run, [{ ...entry, progress }]);
  await close(run, entry);
}

async function recorded(run: AgentRun, entries: OpenRequest[]): Promise<boolean> {
  const records = entries.flatMap((entry) =>
    entry.verdict === undefined
      ? []
      : [outcomeRecord(run, entry, entry.verdict), ...reconciledRecords(run, entry, entry.verdict)],
  );
  const { state, waitingFor } = run;
  const answer = await recordWithEvents(run, records, () => {
    run.enter(state, 'audit');
    // It may take long, and somebody may be out of the queue.
    if (run.queue.parked.length > 0 && patched('cases-are-shown-while-records-wait')) publishParked(run);
  });
  run.enter(state, waitingFor);
  return answer === 'recorded';
}

async function close(run: AgentRun, entry: OpenRequest): Promise<void> {
  if (entry.verdict === undefined) return;
  const { digest: _digest, endedAt: _endedAt, ...outcome } = run.queue.end(entry, entry.verdict);
  outcomes.add(1, { status: outcome.status });
  await notify(entry, { requestId: outcome.requestId, agentId: run.agentId, outcome });
}

/** Tells the workflow that asked for it. One that is gone does not need to know. */
async function notify({ request }: OpenRequest, news: RequestSettled): Promise<void> {
  const { requestId, notifyWorkflowId: to } = request;
  if (to === undefined) return;
  // A run of before may have taken such a request in; the server refuses the command, and the run would stand still.
  if (!isPossibleWorkflowId(to)) {
    log.warn('no workflow can have the id that is to get the news of a request', { requestId });
    return;
  }
  try {
    await getExternalWorkflowHandle(to).signal(requestSettledSignal, news);
  } catch (error) {
    if (!(error instanceof ApplicationFailure) && !(error instanceof Error)) throw error;
    log.warn('nobody took the news of a request', { requestId, to });
  }
}
