import type { ApplicationFailure } from '@temporalio/workflow';
import {
  CancellationScope,
  condition,
  continueAsNew,
  log,
  patched,
  setHandler,
  sleep,
  workflowInfo,
} from '@temporalio/workflow';
import { toMs } from '../domain/duration.ts';
import { FAILURE } from '../domain/failure-types.ts';
import type { ProvisionResult, RememberedOutcome } from '../domain/outcome.ts';
import { DEFAULT_POLICY } from '../domain/policy.ts';
import type { ProvisionRequest } from '../domain/request.ts';
import { agentOfWorkflowId, isPossibleWorkflowId, MAX_WORKFLOW_ID_BYTES } from '../domain/workflow-id.ts';
import { AgentRun, pause } from './agent-run.ts';
import { recordAudit, recordEvents } from './audit-trail.ts';
import { Batch } from './batch.ts';
import type { CarriedState } from './carried-state.ts';
import { checkCancelOrder, checked, checkReconcileOrder, checkRequest, refusal } from './check-input.ts';
import { publishEnded, publishParked, statusOf } from './operator-view.ts';
import { provision } from './provision.ts';
import {
  cancelRequestUpdate,
  LEFT_OUT_MEMO,
  reconcileSignal,
  resolveUpdate,
  statusQuery,
  submitRequestUpdate,
} from './provision-skill.messages.ts';
import { carryOut, takeCancellation, takeOrder } from './reconciliation.ts';
import { noteRefusedOrder, noteRefusedSubmission, toRefusal, wrongRunRecord } from './refusals.ts';
import { decide, settle } from './settle.ts';

/**
 * The only writer to one agent. Takes requests in, carries them out in order, keeps those that need a person, and ends
 * when none is left. `carried` is what the run before handed over; only the workflow itself passes it.
 */
export async function ProvisionSkillWorkflow(
  request: ProvisionRequest,
  carried?: CarriedState,
): Promise<ProvisionResult> {
  const agent = agentOfWorkflowId(workflowInfo().workflowId);
  if (agent === undefined) return await refuseRun(request);
  // "Start like this one" copies the argument of a run that was continued: what it had open has long been carried on.
  const handedOver = workflowInfo().continuedFromExecutionRunId === undefined ? undefined : carried;
  const run = new AgentRun(agent, handedOver);
  if (handedOver === undefined) takeFirst(run, request);
  listen(run);
  return CancellationScope.nonCancellable(async () => {
    for (;;) {
      await workOff(run);
      if (run.queue.parked.length > 0 && !run.isTooLong) await awaitPerson(run);
      else if (!run.journal.isEmpty) await recordEvents(run);
      else {
        const isListing = run.queue.open.length === 0;
        if (await isFinished(run)) break;
        await goOn(run, request, isListing);
      }
    }
    return { agentId: run.agentId, outcomes: [...run.queue.outcomes] };
  });
}

/** Carries out what can be carried out now, what people decided first. */
async function workOff(run: AgentRun): Promise<void> {
  while (!run.isTooLong) {
    const cancelled = run.queue.cancelledUntouched();
    if (cancelled.length > 0) {
      run.enter('Cancelling');
      for (const entry of cancelled) decide(entry, 'cancelled');
      await settle(run);
      continue;
    }
    const decided = run.queue.nextDecided();
    if (decided !== undefined) {
      await carryOut(run, decided);
      continue;
    }
    const batch = run.queue.nextBatch();
    if (batch.length === 0) return;
    await provision(run, new Batch(batch));
  }
}

