import { ApplicationFailure, ApplicationFailureCategory } from '@temporalio/common';
import { AuditUnrecordableError } from '../audit/errors.ts';
import {
  ConfigurationError,
  PlatformRefusedError,
  PlatformUnreachableError,
  UnexpectedAnswerError,
} from '../cxone/errors.ts';
import { FAILURE, type RefusalDetails } from '../domain/failure-types.ts';

/**
 * The only place that makes Temporal failures. Total: whatever an activity throws becomes a failure of a known type,
 * retryable or not by what the platform said, with the delay that the platform asked for.
 */
export function toFailure(error: unknown): ApplicationFailure {
  if (error instanceof ApplicationFailure) return error;
  if (error instanceof PlatformRefusedError) {
    return isFinal(error) ? refused(error) : failure(FAILURE.platformUnavailable, error.message, error.retryAfterMs);
  }
  if (error instanceof PlatformUnreachableError || error instanceof UnexpectedAnswerError) {
    return failure(FAILURE.platformUnavailable, error.message);
  }
  if (error instanceof ConfigurationError) {
    const details: RefusalDetails = { status: 0 };
    return ApplicationFailure.create({
      type: FAILURE.configuration,
      message: error.message,
      nonRetryable: true,
      details: [details],
    });
  }
  if (error instanceof AuditUnrecordableError) {
    return ApplicationFailure.create({ type: FAILURE.auditUnrecordable, message: error.message, nonRetryable: true });
  }
  // Anything else is a defect of ours. Its message may quote anything, so only its class is kept.
  const name = error instanceof Error ? error.constructor.name : typeof error;
  return failure(FAILURE.defect, `an unexpected ${name} in an activity`);
}

/** A failure that is retried, after `delayMs` if given, else by the activity's retry policy. */
export function failure(type: string, message: string, delayMs?: number): ApplicationFailure {
  return ApplicationFailure.create({
    type,
    message,
    ...(delayMs === undefined ? {} : { nextRetryDelay: Math.max(delayMs, 1) }),
  });
}

/** Waiting, not failing: retried at a fixed interval, and neither logged nor counted as an error. */
export function stillWaiting(type: string, message: string, intervalMs: number, detail: unknown): ApplicationFailure {
  return ApplicationFailure.create({
    type,
    message,
    nextRetryDelay: Math.max(intervalMs, 1),
    details: [detail],
    category: ApplicationFailureCategory.BENIGN,
  });
}

/** Whether an answer stays the same however often it is asked for. */
export function isFinal({ status }: PlatformRefusedError): boolean {
  return status < 500 && status !== 408 && status !== 409 && status !== 425 && status !== 429;
}

function refused({ message, status, code }: PlatformRefusedError): ApplicationFailure {
  const details: RefusalDetails = { status, ...(code === undefined ? {} : { code }) };
  return ApplicationFailure.create({ type: FAILURE.platformRefused, message, nonRetryable: true, details: [details] });
}
