import type { FieldProblem } from '../domain/field-problem.ts';
import { ProvisioningError } from '../domain/provisioning-error.ts';

export { ProvisioningError };

/** The request or order is not well-formed. Nothing was sent. `problems` holds everything that is wrong. */
export class InvalidRequestError extends ProvisioningError {
  readonly code = 'invalid-request';
  readonly problems: readonly FieldProblem[];

  constructor(problems: readonly FieldProblem[]) {
    const list = problems.map(({ path, message }) => (path === '' ? message : `${path} ${message}`)).join('; ');
    super(`The request is not valid: ${list}.`, { details: { problems } });
    this.problems = problems;
  }
}

/** This `requestId` belongs to a request with other content. Use a new id, or repeat the first content. */
export class RequestIdReusedError extends ProvisioningError {
  readonly code = 'request-id-reused';

  constructor(agentId: string, requestId: string) {
    super(
      `The request id ${requestId} was used for agent ${agentId} with other content. Give a new request another id; ` +
        'to repeat the first one, repeat its content too.',
      { details: { agentId, requestId } },
    );
  }
}

/**
 * No worker took the request in time. If `stored` is true, Temporal keeps it and carries it out as soon as a worker
 * polls; if not, it may be lost. Repeating it with the same id is right in both cases.
 */
export class NotAcceptedError extends ProvisioningError {
  readonly code = 'not-accepted';
  readonly stored: boolean;

  constructor(
    message: string,
    details: { stored: boolean; workflowId: string; requestId?: string; taskQueue: string },
  ) {
    super(message, { details });
    this.stored = details.stored;
  }
}

/** A question that only a worker can answer got no answer in time. */
export class NoWorkerError extends ProvisioningError {
  readonly code = 'no-worker';

  constructor(taskQueue: string, workflowId: string) {
    super(
      `No worker answered for ${workflowId}. Check that one is running on task queue ${taskQueue} ` +
        '(cxone-skills worker).',
      { details: { taskQueue, workflowId } },
    );
  }
}

/** The waiting time is over; the request goes on. Ask for its outcome later. */
export class StillRunningError extends ProvisioningError {
  readonly code = 'still-running';

  constructor(waited: string | undefined, details: { agentId: string; requestId: string; workflowId: string }) {
    const since = waited === undefined ? '' : ` after ${waited} of waiting`;
    super(`Request ${details.requestId} for agent ${details.agentId} is still running${since}. It goes on.`, {
      details,
    });
  }
}

/** The caller's signal ended the wait; the request goes on. */
export class WaitAbortedError extends ProvisioningError {
  readonly code = 'interrupted';

  constructor(details: { agentId: string; requestId: string; workflowId: string }) {
    super(`Stopped waiting. Request ${details.requestId} for agent ${details.agentId} goes on.`, { details });
  }
}

/** Temporal can't be reached, or refuses to talk to us. */
export class TemporalUnreachableError extends ProvisioningError {
  readonly code = 'temporal-unreachable';

  constructor(address: string, namespace: string, cause: unknown, hint?: string) {
    const why = hint ?? 'Check TEMPORAL_ADDRESS, that the server runs, and the TLS settings or the API key it asks for';
    super(`Temporal can't be reached at ${address} (namespace ${namespace}): ${reasonOf(cause)}. ${why}.`, {
      details: { address, namespace },
      cause,
    });
  }
}

/** No request of this agent waits for a person, or the action does not apply to it. */
export class NothingToReconcileError extends ProvisioningError {
  readonly code = 'nothing-to-reconcile';
}

/** There is no open request of this agent that could be cancelled. */
export class NothingToCancelError extends ProvisioningError {
  readonly code = 'nothing-to-cancel';
}

/** Several requests are meant by an order that names none; `requestIds` lists them. */
export class SeveralRequestsError extends ProvisioningError {
  readonly code: 'several-parked' | 'several-open';
  readonly requestIds: readonly string[];

  constructor(code: 'several-parked' | 'several-open', agentId: string, requestIds: readonly string[]) {
    const state = code === 'several-parked' ? 'wait for a person' : 'are open';
    super(`Several requests of agent ${agentId} ${state}; name one of them: ${requestIds.join(', ')}.`, {
      details: { agentId, requestIds },
    });
    this.code = code;
    this.requestIds = requestIds;
  }
}

