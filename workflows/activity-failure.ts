import { ActivityFailure, ApplicationFailure, patched, TimeoutFailure } from '@temporalio/workflow';
import { FAILURE } from '../domain/failure-types.ts';

/** What an activity ended with. A local activity's failure arrives bare, a real one's within an ActivityFailure. */
export function failureIn(error: unknown): ApplicationFailure | TimeoutFailure {
  const cause = error instanceof ActivityFailure ? error.cause : error;
  if (cause instanceof ApplicationFailure || cause instanceof TimeoutFailure) return cause;
  throw error;
}

/**
 * Whether a failure of this type means that no worker could read what it was told to do, so that nothing was done. Runs
 * from before took it for an outage of the platform.
 */
export function isUnread(type: string | null | undefined): boolean {
  return type === FAILURE.payloadRefused && patched('payload-refusals');
}