/** Waits until a person decides about a parked request, and marks those that have waited too long. */
async function awaitPerson(run: AgentRun): Promise<void> {
  run.enter('AwaitingReconciliation', 'person');
  publishParked(run);
  const decided = (): boolean =>
    run.isTooLong || run.queue.cancelledUntouched().length > 0 || run.queue.nextDecided() !== undefined;
  const something = (): boolean => decided() || !run.journal.isEmpty;
  while (!decided()) {
    if (!run.journal.isEmpty) {
      await recordEvents(run);
      continue;
    }
    const next = nextEscalation(run);
    if (next === undefined) {
      await condition(something);
      continue;
    }
    // That the timer fired is the fact to go by: the clock was once seen to lag behind it (docs/decisions/0014-clock-and-queries.md).
    const interrupted = await pause(
      next.at - Date.now(),
      'a person decides; after that it is marked escalated',
      something,
    );
    if (interrupted || something()) continue;
    next.parked.escalated = true;
    log.warn('a parked request has waited too long for a person', { requestId: next.requestId });
    publishParked(run);
  }
  if (run.isTooLong) return;
  run.enter('Queued');
  publishParked(run);
}

function nextEscalation(run: AgentRun): { at: number; parked: { escalated: boolean }; requestId: string } | undefined {
  const due = run.queue.parked.flatMap(({ request, parked, progress }) => {
    if (parked === undefined || parked.escalated) return [];
    const at = parked.since + toMs((progress.policy ?? DEFAULT_POLICY).escalateAfter);
    return [{ at, parked, requestId: request.requestId }];
  });
  return due.sort((one, other) => one.at - other.at)[0];
}

/** Nothing is open, and every ended request has been listed. */
async function isFinished(run: AgentRun): Promise<boolean> {
  if (run.queue.open.length > 0) return false;
  run.enter('Completed');
  return publishEnded(run) && run.queue.open.length === 0;
}

/**
 * Continues as new with everything that is open, waiting or remembered. `isListing`: {@link isFinished} has just listed
 * ended requests. The list of those that are left would take the place of theirs, and they would be in no run's.
 */
async function goOn(run: AgentRun, request: ProvisionRequest, isListing: boolean): Promise<void> {
  if (!isListing || !patched('ended-are-listed-once')) publishEnded(run);
  while (run.answersInThisTask || !run.journal.isEmpty) {
    if (run.answersInThisTask) await sleep(1);
    else await recordEvents(run);
  }
  await continueAsNew<typeof ProvisionSkillWorkflow>(request, run.carry());
}

/** Sets every handler; called before anything is awaited. Handlers note and return, the run does the work. */
function listen(run: AgentRun): void {
  setHandler(
    submitRequestUpdate,
    (request) => {
      run.noteMessage();
      orRefuse(
        () => refuseBadSubmission(run, request),
        (failure) => noteRefusedSubmission(run, request, failure),
      );
      const admission = run.queue.admit(request, Date.now());
      return { requestId: request.requestId, state: admission === 'accepted' ? 'accepted' : 'known' };
    },
    { validator: (request) => refuseWhenFull(run, request) },
  );
  // Refused by the handler, not by a validator: what a validator turns away leaves no trace that could be audited.
  setHandler(resolveUpdate, (order) => {
    run.noteMessage();
    return orRefuse(
      () => ({ requestId: takeOrder(run, checked(checkReconcileOrder(order))).request.requestId }),
      (failure) => noteRefusedOrder(run, 'reconcile', order, failure),
    );
  });
  setHandler(cancelRequestUpdate, (order) => {
    run.noteMessage();
    return orRefuse(
      () => ({ requestId: takeCancellation(run, checked(checkCancelOrder(order))).request.requestId }),
      (failure) => noteRefusedOrder(run, 'cancel', order, failure),
    );
  });
  setHandler(reconcileSignal, (order) => {
    try {
      takeOrder(run, checked(checkReconcileOrder(order)));
    } catch (error) {
      const failure = toRefusal(error);
      log.warn('a reconcile signal applies to nothing', { problem: failure.message });
      noteRefusedOrder(run, 'reconcile', order, failure);
    }
  });
  setHandler(statusQuery, () => statusOf(run));
  // Cancelling the workflow cancels every open request; the run itself completes, so that it can say what was done.
  CancellationScope.current().cancelRequested.catch(() => {
    for (const { request } of [...run.queue.open]) {
      takeCancellation(run, {
        requestId: request.requestId,
        by: 'workflow cancellation',
        note: 'the run was cancelled',
      });
    }
  });
}

