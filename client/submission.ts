import { WithStartWorkflowOperation, type Client, type WorkflowExecutionDescription } from '@temporalio/client';
import { FAILURE } from '../domain/failure-types.ts';
import type { RememberedOutcome, RequestOutcome } from '../domain/outcome.ts';
import { requestDigest } from '../domain/request-digest.ts';
import { describeSkill, type ProvisionRequest } from '../domain/request.ts';
import { PROVISION_WORKFLOW, provisionWorkflowId } from '../domain/workflow-id.ts';
import { LEFT_OUT_MEMO, submitRequestUpdate } from '../workflows/provision-skill.messages.ts';
import { createAcceptanceBudget } from './acceptance.ts';
import { isOpen, latestRun, startArgument } from './agent-runs.ts';
import { InvalidRequestError, NotAcceptedError, QueueFullError, RequestIdReusedError } from './errors.ts';
import { findKnownOutcome, toOutcome } from './known-outcome.ts';
import { mayHaveLeftAgentOut } from './left-out.ts';
import type { TemporalLink } from './temporal-link.ts';
import { sendUpdate, type UpdateAnswer } from './update.ts';

/** The digest under which a run remembers a start argument that was no request at all. */
const NO_REQUEST = '';

/** A request that the agent's run has taken, or that had ended before. */
export interface Submission {
  workflowId: string;
  runId: string;
  /** The run had it before, so it may wait for a person by now. */
  known: boolean;
  outcome?: RequestOutcome;
}

/**
 * Gets a validated request into its agent's run, or finds how it ended. Each attempt follows a look at what is known,
 * so a repeated request is not carried out again after others have followed it.
 * Throws {@link RequestIdReusedError}, {@link NotAcceptedError}, {@link QueueFullError}, {@link InvalidRequestError}
 * and `TemporalUnreachableError`.
 */
export async function submitRequest(
  link: TemporalLink,
  taskQueue: string,
  request: ProvisionRequest,
): Promise<Submission> {
  const { requestId, agentId } = request;
  const workflowId = provisionWorkflowId(request.tenantId, agentId);
  const digest = requestDigest(request);
  const budget = createAcceptanceBudget();
  const delivery = { workflowId, taskQueue, request, digest };
  do {
    const attempt = await link.inTurn(workflowId, () => tryOnce(link, delivery, budget.deadline));
    if (attempt.kind === 'known') {
      if (attempt.outcome.digest !== digest) throw new RequestIdReusedError(agentId, requestId);
      return { workflowId, runId: attempt.runId, known: true, outcome: toOutcome(attempt.outcome) };
    }
    const { answer, latest } = attempt;
    if (answer.kind === 'accepted') return { workflowId, ...answer.receipt };
    if (answer.kind === 'refused') throw refusal(answer, request);
    if (answer.kind === 'busy') budget.turnedAway(latest);
  } while (await budget.pause());
  throw await notAccepted(link, taskQueue, request, digest);
}

interface Delivery {
  workflowId: string;
  taskQueue: string;
  request: ProvisionRequest;
  digest: string;
}

interface Receipt {
  runId: string;
  known: boolean;
}

type Attempt =
  | { kind: 'known'; outcome: RememberedOutcome; runId: string }
  | { kind: 'sent'; answer: UpdateAnswer<Receipt>; latest: WorkflowExecutionDescription | undefined };

/** Looks what is known of the request, and sends it if that is nothing. */
async function tryOnce(link: TemporalLink, delivery: Delivery, deadline: number): Promise<Attempt> {
  const { workflowId, request } = delivery;
  const latest = await latestRun(link, workflowId);
  const known = await findKnownOutcome(link, workflowId, request.requestId, latest);
  if (known !== undefined && known.outcome.digest !== NO_REQUEST) return { kind: 'known', ...known };
  const broken = latest !== undefined && ['TERMINATED', 'TIMED_OUT', 'FAILED'].includes(latest.status.name);
  const leftOut = broken && (await mayHaveLeftAgentOut(link, workflowId, latest.runId));
  const answer = await sendUpdate(link, deadline, (client) => submitTo(client, latest, delivery, leftOut));
  return { kind: 'sent', answer, latest };
}

