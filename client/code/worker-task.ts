import { WorkflowFailedError, type WorkflowStartOptions } from '@temporalio/client';
import { ApplicationFailure, TimeoutFailure } from '@temporalio/common';
import { setTimeout as delay } from 'node:timers/promises';
import { NoWorkerError, TemporalUnreachableError } from '../errors.ts';
import type { TemporalLink } from '../temporal-link.ts';
import { ReadingRefusedError } from './errors.ts';

/** A worker that is there takes a task up at once. */
const TAKEN_WITHIN_MS = 9_000;

/** Something that a worker does for us: a workflow that writes nothing itself, so that it may be cancelled at any time. */
export interface WorkerTask extends Pick<WorkflowStartOptions, 'workflowId' | 'taskQueue' | 'staticSummary'> {
  type: string;
  input: unknown;
  /** After it the server ends it. */
  timeoutMs: number;
}

/**
 * Starts a task and waits for its result, until `stop`. Throws `ReadingRefusedError`, `NoWorkerError` after 10 s, and
 * `TemporalUnreachableError`.
 */
export async function runTask<T>(link: TemporalLink, task: WorkerTask, stop: AbortSignal): Promise<T> {
  const { type, input, timeoutMs, ...options } = task;
  await link.call((client) =>
    client.workflow.start(type, { ...options, args: [input], workflowExecutionTimeout: timeoutMs }),
  );
  return Promise.race([resultOf<T>(link, task, stop), unlessTaken(link, task, stop)]);
}

/** Ends what nobody waits for any more; one that has ended does not mind. */
export async function cancelTask(link: TemporalLink, workflowId: string): Promise<void> {
  try {
    await link.call((client) => client.workflow.getHandle(workflowId).cancel());
  } catch {
    // It ends by itself when its time is over.
  }
}

async function resultOf<T>(link: TemporalLink, { workflowId }: WorkerTask, stop: AbortSignal): Promise<T> {
  for (;;) {
    const client = await link.client();
    try {
      return await client.connection.withAbortSignal(
        stop,
        () => client.workflow.getHandle(workflowId).result() as Promise<T>,
      );
    } catch (error) {
      stop.throwIfAborted();
      if (error instanceof WorkflowFailedError) throw refusal(error, workflowId);
      if (link.unreachable(error) === undefined) throw error;
      // The server may be back in a moment; if it is not, this throws.
      await link.call((connected) => connected.workflow.getHandle(workflowId).describe());
    }
  }
}

/** Rejects if no worker has taken it up in time; else it never ends. */
async function unlessTaken(
  link: TemporalLink,
  { workflowId, taskQueue }: WorkerTask,
  stop: AbortSignal,
): Promise<never> {
  const never = new Promise<never>(() => undefined);
  try {
    await delay(TAKEN_WITHIN_MS, undefined, { signal: stop, ref: false });
    const { historyLength } = await link.call((client) => client.workflow.getHandle(workflowId).describe());
    // The start, and the task that nobody has taken.
    if (historyLength > 2) return await never;
  } catch (error) {
    if (error instanceof TemporalUnreachableError) throw error;
    return never;
  }
  throw new NoWorkerError(taskQueue, workflowId);
}

function refusal(error: WorkflowFailedError, workflowId: string): Error {
  if (error.cause instanceof TimeoutFailure) return new ReadingRefusedError(`${workflowId} took too long`);
  const cause = error.cause?.cause ?? error.cause;
  return new ReadingRefusedError(cause instanceof ApplicationFailure ? cause.message : error.message);
}