/** The answer, or the refusal, which is noted and thrown. An error of any other kind would stall the run. */
function orRefuse<T>(answer: () => T, note: (failure: ApplicationFailure) => void): T {
  try {
    return answer();
  } catch (error) {
    const failure = toRefusal(error);
    note(failure);
    throw failure;
  }
}

/** Sent again later it is welcome, so there is nothing to audit. */
function refuseWhenFull(run: AgentRun, request: unknown): void {
  const known = checkRequest(request);
  if (!known.ok || run.queue.judge(known.value) !== 'full') return;
  throw refusal(FAILURE.queueFull, `Too many requests wait for agent ${known.value.agentId}; submit it again later.`);
}

function refuseBadSubmission(run: AgentRun, request: unknown): void {
  const { requestId, tenantId, agentId, notifyWorkflowId } = checked(checkRequest(request));
  if (notifyWorkflowId !== undefined) refuseImpossibleListener(notifyWorkflowId);
  if (tenantId !== run.tenantId || agentId !== run.agentId) {
    throw refusal(FAILURE.invalidInput, `This run is for agent ${run.agentId} of tenant ${run.tenantId}.`);
  }
  const admission = run.queue.judge(request as ProvisionRequest);
  if (admission === 'reused') {
    throw refusal(FAILURE.requestIdReused, `Request id ${requestId} was used before, for other content.`);
  }
  if (admission === 'full') {
    throw refusal(FAILURE.queueFull, `Too many requests wait for agent ${agentId}; submit it again later.`);
  }
}

/** Not for {@link checkRequest}: what a run of before has taken in is taken in again when that run is replayed. */
function refuseImpossibleListener(notifyWorkflowId: string): void {
  if (isPossibleWorkflowId(notifyWorkflowId) || !patched('listeners-are-checked')) return;
  throw refusal(FAILURE.invalidInput, `notifyWorkflowId must be an id of 1 to ${MAX_WORKFLOW_ID_BYTES} bytes.`);
}

/** The start argument is the first request. One that is not a request for this agent ends rejected. */
function takeFirst(run: AgentRun, request: unknown): void {
  try {
    refuseBadSubmission(run, request);
  } catch (error) {
    const failure = toRefusal(error);
    run.queue.remember(rejected(request, 'invalid-request', failure.message));
    noteRefusedSubmission(run, request, failure);
    return;
  }
  run.queue.admit(request as ProvisionRequest, Date.now());
  // The run before ended without its cleanup: whoever it took out is put back before anything else.
  if (workflowInfo().memo?.[LEFT_OUT_MEMO] === true) {
    for (const { progress } of run.queue.open) progress.agentOut = true;
  }
}

/** A run under an id that is no agent's lock must not write. */
async function refuseRun(request: unknown): Promise<ProvisionResult> {
  const message = `${workflowInfo().workflowId} is not the id of an agent's run: provision-skill/{tenantId}/{agentId}.`;
  if (patched('audit-events')) {
    await recordAudit({ isUndisturbed: false }, [wrongRunRecord(request, message)], () => undefined);
  }
  return { agentId: '', outcomes: [rejected(request, 'wrong-workflow-id', message)] };
}

function rejected(request: unknown, code: string, message: string): RememberedOutcome {
  const { requestId } = (request ?? {}) as { requestId?: unknown };
  return {
    requestId: typeof requestId === 'string' ? requestId.slice(0, 64) : '',
    status: 'rejected',
    changes: [],
    toggles: 0,
    conflicts: 0,
    problem: { code, message },
    digest: '',
    endedAt: new Date().toISOString(),
  };
}