async function submitTo(
  client: Client,
  latest: WorkflowExecutionDescription | undefined,
  { workflowId, taskQueue, request, digest }: Delivery,
  leftOut: boolean,
): Promise<Receipt> {
  const args: [ProvisionRequest] = [request];
  if (isOpen(latest)) {
    // Only to the run that was seen: in another one this request may have ended meanwhile.
    const handle = client.workflow.getHandle(workflowId, latest.runId);
    // With the digest: an id that the run has seen is answered without asking the workflow.
    const updateId = `${request.requestId}-${digest.slice(0, 16)}`;
    const receipt = await handle.executeUpdate(submitRequestUpdate, { args, updateId });
    return { runId: latest.runId, known: receipt.state === 'known' };
  }
  const startWorkflowOperation = new WithStartWorkflowOperation(PROVISION_WORKFLOW, {
    workflowId,
    taskQueue,
    args,
    workflowIdConflictPolicy: 'USE_EXISTING',
    // Never seen: then it must not have run and closed since, either.
    workflowIdReusePolicy: latest === undefined ? 'REJECT_DUPLICATE' : 'ALLOW_DUPLICATE',
    ...(leftOut ? { memo: { [LEFT_OUT_MEMO]: true } } : {}),
    staticSummary: `Skills of agent ${request.agentId}`,
    staticDetails: describeStart(request),
  });
  // The server answers an id that the last closed run has seen from there and starts nothing. So two deliveries that
  // saw the same run close start one run, and a run that was terminated does not swallow the repeat.
  const updateId = `${request.requestId}-${digest.slice(0, 16)}-after-${latest?.runId ?? 'none'}`;
  const options = { args, updateId, startWorkflowOperation, waitForStage: 'ACCEPTED' as const };
  const update = await client.workflow.startUpdateWithStart(submitRequestUpdate, options);
  await update.result();
  // The run knows it in any case, from its start argument.
  return { runId: update.workflowRunId ?? '', known: false };
}

/** Markdown for the Web UI. */
function describeStart({ requestId, requestedBy, changes }: ProvisionRequest): string {
  const wishes = changes.map((change) =>
    change.action === 'assign'
      ? `- assign ${describeSkill(change.skill)}, level ${change.level}`
      : `- remove ${describeSkill(change.skill)}`,
  );
  return [`Started by request ${requestId} of ${requestedBy}:`, ...wishes, 'Others may have joined since.'].join('\n');
}

function refusal({ failure }: Extract<UpdateAnswer<unknown>, { kind: 'refused' }>, request: ProvisionRequest): Error {
  if (failure.type === FAILURE.requestIdReused) return new RequestIdReusedError(request.agentId, request.requestId);
  if (failure.type === FAILURE.queueFull) return new QueueFullError(request.agentId);
  if (failure.type === FAILURE.invalidInput) return new InvalidRequestError([{ path: '', message: failure.message }]);
  return failure;
}

async function notAccepted(
  link: TemporalLink,
  taskQueue: string,
  request: ProvisionRequest,
  digest: string,
): Promise<NotAcceptedError> {
  const { requestId } = request;
  const workflowId = provisionWorkflowId(request.tenantId, request.agentId);
  const run = await latestRun(link, workflowId);
  const stored = isOpen(run) && isSame(await startArgument(link, workflowId, run.runId), digest);
  const fate = stored
    ? 'The request is stored and will be carried out as soon as a worker polls.'
    : 'The request is not stored; it may or may not be carried out.';
  return new NotAcceptedError(
    `No worker took request ${requestId} in time. Check that one is running on task queue ${taskQueue} ` +
      `(cxone-skills worker). ${fate} Repeat it with the same request id: it never takes effect twice.`,
    { stored, workflowId, requestId, taskQueue },
  );
}

function isSame(started: unknown, digest: string): boolean {
  try {
    return requestDigest(started as ProvisionRequest) === digest;
  } catch {
    // Somebody started the run by hand, with something else than a request.
    return false;
  }
}
