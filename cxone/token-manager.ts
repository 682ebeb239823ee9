import { assertScopes, REQUIRED_SCOPES } from './access-token.ts';
import { ConfigurationError, PlatformRefusedError, PlatformUnreachableError, UnexpectedAnswerError } from './errors.ts';
import { tokenAnswer } from './schemas.ts';
import type { SecretGuard } from './secret-guard.ts';
import { createSecretRotation } from './secret-rotation.ts';
import { createSharedLoad, waitFor } from './shared-load.ts';
import type { Wire } from './wire.ts';

/** A token that has the scopes. `usableUntil` is on the monotonic clock. */
interface AccessToken {
  readonly value: string;
  readonly usableUntil: number;
}

export interface TokenManager {
  /**
   * A token outside its last 300 s, from memory if there is one; many callers cost one request. An abort ends this
   * caller's wait only. Throws `ConfigurationError` for refused credentials and missing scopes; for credentials that have
   * worked and are refused now, a `PlatformUnreachableError` for 60 s first, as they may just be being replaced.
   */
  get(operation: string, signal: AbortSignal | undefined): Promise<AccessToken>;
  isUsable(token: AccessToken): boolean;
  /** The platform refused this token; another one that has replaced it since is kept. */
  forget(token: AccessToken): void;
}

interface TokenManagerOptions {
  wire: Wire;
  /** Told every secret and token. */
  guard: SecretGuard;
  clientId: string;
  clientSecret: () => string;
  timeoutMs: number;
  monotonicNow: () => number;
  /** Told how each login ended that the platform answered: with this refusal, or with a token that has the scopes. */
  onLogin?: ((refusal: ConfigurationError | undefined) => void) | undefined;
}

const TEMPLATE = '/oauth/token';
/** The source's number: a token is taken as expired so long before it is. */
const EARLY_EXPIRY_S = 300;
/** A JWT's times are whole seconds, so a token can be nearly a second older than its lifetime says. */
const ROUNDING_S = 1;

export function createTokenManager(options: TokenManagerOptions): TokenManager {
  const { wire, monotonicNow } = options;
  const isUsable = (token: AccessToken) => monotonicNow() < token.usableUntil;
  const shared = createSharedLoad<AccessToken>(monotonicNow, { isFresh: isUsable });
  const tooShort = () => new UnexpectedAnswerError(`POST ${TEMPLATE}`, 200, 'the token is valid for too short', false);

  const told = (error: unknown): unknown => {
    if (error instanceof ConfigurationError) options.onLogin?.(error);
    return error;
  };
  const rotation = createSecretRotation(options.clientSecret, monotonicNow);
  const rotating = () => new PlatformUnreachableError(`POST ${TEMPLATE}`, 'credentials-refused', false);

  const ask = async (secret: string): Promise<AccessToken> => {
    options.guard.know(secret);
    const form = new URLSearchParams({
      grant_type: 'client_credentials',
      client_id: options.clientId,
      client_secret: secret,
      scope: REQUIRED_SCOPES.join(' '),
    });
    const requestedAt = monotonicNow();
    const answer = await wire.send({
      method: 'POST',
      template: TEMPLATE,
      path: TEMPLATE,
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: form.toString(),
      schema: tokenAnswer,
      confidential: true,
      timeoutMs: options.timeoutMs,
    });
    rotation.accepted(secret);
    const { access_token: value, expires_in: expiresIn } = answer.value;
    options.guard.know(value);
    const usableS = expiresIn - EARLY_EXPIRY_S - ROUNDING_S;
    if (usableS <= 0) throw tooShort();
    try {
      assertScopes(value);
    } catch (error) {
      throw told(error);
    }
    options.onLogin?.(undefined);
    return { value, usableUntil: requestedAt + usableS * 1000 };
  };

  const load = async (): Promise<AccessToken> => {
    const candidates = rotation.candidates();
    if (rotation.isFresh(candidates)) throw rotating();
    let refusal: unknown;
    for (const secret of candidates) {
      try {
        return await ask(secret);
      } catch (error) {
        if (!isRefusedLogin(error)) throw error instanceof ConfigurationError ? error : told(explainRefusal(error));
        refusal = told(explainRefusal(error));
      }
    }
    throw rotation.mayPass(candidates) ? rotating() : refusal;
  };

  return {
    async get(operation, signal) {
      const onAbort = () => new PlatformUnreachableError(operation, 'aborted', false);
      if (signal?.aborted) throw onAbort();
      const { value: token } = await waitFor(shared.get(load), signal, onAbort);
      // Asking again could go on for ever with a platform this slow, or tokens this short.
      if (!isUsable(token)) throw tooShort();
      return token;
    },
    isUsable,
    forget: (token) => {
      shared.forget(token);
    },
  };
}

function isRefusedLogin(error: unknown): error is PlatformRefusedError {
  return error instanceof PlatformRefusedError && (error.status === 400 || error.status === 401);
}

/**
 * A final refusal here is about the configuration. Passed on as it is, a 404 would look like an unknown agent to
 * whoever asked for one.
 */
function explainRefusal(error: unknown): unknown {
  if (!(error instanceof PlatformRefusedError)) return error;
  const { status } = error;
  if (status === 429 || status === 408 || status >= 500) return error;
  const what = isRefusedLogin(error)
    ? 'the credentials CXONE_CLIENT_ID and CXONE_CLIENT_SECRET are refused'
    : 'no token is issued there; check CXONE_TENANT_ID, CXONE_BASE_URL and the account of CXONE_CLIENT_ID';
  return new ConfigurationError(`${error.message}: ${what}`);
}
