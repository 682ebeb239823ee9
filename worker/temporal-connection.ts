import { setTimeout as delay } from 'node:timers/promises';
import { NativeConnection } from '@temporalio/worker';
import type { TemporalConfig } from '../domain/temporal-config.ts';
import { GRPC_STATUS, grpcStatus } from './grpc-status.ts';
import { EXIT, StartError } from './start-error.ts';

/** With loading the worker, still within the 10 s in which an operator has to hear that Temporal is unreachable. */
const REACHABLE_WITHIN_MS = 8_000;
const TRY_EVERY_MS = 200;
/** A namespace of a server that has just started may take a moment. */
const NAMESPACE_WITHIN_MS = 3_000;

/**
 * Connects to Temporal and looks at the namespace. Keeps trying for a while, so that a worker may start before its
 * server. Throws a {@link StartError} that names the variable to look at.
 */
export async function connectTemporal({ connection: given, namespace }: TemporalConfig): Promise<NativeConnection> {
  const { apiKey, ...rest } = given;
  const key = typeof apiKey === 'function' ? apiKey() : apiKey;
  const options = key === undefined ? rest : { ...rest, apiKey: key };
  const startedAt = Date.now();
  for (;;) {
    let connection: NativeConnection | undefined;
    try {
      connection = await withinLimit(NativeConnection.connect(options), startedAt);
      await describeNamespace(connection, namespace, startedAt);
      return connection;
    } catch (error) {
      await connection?.close();
      const final = toStartError(error, options.address, namespace, Date.now() - startedAt);
      if (final !== undefined) throw final;
      await delay(TRY_EVERY_MS);
    }
  }
}

async function describeNamespace(connection: NativeConnection, namespace: string, startedAt: number): Promise<void> {
  await connection.withDeadline(startedAt + REACHABLE_WITHIN_MS, () =>
    connection.workflowService.describeNamespace({ namespace }),
  );
}

/** The native connection has no timeout of its own: a host that swallows packets would keep it busy for minutes. */
async function withinLimit(connecting: Promise<NativeConnection>, startedAt: number): Promise<NativeConnection> {
  const waiting = new AbortController();
  const leftMs = Math.max(0, startedAt + REACHABLE_WITHIN_MS - Date.now());
  const late = delay(leftMs, undefined, { signal: waiting.signal }).then(() => {
    void connecting.then(
      (connection) => connection.close(),
      () => undefined,
    );
    throw new Error('no answer in time');
  });
  try {
    return await Promise.race([connecting, late]);
  } finally {
    waiting.abort();
    late.catch(() => undefined);
  }
}

/** Undefined: worth another try. */
function toStartError(error: unknown, address: string, namespace: string, passedMs: number): StartError | undefined {
  const status = grpcStatus(error);
  const options = { cause: error };
  if (status === GRPC_STATUS.permissionDenied || status === GRPC_STATUS.unauthenticated) {
    const message = `Temporal at ${address} refuses this worker; check TEMPORAL_API_KEY or the client certificate.`;
    return new StartError(message, EXIT.configuration, options);
  }
  if (status === GRPC_STATUS.notFound && passedMs > NAMESPACE_WITHIN_MS) {
    const message = `Temporal at ${address} has no namespace ${namespace}; check TEMPORAL_NAMESPACE or create it.`;
    return new StartError(message, EXIT.configuration, options);
  }
  if (passedMs < REACHABLE_WITHIN_MS) return undefined;
  const message = `Temporal can't be reached at ${address}; check TEMPORAL_ADDRESS and TEMPORAL_TLS.`;
  return new StartError(message, EXIT.temporalUnreachable, options);
}
