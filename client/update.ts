import {
  WorkflowExecutionAlreadyStartedError,
  WorkflowNotFoundError,
  WorkflowUpdateFailedError,
  WorkflowUpdateRPCTimeoutOrCancelledError,
  type Client,
} from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import { GRPC, grpcCode, type TemporalLink } from './temporal-link.ts';

/** How one attempt to send an update ended. */
export type UpdateAnswer<Receipt> =
  | { kind: 'accepted'; receipt: Receipt }
  /** The workflow said no; `failure.type` is one of `FAILURE`. */
  | { kind: 'refused'; failure: ApplicationFailure }
  /** The run has closed. With `accepted` it had taken the update before, so what it asked for may have been done. */
  | { kind: 'run-closed'; accepted: boolean }
  /** Ten updates are in flight, or the server sheds load. */
  | { kind: 'busy' }
  /** No worker answered in time, or the update got lost while its run continued as new. */
  | { kind: 'no-answer' };

/** The server's failure of an update whose run closed before the handler had returned. */
const ACCEPTED_AND_CLOSED = 'AcceptedUpdateCompletedWorkflow';

/**
 * An update that reaches a run while it continues as new can be lost without a word (temporalio/temporal#6375), so an
 * attempt does not wait for all the time there is: the next one looks again and goes to the run that followed.
 */
const ATTEMPT_MS = 2_500;

/** The server's failure of an update that a worker's task left out; the next one may take it. */
const LEFT_OUT_OF_TASK = 'UnprocessedUpdate';

const BROKEN_OFF: readonly number[] = [GRPC.cancelled, GRPC.unknown, GRPC.internal];

/** The run's last tasks failed, as they do while its workers die: one of the next may take the update. */
const TASKS_FAIL = GRPC.failedPrecondition;

/** Sends an update once. Throws `TemporalUnreachableError`, and what it does not know. */
export async function sendUpdate<Receipt>(
  link: TemporalLink,
  deadline: number,
  send: (client: Client) => Promise<Receipt>,
): Promise<UpdateAnswer<Receipt>> {
  const client = await link.client();
  try {
    return {
      kind: 'accepted',
      receipt: await client.withDeadline(Math.min(deadline, Date.now() + ATTEMPT_MS), () => send(client)),
    };
  } catch (error) {
    if (error instanceof WorkflowUpdateFailedError && error.cause instanceof ApplicationFailure) {
      if (error.cause.type === ACCEPTED_AND_CLOSED) return { kind: 'run-closed', accepted: true };
      if (error.cause.type === LEFT_OUT_OF_TASK) return { kind: 'no-answer' };
      return { kind: 'refused', failure: error.cause };
    }
    if (error instanceof WorkflowUpdateRPCTimeoutOrCancelledError) return { kind: 'no-answer' };
    if (error instanceof WorkflowNotFoundError || error instanceof WorkflowExecutionAlreadyStartedError) {
      return { kind: 'run-closed', accepted: false };
    }
    const code = grpcCode(error);
    if (code === GRPC.resourceExhausted) return { kind: 'busy' };
    if (code === GRPC.aborted) return { kind: 'run-closed', accepted: false };
    // The connection broke, or the server is on its way down; whether the update was taken shows at the next look.
    if (code === TASKS_FAIL || BROKEN_OFF.includes(code ?? -1)) return { kind: 'no-answer' };
    throw link.unreachable(error) ?? error;
  }
}
