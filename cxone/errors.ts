/**
 * The platform said no: any status of 400 or more. Nothing but the status and a plausible error code is kept of the
 * answer, so the error can be logged as it is.
 */
export class PlatformRefusedError extends Error {
  override readonly name = 'PlatformRefusedError';
  readonly status: number;
  /** The platform's error code, if its body had a plausible one. */
  readonly code: string | undefined;
  /** What was left of the answer's `Retry-After` when this was thrown, in milliseconds. */
  readonly retryAfterMs: number | undefined;
  /** False where an earlier 429 still holds, so that this request was not sent at all. */
  readonly sent: boolean;
  /** Whether a write may have taken effect all the same: a 5xx or a 408. Always false for a read. */
  readonly maybeApplied: boolean;

  constructor(
    operation: string,
    status: number,
    details: {
      code?: string | undefined;
      retryAfterMs?: number | undefined;
      sent?: boolean;
      maybeApplied?: boolean;
    } = {},
  ) {
    const { code, retryAfterMs, sent = true, maybeApplied = false } = details;
    const note = sent ? '' : ' (not sent: an earlier Retry-After still holds)';
    super(`${operation}: ${status}${code === undefined ? '' : ` ${code}`}${note}`);
    this.status = status;
    this.code = code;
    this.retryAfterMs = retryAfterMs;
    this.sent = sent;
    this.maybeApplied = maybeApplied;
  }
}

export type UnreachableReason =
  'timeout' | 'connection' | 'aborted' | 'closed' | 'token-expired' | 'credentials-refused';

const UNREACHABLE_IN_WORDS: Record<UnreachableReason, string> = {
  timeout: 'no complete answer in time',
  connection: 'the connection failed',
  aborted: 'aborted by the caller',
  closed: 'the client is closed',
  'token-expired': 'the access token expired before the request could be sent',
  'credentials-refused': 'the credentials have worked and are refused now; they may just be being replaced',
};

/**
 * There was no answer. The underlying error is left out on purpose, as it can hold what was sent; only its code, such
 * as `ECONNREFUSED`, is kept.
 */
export class PlatformUnreachableError extends Error {
  override readonly name = 'PlatformUnreachableError';
  readonly reason: UnreachableReason;
  readonly networkCode: string | undefined;
  /** Whether a write may have taken effect: true once its bytes were on their way. Always false for a read. */
  readonly maybeApplied: boolean;

  constructor(operation: string, reason: UnreachableReason, maybeApplied: boolean, networkCode?: string) {
    super(`${operation}: ${UNREACHABLE_IN_WORDS[reason]}${networkCode === undefined ? '' : ` (${networkCode})`}`);
    this.reason = reason;
    this.networkCode = networkCode;
    this.maybeApplied = maybeApplied;
  }
}

/** The platform answered with something the contract does not know: a redirect, HTML, broken JSON, another shape. */
export class UnexpectedAnswerError extends Error {
  override readonly name = 'UnexpectedAnswerError';
  readonly status: number;
  /** True for a write: what it did can only be found out by reading. */
  readonly maybeApplied: boolean;

  /** `problem` is in our words and names fields, never their values. */
  constructor(operation: string, status: number, problem: string, maybeApplied: boolean) {
    super(`${operation}: ${status}, ${problem}`);
    this.status = status;
    this.maybeApplied = maybeApplied;
  }
}

/** Nothing can be sent until a person changes the configuration or the API client's account. Nothing was applied. */
export class ConfigurationError extends Error {
  override readonly name = 'ConfigurationError';
  /** Scopes that the access token lacks. */
  readonly missingScopes: readonly string[];
  readonly maybeApplied = false;

  constructor(message: string, missingScopes: readonly string[] = []) {
    super(message);
    this.missingScopes = missingScopes;
  }
}
