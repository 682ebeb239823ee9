import { PlatformRefusedError, PlatformUnreachableError } from './errors.ts';
import type { TokenManager } from './token-manager.ts';
import type { Wire, WireAnswer, WireRequest } from './wire.ts';

/** What a caller may say about one call. */
export interface CallOptions {
  /** The time one HTTP request may take, from waiting for a connection to the end of the answer; in milliseconds. */
  timeoutMs?: number | undefined;
  /** Ends the call with a `PlatformUnreachableError` of reason `aborted`. */
  signal?: AbortSignal | undefined;
  /**
   * Awaited with the token at hand, again before the request is repeated after a 401. What it throws stops the call and
   * comes through: then nothing was sent.
   */
  whenReady?: (() => Promise<void>) | undefined;
  /**
   * Called synchronously right before the bytes of this call's request are written to the connection, again if it is
   * repeated after a 401. What it throws stops the request and comes through: then nothing was sent.
   */
  beforeSend?: (() => void) | undefined;
}

type AuthorizedRequest<T> = Omit<WireRequest<T>, 'timeoutMs' | 'signal' | 'beforeWrite'>;

/** Sends requests with an access token. After a 401 the same bytes go out once more with a new one. */
export type AuthorizedSend = <T>(request: AuthorizedRequest<T>, call: CallOptions) => Promise<WireAnswer<T>>;

class TokenExpiredError extends Error {}

export function createAuthorizedSend(wire: Wire, tokens: TokenManager, defaultTimeoutMs: number): AuthorizedSend {
  return async (request, call) => {
    const operation = `${request.method} ${request.template}`;
    let refreshed = false;
    let expired = false;
    for (;;) {
      const token = await tokens.get(operation, call.signal);
      await call.whenReady?.();
      try {
        return await wire.send({
          ...request,
          headers: { ...request.headers, authorization: `Bearer ${token.value}` },
          timeoutMs: call.timeoutMs ?? defaultTimeoutMs,
          signal: call.signal,
          beforeWrite() {
            // Getting a connection takes time, and a process can be stopped: what was good before may not be now.
            if (!tokens.isUsable(token)) throw new TokenExpiredError();
            call.beforeSend?.();
          },
        });
      } catch (error) {
        if (error instanceof TokenExpiredError) {
          if (expired) throw new PlatformUnreachableError(operation, 'token-expired', false);
          expired = true;
        } else if (error instanceof PlatformRefusedError && error.status === 401 && !refreshed) {
          tokens.forget(token);
          refreshed = true;
        } else {
          throw error;
        }
      }
    }
  };
}
