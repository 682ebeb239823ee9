import { ConfigurationError } from './errors.ts';

/** Which secret to ask for a token with, while it may be replaced on either side. */
export interface SecretRotation {
  /**
   * What is worth a try, the best first: the secret as it is now, then the last one that the platform took. Throws a
   * `ConfigurationError` if there is none.
   */
  candidates(): readonly string[];
  /** The platform took this one. */
  accepted(secret: string): void;
  /** The platform refused all of `candidates`. Answers whether that may pass: a rotation may be under way. */
  mayPass(candidates: readonly string[]): boolean;
  /** These were refused a moment ago, so that asking again would only count as one more failed login. */
  isFresh(candidates: readonly string[]): boolean;
}

/** To replace a secret on the platform and in a file takes a person a moment, and a secret store its round. */
const ROTATION_MS = 60_000;
const REFUSAL_HOLDS_MS = 1_000;

/**
 * Credentials that have worked in this process and are refused now are taken as a rotation under way for 60 seconds:
 * the platform may know the new secret before the file has it, or a file may be seen half-written or empty. Only then
 * they are a matter of configuration, which ends requests.
 */
export function createSecretRotation(read: () => string, monotonicNow: () => number): SecretRotation {
  let working: string | undefined;
  let refusedSince: number | undefined;
  let lastRefusal: { tried: string; at: number } | undefined;
  return {
    candidates() {
      const found = [readSecret(read), working].filter((secret) => secret !== undefined);
      if (found.length > 0) return [...new Set(found)];
      throw new ConfigurationError('CXONE_CLIENT_SECRET (or its _FILE) can not be read or is empty');
    },
    accepted(secret) {
      working = secret;
      refusedSince = lastRefusal = undefined;
    },
    mayPass(candidates) {
      if (working === undefined) return false;
      const now = monotonicNow();
      refusedSince ??= now;
      lastRefusal = { tried: keyOf(candidates), at: now };
      return now - refusedSince < ROTATION_MS;
    },
    isFresh(candidates) {
      if (lastRefusal === undefined || lastRefusal.tried !== keyOf(candidates)) return false;
      return monotonicNow() - lastRefusal.at < REFUSAL_HOLDS_MS;
    },
  };
}

function keyOf(candidates: readonly string[]): string {
  return JSON.stringify(candidates);
}

/** Undefined where it can't be read or is empty. What was thrown may name or hold what must not be shown. */
function readSecret(read: () => string): string | undefined {
  try {
    return read() || undefined;
  } catch {
    return undefined;
  }
}