/** Nothing is known of this request: it was never made for this agent, or more than Temporal's retention ago. */
export class UnknownRequestError extends ProvisioningError {
  readonly code = 'unknown-request';

  constructor(agentId: string, requestId: string) {
    super(`Nothing is known of request ${requestId} for agent ${agentId}.`, { details: { agentId, requestId } });
  }
}

/** The run that held the request was terminated, timed out or failed: no cleanup happened and there is no outcome. */
export class RunTerminatedError extends ProvisioningError {
  readonly code = 'run-terminated';

  constructor(agentId: string, workflowId: string, how: string, requestId?: string) {
    super(
      `The run for agent ${agentId} ${how}, so nothing was cleaned up after it. Look at the agent's state: we may have ` +
        'left them NOTAVAILABLE (reason ADMINISTRATIVE), and the directory may be ahead of routing. Making the request ' +
        'again repairs both; if nobody makes it, a supervisor has to set them AVAILABLE.',
      { details: { agentId, workflowId, ...(requestId === undefined ? {} : { requestId }) } },
    );
  }
}

/** Nothing is known of this temporary skill: it was never made, or it ended more than Temporal's retention ago. */
export class UnknownTemporaryError extends ProvisioningError {
  readonly code = 'unknown-temporary';

  constructor(agentId: string, temporaryId: string) {
    super(`Nothing is known of the temporary skill ${temporaryId} of agent ${agentId}.`, {
      details: { agentId, temporaryId },
    });
  }
}

/** The order does not apply to this temporary skill as it stands. */
export class TemporaryNotChangedError extends ProvisioningError {
  readonly code = 'temporary-not-changed';

  constructor(agentId: string, temporaryId: string, why: string) {
    super(`The temporary skill ${temporaryId} of agent ${agentId} was not changed. ${why}`, {
      details: { agentId, temporaryId },
    });
  }
}

/** The agent has the skill for a time already, and each would take the other's level for what was there before. */
export class OverlappingTemporaryError extends ProvisioningError {
  readonly code = 'overlapping-temporary';

  constructor(agentId: string, temporaryId: string, other: { temporaryId: string; from?: string; until: string }) {
    const period = `${other.from === undefined ? '' : `from ${other.from} `}until ${other.until}`;
    super(
      `The temporary skill ${other.temporaryId} of agent ${agentId} is the same skill, ${period}. Extend that one, or ` +
        'leave a minute between the two.',
      { details: { agentId, temporaryId, other: other.temporaryId } },
    );
  }
}

/** The agent's run holds as much as one run can. Try again when some of its requests have ended. */
export class QueueFullError extends ProvisioningError {
  readonly code = 'queue-full';

  constructor(agentId: string) {
    super(`Too many requests for agent ${agentId} are open. Try again when some of them have ended.`, {
      details: { agentId },
    });
  }
}

/** Nothing is known of this bulk: it was never submitted, or more than Temporal's retention ago. */
export class UnknownBulkError extends ProvisioningError {
  readonly code = 'unknown-bulk';

  constructor(bulkId: string) {
    super(`Nothing is known of bulk ${bulkId}.`, { details: { bulkId } });
  }
}

/** This bulk id belongs to a bulk with other requests. Use a new id, or submit the same requests in the same order. */
export class BulkIdReusedError extends ProvisioningError {
  readonly code = 'bulk-id-reused';

  constructor(bulkId: string) {
    super(`The bulk id ${bulkId} was used for other requests. Give the new bulk another id.`, { details: { bulkId } });
  }
}

/** The bulk has ended or was cancelled: no order can change it any more. */
export class BulkClosedError extends ProvisioningError {
  readonly code = 'bulk-closed';

  constructor(bulkId: string) {
    super(`Bulk ${bulkId} has ended or was cancelled. Look at its report.`, { details: { bulkId } });
  }
}

function reasonOf(cause: unknown): string {
  if (!(cause instanceof Error)) return String(cause);
  return cause.cause instanceof Error ? cause.cause.message : cause.message;
}
