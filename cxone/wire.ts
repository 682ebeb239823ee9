import { Pool } from 'undici';
import type { z } from 'zod';
import type { BaseUrl } from './base-url.ts';
import { PlatformRefusedError, UnexpectedAnswerError } from './errors.ts';
import { type AnswerHeaders, exchange, type RawAnswer } from './exchange.ts';
import { parseRetryAfter } from './retry-after.ts';
import { refusalBody } from './schemas.ts';
import type { SecretGuard } from './secret-guard.ts';
import { createTenantGate } from './tenant-gate.ts';

export interface WireRequest<T> {
  method: 'GET' | 'POST' | 'PATCH';
  /** The path with placeholders for ids; errors name this one. */
  template: string;
  /** Built of checked ids only. */
  path: string;
  headers?: Record<string, string>;
  body?: string;
  /** What a 2xx must look like; an empty body is `undefined`. */
  schema: z.ZodType<T>;
  /** Default 1 MiB. */
  maxBytes?: number;
  /** The answer is a secret itself. Of any other nothing is taken that repeats one. */
  confidential?: boolean;
  /** For the whole exchange. */
  timeoutMs: number;
  signal?: AbortSignal | undefined;
  /** Called synchronously right before the bytes are written; what it throws stops the request and comes through. */
  beforeWrite?: () => void;
}

export interface WireAnswer<T> {
  status: number;
  value: T;
  /** The header, if it came exactly once. */
  header(name: string): string | undefined;
}

/** Requests to one tenant's platform: no tokens, no repeats, no redirects, nothing while a `Retry-After` holds. */
export interface Wire {
  /** Throws `PlatformRefusedError`, `PlatformUnreachableError`, `UnexpectedAnswerError`. */
  send<T>(request: WireRequest<T>): Promise<WireAnswer<T>>;
  /** Ends open requests and connections. */
  close(): Promise<void>;
}

interface WireOptions {
  baseUrl: BaseUrl;
  userAgent: string;
  connectTimeoutMs: number;
  now: () => number;
  monotonicNow: () => number;
  guard: SecretGuard;
  /** Told of every 429, with its `Retry-After` if it has one. */
  onThrottled?: ((retryAfterMs: number | undefined) => void) | undefined;
}

const DEFAULT_MAX_BYTES = 1024 * 1024;
/** Far above what one worker has in flight, so that agents who answer slowly don't hold up the others. */
const MAX_CONNECTIONS = 256;
const JSON_TYPE_PATTERN = /^(?:application|text)\/(?:[a-z0-9.+-]+\+)?json\s*(?:;|$)/i;

/** Its own pool of connections: neither proxy variables nor a global dispatcher apply. */
export function createWire(options: WireOptions): Wire {
  const { baseUrl, userAgent, now, monotonicNow, guard } = options;
  const gate = createTenantGate(monotonicNow);
  const pool = new Pool(baseUrl.origin, {
    connections: MAX_CONNECTIONS,
    pipelining: 1,
    allowH2: false,
    // One timer per exchange covers these two, the connection's included.
    headersTimeout: 0,
    bodyTimeout: 0,
    connect: { timeout: options.connectTimeoutMs, rejectUnauthorized: true },
  });

  const assertOpen = (operation: string) => {
    const retryAfterMs = gate.remainingMs();
    if (retryAfterMs > 0) throw new PlatformRefusedError(operation, 429, { retryAfterMs, sent: false });
  };
  const retryAfterOf = (headers: AnswerHeaders) => {
    const waits = [headers['retry-after']].flat().map((text) => parseRetryAfter(text, single(headers, 'date'), now()));
    const longest = Math.max(...waits.map((wait) => wait ?? -1));
    return longest < 0 ? undefined : longest;
  };

  const refusal = (operation: string, writes: boolean, answer: RawAnswer) => {
    const { status } = answer;
    const own = retryAfterOf(answer.headers);
    const left = gate.remainingMs();
    return new PlatformRefusedError(operation, status, {
      code: refusalCode(answer.body, guard),
      retryAfterMs: status === 429 && left > 0 ? left : own,
      maybeApplied: writes && (status >= 500 || status === 408),
    });
  };

  return {
    async send<T>(request: WireRequest<T>): Promise<WireAnswer<T>> {
      const { method, schema, headers, body, timeoutMs, signal } = request;
      const operation = `${method} ${request.template}`;
      const writes = method === 'PATCH';
      assertOpen(operation);
      const answer = await exchange(pool, {
        method,
        path: baseUrl.prefix + request.path,
        operation,
        headers: { accept: 'application/json', 'accept-encoding': 'identity', 'user-agent': userAgent, ...headers },
        ...(body !== undefined && { body }),
        timeoutMs,
        signal,
        maxBytes: request.maxBytes ?? DEFAULT_MAX_BYTES,
        beforeWrite() {
          assertOpen(operation);
          request.beforeWrite?.();
        },
        onHead(status, head) {
          if (status !== 429) return;
          // At once: others would send on while this answer's body is still coming.
          const retryAfterMs = retryAfterOf(head);
          gate.closeFor(retryAfterMs ?? 0);
          options.onThrottled?.(retryAfterMs);
        },
      });
      const { status } = answer;
      if (status >= 400) throw refusal(operation, writes, answer);
      const unexpected = (problem: string) => new UnexpectedAnswerError(operation, status, problem, writes);
      if (status >= 300) throw unexpected('a redirect is not followed');
      const parsed = schema.safeParse(parseJson(answer, request.confidential === true ? undefined : guard, unexpected));
      if (!parsed.success) {
        const where = parsed.error.issues[0]?.path.join('.') || 'the body';
        throw unexpected(`${where} is not as expected`);
      }
      const header = (name: string) => {
        const value = single(answer.headers, name);
        return value === undefined ? undefined : guard.without(value);
      };
      return { status, value: parsed.data, header };
    },
    close: () => pool.destroy(),
  };
}

function single(headers: AnswerHeaders, name: string): string | undefined {
  const value = headers[name];
  return typeof value === 'string' ? value : undefined;
}

function parseJson(answer: RawAnswer, guard: SecretGuard | undefined, unexpected: (problem: string) => Error): unknown {
  const { body, headers } = answer;
  if (body === undefined || body.length === 0) return undefined;
  const encoding = single(headers, 'content-encoding') ?? 'identity';
  if (encoding.trim().toLowerCase() !== 'identity') throw unexpected('the answer is compressed');
  const type = single(headers, 'content-type');
  if (type !== undefined && !JSON_TYPE_PATTERN.test(type.trim())) throw unexpected('the answer is not JSON');
  try {
    return decodeJson(body, guard);
  } catch {
    throw unexpected('the JSON is broken');
  }
}

function decodeJson(body: Buffer, guard: SecretGuard | undefined): unknown {
  const text = new TextDecoder('utf-8', { fatal: true }).decode(body);
  return JSON.parse(guard?.without(text) ?? text);
}

function refusalCode(body: Buffer | undefined, guard: SecretGuard): string | undefined {
  if (body === undefined) return undefined;
  try {
    return refusalBody.safeParse(decodeJson(body, guard)).data?.error;
  } catch {
    return undefined;
  }
}
