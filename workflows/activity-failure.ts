import { ActivityFailure, ApplicationFailure, TimeoutFailure } from '@temporalio/workflow';

/** What an activity ended with. A local activity's failure arrives bare, a real one's within an ActivityFailure. */
export function failureIn(error: unknown): ApplicationFailure | TimeoutFailure {
  const cause = error instanceof ActivityFailure ? error.cause : error;
  if (cause instanceof ApplicationFailure || cause instanceof TimeoutFailure) return cause;
  throw error;
}
