import {
  Client,
  Connection,
  NamespaceNotFoundError,
  defaultGrpcRetryOptions,
  isGrpcServiceError,
  makeGrpcRetryInterceptor,
} from '@temporalio/client';
import { setTimeout as delay } from 'node:timers/promises';
import type { PayloadProtection } from '../domain/payload-keys.ts';
import type { TemporalConfig } from '../domain/temporal-config.ts';
import { clientDataConverter } from '../payloads/data-converter.ts';
import type { PayloadRefusedError } from '../payloads/refusal.ts';
import { TemporalUnreachableError } from './errors.ts';
import { createTurns, type Turns } from './turns.ts';

/** The gRPC status codes this client tells apart. The SDK does not export them. */
export const GRPC = {
  cancelled: 1,
  unknown: 2,
  invalidArgument: 3,
  deadlineExceeded: 4,
  permissionDenied: 7,
  resourceExhausted: 8,
  failedPrecondition: 9,
  aborted: 10,
  internal: 13,
  unavailable: 14,
  unauthenticated: 16,
} as const;

/** With loading and one answer, still within the 10 s in which a caller has to hear that Temporal is unreachable. */
const CONNECT_TIMEOUT_MS = 5_000;
/** For calls that need no worker; a server that is there answers in milliseconds. */
const CALL_TIMEOUT_MS = 8_000;

/** One way to Temporal, opened on first use. */
export interface TemporalLink extends Turns {
  /** The client, connected. Throws {@link TemporalUnreachableError}. */
  client(): Promise<Client>;
  /**
   * Makes a call that needs no worker, so that no answer within `timeoutMs` means {@link TemporalUnreachableError}.
   * A server that is busy (RESOURCE_EXHAUSTED) is asked again until then.
   */
  call<T>(ask: (client: Client) => Promise<T>, timeoutMs?: number): Promise<T>;
  /** The error to report, if this one means that Temporal can't be reached. */
  unreachable(error: unknown): TemporalUnreachableError | undefined;
  /** Closes the connection if this link opened it. */
  close(): Promise<void>;
}

export interface TemporalLinkOptions {
  /** Instead of what `temporal` says. */
  payloads?: PayloadProtection | undefined;
  /** Told of each payload that is refused. */
  onPayloadRefused?: (refusal: PayloadRefusedError) => void;
}

/** `temporal` is either how to connect, or a client that stays the caller's. */
export function createTemporalLink(
  temporal: TemporalConfig | Client,
  { payloads, onPayloadRefused }: TemporalLinkOptions = {},
): TemporalLink {
  const given = 'workflow' in temporal ? temporal : undefined;
  const config = 'workflow' in temporal ? undefined : temporal;
  const address = config?.connection.address ?? 'the given connection';
  const namespace = config?.namespace ?? given?.options.namespace ?? '';
  let opening: Promise<Client> | undefined;
  let retries = createRetries();

  async function open(): Promise<Client> {
    // Closed runs are read by their result; a query to one would wait for a worker.
    const workflow = { queryRejectCondition: 'NOT_OPEN' as const };
    const protection = payloads ?? config?.payloads;
    const ours = clientDataConverter({ namespace, protection, onRefused: onPayloadRefused });
    if (given !== undefined) {
      const { dataConverter } = given.options;
      // A client that has a codec of its own reads and writes as its owner wishes.
      const own = (dataConverter.payloadCodecs?.length ?? 0) > 0 && protection === undefined;
      const converter = own ? dataConverter : { ...dataConverter, ...ours };
      return new Client({ ...given.options, connection: given.connection, workflow, dataConverter: converter });
    }
    retries = createRetries();
    const connection = Connection.lazy({
      ...config?.connection,
      connectTimeout: CONNECT_TIMEOUT_MS,
      interceptors: [makeGrpcRetryInterceptor(retries.options)],
    });
    try {
      await connection.ensureConnected();
    } catch (error) {
      await connection.close();
      throw new TemporalUnreachableError(address, namespace, error);
    }
    return new Client({ connection, namespace, workflow, dataConverter: ours });
  }

  function client(): Promise<Client> {
    opening ??= open().catch((error: unknown) => {
      opening = undefined;
      throw error;
    });
    return opening;
  }

  function unreachable(error: unknown): TemporalUnreachableError | undefined {
    if (error instanceof TemporalUnreachableError) return error;
    if (error instanceof NamespaceNotFoundError) {
      return new TemporalUnreachableError(address, namespace, error, 'Check TEMPORAL_NAMESPACE');
    }
    const code = grpcCode(error);
    if (code === GRPC.unauthenticated || code === GRPC.permissionDenied) {
      return new TemporalUnreachableError(
        address,
        namespace,
        error,
        'Check TEMPORAL_API_KEY or the client certificate',
      );
    }
    const gone = code === GRPC.unavailable || code === GRPC.deadlineExceeded;
    return gone ? new TemporalUnreachableError(address, namespace, error) : undefined;
  }

  return {
    ...createTurns(),
    client,
    unreachable,
    async call(ask, timeoutMs = CALL_TIMEOUT_MS) {
      const connected = await client();
      const deadline = Date.now() + timeoutMs;
      for (let pauseMs = 100; ; pauseMs *= 2) {
        try {
          return await connected.withDeadline(deadline, () => ask(connected));
        } catch (error) {
          const mayRepeat = grpcCode(error) === GRPC.resourceExhausted && Date.now() + pauseMs < deadline;
          if (!mayRepeat) throw unreachable(error) ?? error;
          await delay(pauseMs);
        }
      }
    },
    async close() {
      const opened = await opening?.catch(() => undefined);
      opening = undefined;
      if (given !== undefined || opened === undefined) return;
      await retries.end();
      await opened.connection.close();
    },
  };
}

/** The gRPC status code of an error of the SDK, or of what caused it. */
export function grpcCode(error: unknown): number | undefined {
  if (isGrpcServiceError(error)) return error.code;
  return error instanceof Error && error.cause !== undefined ? grpcCode(error.cause) : undefined;
}

/** A pause that a caller who closes may have to wait out. */
const LONGEST_RETRY_PAUSE_MS = 1_000;

interface Retries {
  options: ReturnType<typeof defaultGrpcRetryOptions>;
  /** No call is tried again from now on; resolves when those that were planned have been made. */
  end(): Promise<void>;
}

/**
 * The SDK's retries, less those of RESOURCE_EXHAUSTED, which it makes out of sight: a submission must look again before
 * it is repeated, as it may have taken effect, or the run it was meant for may have closed. A retry that is planned can't
 * be taken back, and on a closed connection it throws where nobody can catch it, so closing waits for it.
 */
function createRetries(): Retries {
  const standard = defaultGrpcRetryOptions();
  let lastPlanned = 0;
  let ended = false;
  return {
    options: {
      delayFunction(attempt, status) {
        const ms = Math.min(standard.delayFunction(attempt, status), LONGEST_RETRY_PAUSE_MS);
        lastPlanned = Math.max(lastPlanned, performance.now() + ms);
        return ms;
      },
      retryableDecider(attempt, status) {
        const code: number = status.code;
        return !ended && code !== GRPC.resourceExhausted && standard.retryableDecider(attempt, status);
      },
    },
    async end() {
      ended = true;
      const left = lastPlanned - performance.now();
      // A timer may fire a little early, and those of one millisecond in any order.
      if (left > 0) await delay(left + 20);
    },
  };
}
