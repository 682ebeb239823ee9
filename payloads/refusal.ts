import { ProvisioningError } from '../domain/provisioning-error.ts';

/** Why a payload was not read. */
export type RefusalReason = 'no-keys' | 'unknown-key' | 'plain' | 'foreign' | 'damaged';

/**
 * A payload that is not read: it is encrypted with a key that is not known here, or altered, or belongs to another
 * workflow, or is not encrypted at all where it should be. Neither message nor details hold any of its content.
 */
export class PayloadRefusedError extends ProvisioningError {
  readonly code = 'payload-refused';
  readonly reason: RefusalReason;

  constructor(reason: RefusalReason, message: string, details: Record<string, unknown>) {
    super(message, { details: { reason, ...details } });
    this.reason = reason;
  }
}

/** The refusal that an error is, or that caused it. */
export function refusalIn(error: unknown): PayloadRefusedError | undefined {
  if (error instanceof PayloadRefusedError) return error;
  return error instanceof Error && error.cause !== undefined ? refusalIn(error.cause) : undefined;
}
