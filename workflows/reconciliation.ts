import { ApplicationFailure, log, patched } from '@temporalio/workflow';
import { FAILURE } from '../domain/failure-types.ts';
import { DEFAULT_POLICY, type Policy } from '../domain/policy.ts';
import type { AgentRun } from './agent-run.ts';
import { orderRecord, type OrderEvent } from './audit-records.ts';
import { recordWithEvents } from './audit-trail.ts';
import { Batch } from './batch.ts';
import { restoreAgent } from './bring-in-step.ts';
import { applicableActions, noteInventory, type OpenRequest } from './open-request.ts';
import { fetchAgent, oneLook, verifyRouting, type Patience } from './platform.ts';
import type { CancelOrder, ReconcileOrder } from './provision-skill.messages.ts';
import { provision } from './provision.ts';
import { decide, park, settle } from './settle.ts';

/** So long a person who accepts what holds waits for it to be read, before the request is parked again. */
const ACCEPT_READ_LIMIT_MS = 60_000;

/** The parked request an order is about. Throws when there is none, or when it would have to be guessed. */
function orderedRequest(run: AgentRun, { requestId, action }: ReconcileOrder): OpenRequest {
  const entry = theOne(run.queue.parked, requestId, 'waits for a person');
  if (!applicableActions(entry).includes(action)) {
    throw notApplicable(
      `${action} does not apply to request ${entry.request.requestId}; what does: ${applicableActions(entry).join(', ')}.`,
      [],
    );
  }
  return entry;
}

/** The open request a cancellation is about. Throws like {@link orderedRequest}. */
function cancelledRequest(run: AgentRun, { requestId }: CancelOrder): OpenRequest {
  return theOne(run.queue.open, requestId, 'is open');
}

/** Notes an order; from here on the request no longer waits for a person. */
export function takeOrder(run: AgentRun, order: ReconcileOrder): OpenRequest {
  const entry = orderedRequest(run, order);
  const { action, operator, note } = order;
  run.queue.unpark(entry);
  // A person's later word goes before a cancellation that could not be carried out.
  if (entry.verdict === undefined) delete entry.cancel;
  entry.order = { action, operator, note };
  return entry;
}

/** Notes a cancellation; what is written already is brought to an end, nothing new is begun. */
export function takeCancellation(run: AgentRun, order: CancelOrder): OpenRequest {
  const entry = cancelledRequest(run, order);
  const { by, note } = order;
  const event = { status: 'cancel', operator: by, note } as const;
  const outcome = entry.cancel === undefined ? 'success' : 'noop';
  const noted = run.journal.note((name) => orderRecord(run, entry, event, { outcome, name }));
  entry.cancel ??= { by, note, ...(noted ? { noted } : {}) };
  if (entry.place === 'parked') run.queue.unpark(entry);
  if (entry.place === 'active') run.enter('Cancelling');
  return entry;
}

/** Carries out what a person decided about a request that was parked. */
export async function carryOut(run: AgentRun, entry: OpenRequest): Promise<void> {
  const isRecorded = await recordDecision(run, entry);
  const { order, progress } = entry;
  if (!isRecorded && !mayGoUnrecorded(entry)) {
    return park(run, entry, 'audit-unrecordable', 'The audit trail can never accept the record of this order.');
  }
  entry.place = 'active';
  if (entry.verdict !== undefined) return settle(run, order?.action === 'abandon');
  if (entry.cancel !== undefined) return close(run, entry, 'cancelled');
  switch (order?.action) {
    case 'retry':
      return provision(run, new Batch([entry]));
    case 'rollback':
      progress.rollback = true;
      delete progress.resolvedAt;
      return provision(run, new Batch([entry]));
    case 'accept':
      return accept(run, entry);
    case 'abandon':
      return close(run, entry, 'abandoned');
    case undefined:
      return provision(run, new Batch([entry]));
  }
}

