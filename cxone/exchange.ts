import type { Dispatcher } from 'undici';
import { PlatformUnreachableError, UnexpectedAnswerError, type UnreachableReason } from './errors.ts';

export type AnswerHeaders = Record<string, string | string[] | undefined>;

interface ExchangeRequest {
  method: 'GET' | 'POST' | 'PATCH';
  path: string;
  /** Method and path template, for errors. */
  operation: string;
  headers: Record<string, string>;
  body?: string;
  /** For all of it: waiting for a connection, connecting, sending, and reading the answer to its end. */
  timeoutMs: number;
  /** Bytes of an answer's body that are taken. */
  maxBytes: number;
  signal?: AbortSignal | undefined;
  /** Called with the connection at hand, right before the bytes are written to it. What it throws stops the request. */
  beforeWrite: () => void;
  /** Called when an answer's head is there, long before its body may be. */
  onHead: (status: number, headers: AnswerHeaders) => void;
}

export interface RawAnswer {
  status: number;
  headers: AnswerHeaders;
  /** Undefined where a refusal's body was too long, broken off or late: the status says enough. */
  body: Buffer | undefined;
}

// A timer with a longer delay fires at once.
const MAX_TIMER_MS = 2 ** 31 - 1;
const NETWORK_CODE_PATTERN = /^[A-Z][A-Z0-9_]{1,39}$/;

/**
 * One request and its answer. Follows no redirect and repeats nothing. `maybeApplied` of its errors is exact: a
 * request whose bytes were never handed to a connection can't have had an effect. What `beforeWrite` throws comes
 * through as it is.
 */
export function exchange(dispatcher: Dispatcher, request: ExchangeRequest): Promise<RawAnswer> {
  const { operation, signal } = request;
  return new Promise((resolve, reject) => {
    let controller: Dispatcher.DispatchController | undefined;
    let settled = false;
    let status = 0;
    let headers: AnswerHeaders = {};
    let size = 0;
    const chunks: Buffer[] = [];

    const mayHaveActed = () => controller !== undefined && request.method === 'PATCH';
    const settle = () => {
      settled = true;
      clearTimeout(timer);
      signal?.removeEventListener('abort', onAbort);
    };
    const succeed = (body: Buffer | undefined) => {
      settle();
      resolve({ status, headers, body });
    };
    const fail = (error: Error) => {
      if (settled) return;
      settle();
      reject(error);
      controller?.abort(error);
    };
    const giveUp = (reason: UnreachableReason, networkCode?: string) => {
      if (settled) return;
      const error = new PlatformUnreachableError(operation, reason, mayHaveActed(), networkCode);
      if (status < 400 || reason === 'aborted') {
        fail(error);
      } else {
        succeed(undefined);
        controller?.abort(error);
      }
    };
    const onAbort = () => {
      giveUp('aborted');
    };
    const timer = setTimeout(
      () => {
        giveUp('timeout');
      },
      Math.min(request.timeoutMs, MAX_TIMER_MS),
    );

    if (signal?.aborted) {
      onAbort();
      return;
    }
    signal?.addEventListener('abort', onAbort, { once: true });

    const handler: Dispatcher.DispatchHandler = {
      // Throwing here keeps the bytes from being written and the connection usable.
      onRequestStart(given) {
        if (settled) throw new Error('given up before it was sent');
        // A dispatcher may start a request again on another connection; a write must never go out twice.
        if (controller !== undefined) throw new Error('already sent once');
        try {
          request.beforeWrite();
        } catch (error) {
          fail(error as Error);
          throw error;
        }
        controller = given;
      },
      onResponseStart(_controller, givenStatus, givenHeaders) {
        if (settled || givenStatus < 200) return;
        status = givenStatus;
        headers = givenHeaders;
        request.onHead(status, headers);
      },
      onResponseData(_controller, chunk) {
        if (settled) return;
        size += chunk.length;
        if (size <= request.maxBytes) {
          chunks.push(chunk);
        } else if (status >= 400) {
          succeed(undefined);
          controller?.abort(new Error('the rest is not wanted'));
        } else {
          fail(new UnexpectedAnswerError(operation, status, 'the answer is too long', mayHaveActed()));
        }
      },
      onResponseEnd() {
        if (!settled) succeed(Buffer.concat(chunks));
      },
      onResponseError(_controller, error) {
        giveUp(...explain(error));
      },
    };
    const { method, path, headers: sent, body } = request;
    dispatcher.dispatch({ method, path, headers: sent, ...(body !== undefined && { body }) }, handler);
  });
}

function explain(error: Error): [UnreachableReason, string?] {
  const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
  if (code === 'UND_ERR_DESTROYED' || code === 'UND_ERR_CLOSED') return ['closed'];
  if (code === 'UND_ERR_CONNECT_TIMEOUT') return ['timeout'];
  return NETWORK_CODE_PATTERN.test(code) ? ['connection', code] : ['connection'];
}
