import { performance } from 'node:perf_hooks';
import ms from 'ms';
import { DEFAULT_POLICY } from '../domain/policy.ts';
import { type AgentsApi, createAgentsApi } from './agents.ts';
import { type CallOptions, createAuthorizedSend } from './authorized-wire.ts';
import { parseBaseUrl } from './base-url.ts';
import type { ConfigurationError } from './errors.ts';
import type { KnownSkill, ListedSkill } from './schemas.ts';
import { createSecretGuard } from './secret-guard.ts';
import { createSkillCatalogue } from './skill-catalogue.ts';
import { createResolveSkill, type ResolveSkill } from './skill-resolution.ts';
import { createTokenManager } from './token-manager.ts';
import { createWire } from './wire.ts';

export interface CxoneClientOptions {
  /** One DNS label, the first of the platform's host name. */
  tenantId: string;
  clientId: string;
  /** Read for every token request, so that the secret can change while the process runs. */
  clientSecret: () => string;
  /** Instead of `https://{tenantId}.api.cxone.com`; see `parseBaseUrl`. */
  baseUrl?: string | undefined;
  /** Sent with every request; printable ASCII. */
  userAgent: string;
  /** For a call that names no time of its own, and for token requests. Default: the policy's `requestTimeout`. */
  requestTimeoutMs?: number | undefined;
  /** Told of every 429, with its `Retry-After` if it has one: other processes should hear of it. */
  onThrottled?: (retryAfterMs: number | undefined) => void;
  /** Told how each login ended that the platform answered: with this refusal, or with a token that has the scopes. */
  onLogin?: (refusal: ConfigurationError | undefined) => void;
  /** Unix milliseconds; for dates in answers only. */
  now?: () => number;
  /** Milliseconds that never go back; for everything that has an age. */
  monotonicNow?: () => number;
}

/**
 * One tenant's platform. Nothing is repeated but the one request that got a 401. Every call throws one of the classes
 * of `errors.ts`. One client per tenant and process: it holds the token, the skills and the wait after a 429.
 */
export interface CxoneClient extends AgentsApi {
  /** The platform is a double on this machine. */
  readonly loopback: boolean;
  /** Gets a token; throws a `ConfigurationError` that names the scopes it lacks. Each later token is checked as well. */
  checkScopes(call?: CallOptions): Promise<void>;
  listSkills(call?: CallOptions): Promise<readonly ListedSkill[]>;
  getSkill(skillId: string, call?: CallOptions): Promise<KnownSkill>;
  resolveSkill: ResolveSkill;
  /** Breaks off what is under way and closes the connections. */
  close(): Promise<void>;
}

const USER_AGENT_PATTERN = /^[\x20-\x7e]{1,200}$/;

/** Sends nothing yet. Throws a `ConfigurationError` for a tenant or a base URL that can't be used. */
export function createCxoneClient(options: CxoneClientOptions): CxoneClient {
  const { tenantId, clientId, clientSecret, userAgent } = options;
  const timeoutMs = options.requestTimeoutMs ?? ms(DEFAULT_POLICY.requestTimeout);
  const now = options.now ?? Date.now;
  const monotonicNow = options.monotonicNow ?? (() => performance.now());
  if (!USER_AGENT_PATTERN.test(userAgent)) throw new TypeError('userAgent must be printable ASCII');

  const baseUrl = parseBaseUrl(tenantId, options.baseUrl);
  const { onThrottled, onLogin } = options;
  const guard = createSecretGuard();
  const wire = createWire({ baseUrl, userAgent, guard, connectTimeoutMs: timeoutMs, now, monotonicNow, onThrottled });
  const tokens = createTokenManager({ wire, guard, clientId, clientSecret, timeoutMs, monotonicNow, onLogin });
  const send = createAuthorizedSend(wire, tokens, timeoutMs);
  const catalogue = createSkillCatalogue(send, monotonicNow);

  return {
    ...createAgentsApi(send),
    loopback: baseUrl.loopback,
    async checkScopes(call = {}) {
      await tokens.get('POST /oauth/token', call.signal);
    },
    listSkills: async (call = {}) => (await catalogue.list(call)).value,
    getSkill: async (skillId, call = {}) => (await catalogue.get(skillId, call)).value,
    resolveSkill: createResolveSkill(catalogue, monotonicNow),
    close: () => wire.close(),
  };
}
