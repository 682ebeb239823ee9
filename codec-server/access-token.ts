import {
  createLocalJWKSet,
  createRemoteJWKSet,
  errors,
  jwtVerify,
  type JSONWebKeySet,
  type JWTVerifyGetKey,
  type JWTVerifyOptions,
} from 'jose';
import { createPublicKey, type KeyObject } from 'node:crypto';
import type { CodecServerConfig, TokenKeys } from './config.ts';

/** Why a request without a usable token is turned away; `message` may be told to whoever sent it. */
export class TokenRefusedError extends Error {
  override readonly name = 'TokenRefusedError';
}

/** The keys that tokens are checked with can't be read or fetched, which is no fault of the token. */
export class TokenKeysError extends Error {
  override readonly name = 'TokenKeysError';
}

/** Says who sent a request by its `Authorization` header. Throws {@link TokenRefusedError}, {@link TokenKeysError}. */
export type WhoSent = (authorization: string | undefined) => Promise<string>;

/** Clocks of two machines may differ by this. */
const CLOCK_TOLERANCE_S = 30;

/** Reads the keys. Throws {@link TokenKeysError} for keys that are none. */
export function createTokenCheck({ tokens }: Pick<CodecServerConfig, 'tokens'>): WhoSent {
  const { issuer, audience, algorithms } = tokens;
  const verify = createVerifier(tokens.keys, {
    issuer,
    audience,
    algorithms: [...algorithms],
    clockTolerance: CLOCK_TOLERANCE_S,
    // A token that never expires can't be taken back.
    requiredClaims: ['exp', 'sub'],
  });
  return async (authorization) => {
    const token = /^Bearer +(\S+)$/i.exec(authorization ?? '')?.[1];
    if (token === undefined) throw new TokenRefusedError('a token is required: Authorization: Bearer …');
    try {
      return await verify(token);
    } catch (error) {
      if (isKeyTrouble(error)) throw new TokenKeysError('the keys of the issuer can not be fetched', { cause: error });
      throw new TokenRefusedError(reasonOf(error), { cause: error });
    }
  };
}

function createVerifier(keys: TokenKeys, options: JWTVerifyOptions): (token: string) => Promise<string> {
  const key = readKeys(keys);
  return async (token) => {
    const { payload } =
      typeof key === 'function' ? await jwtVerify(token, key, options) : await jwtVerify(token, key, options);
    return payload.sub ?? '';
  };
}

function readKeys(keys: TokenKeys): JWTVerifyGetKey | KeyObject {
  try {
    if (keys.kind === 'url') return createRemoteJWKSet(keys.url, { timeoutDuration: 5_000 });
    if (keys.kind === 'jwks') return createLocalJWKSet(JSON.parse(keys.json) as JSONWebKeySet);
    return createPublicKey(keys.pem);
  } catch (cause) {
    throw new TokenKeysError('the keys that tokens are checked with are not usable', { cause });
  }
}

/** The file or the issuer is at fault, not who sent the token. */
function isKeyTrouble(error: unknown): boolean {
  if (error instanceof errors.JWKSTimeout || error instanceof errors.JWKSInvalid) return true;
  // What `fetch` throws, and jose for an answer that is no key set.
  return !(error instanceof errors.JOSEError) || error.code === 'ERR_JOSE_GENERIC';
}

function reasonOf(error: unknown): string {
  if (error instanceof errors.JWTExpired) return 'the token has expired';
  if (error instanceof errors.JWTClaimValidationFailed)
    return `the token's claim ${error.claim} is not the one required`;
  if (error instanceof errors.JOSEAlgNotAllowed) return "the token's algorithm is not allowed";
  if (error instanceof errors.JWSSignatureVerificationFailed) return "the token's signature does not hold";
  if (error instanceof errors.JWKSNoMatchingKey) return 'the token was signed with a key that is not known';
  return 'this is no valid token';
}
