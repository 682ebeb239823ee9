/** What every error of the library has: a `code` that programs compare, and `details` that may go into JSON. */
export abstract class ProvisioningError extends Error {
  abstract readonly code: string;
  /** Facts beside the message, as plain data. */
  readonly details: Readonly<Record<string, unknown>> | undefined;

  constructor(message: string, options: { details?: Record<string, unknown>; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = new.target.name;
    this.details = options.details;
  }
}
