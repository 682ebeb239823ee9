/** Why a command of the audit trail can't do what it was asked, in the caller's terms. */
export class AuditCommandError extends Error {
  override readonly name = 'AuditCommandError';
  readonly code: string;
  readonly details: Record<string, unknown> | undefined;

  constructor(code: string, message: string, details?: Record<string, unknown>) {
    super(message);
    this.code = code;
    this.details = details;
  }
}