/** Whether the audit trail has the decision; false if it never will. */
async function recordDecision(run: AgentRun, entry: OpenRequest): Promise<boolean> {
  const { state } = run;
  const events = decisionOf(entry).map((event) => orderRecord(run, entry, event));
  if (events.length === 0 && run.journal.isEmpty) return true;
  const answer = await recordWithEvents(run, events, () => run.enter(state, 'audit'));
  if (answer === 'recorded') return true;
  log.error('the audit trail can never accept the record of an order', { requestId: entry.request.requestId });
  // Runs from before were carried on with it.
  return !patched('orders-are-recorded');
}

/** What writes nothing more, or could never end otherwise. */
function mayGoUnrecorded({ order, verdict, cancel }: OpenRequest): boolean {
  return verdict !== undefined || cancel !== undefined || order === undefined || order.action === 'abandon';
}

function decisionOf({ order, cancel }: OpenRequest): OrderEvent[] {
  if (order !== undefined) {
    return [{ status: `reconcile-${order.action}`, operator: order.operator, note: order.note }];
  }
  if (cancel === undefined || cancel.noted === true) return [];
  return [{ status: 'cancel', operator: cancel.by, note: cancel.note }];
}

/** Reads first and reports honestly what holds. */
async function accept(run: AgentRun, entry: OpenRequest): Promise<void> {
  const refusal = await restoreIfOut(run, entry);
  if (refusal !== undefined) return park(run, entry, 'agent-not-restored', refusal);
  run.enter('Verifying', 'platform');
  const patience = { policy: policyOf(entry), limitMs: ACCEPT_READ_LIMIT_MS, interrupted: () => false };
  if (await readWhatHolds(run, entry, patience)) decide(entry, 'accepted');
  else
    await park(run, entry, 'platform-unavailable', 'What holds now could not be read, so nothing could be accepted.');
  await settle(run);
}

/** Closes a request without doing more for it, but for putting the agent back if we took them out. */
async function close(run: AgentRun, entry: OpenRequest, status: 'abandoned' | 'cancelled'): Promise<void> {
  const refusal = await restoreIfOut(run, entry);
  // Nobody may close this silently: the agent is out of the queue. Only a person may leave it at that.
  if (refusal !== undefined && status === 'cancelled') return park(run, entry, 'agent-not-restored', refusal);
  run.enter('Verifying', 'platform');
  await readWhatHolds(run, entry, oneLook(policyOf(entry)));
  decide(entry, status, refusal === undefined ? undefined : { code: 'agent-not-restored', message: refusal });
  await settle(run);
}

async function restoreIfOut(run: AgentRun, entry: OpenRequest): Promise<string | undefined> {
  return entry.progress.agentOut ? restoreAgent(run, policyOf(entry)) : undefined;
}

async function readWhatHolds(run: AgentRun, { progress }: OpenRequest, patience: Patience): Promise<boolean> {
  const [agent, routing] = await Promise.all([fetchAgent(run, patience), verifyRouting(run, [], patience)]);
  if (agent.kind === 'read') {
    noteInventory(
      progress,
      agent.value.skills.map(({ skillId, level }) => ({ skillId, level })),
    );
  }
  if (routing.kind === 'in-step') progress.routing = routing.routing;
  return agent.kind === 'read' && routing.kind === 'in-step';
}

function policyOf({ progress }: OpenRequest): Policy {
  return progress.policy ?? DEFAULT_POLICY;
}

function theOne(candidates: readonly OpenRequest[], requestId: string | undefined, what: string): OpenRequest {
  const ids = candidates.map(({ request }) => request.requestId);
  const found = candidates.filter(({ request }) => requestId === undefined || request.requestId === requestId);
  const [only] = found;
  if (only !== undefined && found.length === 1) return only;
  if (found.length > 1) throw notApplicable(`Several requests apply; name one of them: ${ids.join(', ')}.`, ids);
  const which = requestId === undefined ? 'No request' : `Request ${requestId} is not one that`;
  throw notApplicable(`${which} ${what}.`, ids);
}

function notApplicable(message: string, candidates: string[]): ApplicationFailure {
  return ApplicationFailure.create({
    type: FAILURE.notApplicable,
    message,
    nonRetryable: true,
    details: [{ candidates }],
  });
}
